package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CursorTest {
    private final SimulatedDisk disk = new SimulatedDisk(31, DiskSettings.quiet());
    private final SimulatedLog log = SimulatedLog.open(disk, LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000), 31);

    @BeforeEach
    void append() {
        for (int i = 1; i <= 3; i++) {
            assertThat(log.offer(Payloads.of(i, 100 * i), AckLevel.DURABLE, null)).isPositive();
        }
        log.drain();
    }

    private static void toTheLast(Cursor cursor) {
        for (int i = 0; i < 3; i++) {
            assertThat(cursor.next()).isTrue();
        }
    }

    @Test
    void aPayloadIsOverWithTheNextNext() {
        try (Cursor cursor = log.read()) {
            assertThat(cursor.next()).isTrue();
            MemorySegment first = cursor.payload();
            assertThat(first.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(Payloads.of(1, 100));
            assertThat(cursor.payload()).isSameAs(first);
            MemorySegment slice = first.asSlice(5, 10);
            assertThat(cursor.next()).isTrue();
            for (MemorySegment late : List.of(first, slice)) {
                assertThatThrownBy(() -> late.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
            }
            assertThat(cursor.payload().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(Payloads.of(2, 200));
        }
    }

    @Test
    void aPayloadIsOverAtTheEndAndWithClose() {
        Cursor cursor = log.read();
        toTheLast(cursor);
        MemorySegment last = cursor.payload();
        assertThat(cursor.next()).isFalse();
        assertThatThrownBy(() -> last.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        Cursor other = log.read();
        assertThat(other.next()).isTrue();
        MemorySegment payload = other.payload();
        other.close();
        other.close();
        assertThatThrownBy(() -> payload.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        cursor.close();
    }

    @Test
    void aPayloadCannotBeWrittenTo() {
        try (Cursor cursor = log.read()) {
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.payload().isReadOnly()).isTrue();
        }
    }

    @Test
    void bytesCanBeCopiedWithoutAViewOfThem() {
        try (Cursor cursor = log.read()) {
            MemorySegment copy = MemorySegment.ofArray(new byte[400]);
            for (int i = 1; i <= 3; i++) {
                assertThat(cursor.next()).isTrue();
                assertThat(cursor.length()).isEqualTo(100 * i);
                cursor.copyPayload(copy, 50);
                assertThat(copy.asSlice(50, 100L * i).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(Payloads.of(i, 100 * i));
            }
            assertThatThrownBy(() -> cursor.copyPayload(copy, 101)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void onNoRecordOrClosedItSaysSo() {
        Cursor cursor = log.read();
        for (Runnable call : List.<Runnable>of(cursor::lsn, cursor::sequence, cursor::kind, cursor::payload, cursor::length,
            () -> cursor.copyPayload(MemorySegment.NULL, 0))) {
            assertThatThrownBy(call::run).isInstanceOf(IllegalStateException.class).hasMessageContaining("call next() first");
        }
        cursor.close();
        assertThatThrownBy(cursor::next).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatThrownBy(cursor::payload).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
    }

    @Test
    void nothingBeyondTheDurableEndIsRead() {
        try (Cursor cursor = log.read()) {
            toTheLast(cursor);
            log.offer(new byte[7], AckLevel.DURABLE, null);
            assertThat(cursor.next()).isFalse();
            log.drain();
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.kind()).isEqualTo(7);
            assertThat(cursor.sequence()).isEqualTo(4);
        }
    }
}
