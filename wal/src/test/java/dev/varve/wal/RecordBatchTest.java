package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class RecordBatchTest {
    private final RecordBatch batch = new RecordBatch();

    @Test
    void itCountsRecordsWithHeadersAndPadding() {
        assertThat(batch.count()).isZero();
        assertThat(batch.bytes()).isZero();
        batch.add(new byte[0]).add(new byte[1]).add(new byte[8]).add(3, MemorySegment.ofArray(new byte[9]));
        assertThat(batch.count()).isEqualTo(4);
        assertThat(batch.bytes()).isEqualTo(16 + 24 + 24 + 32);
        assertThat(batch.records().offset(3)).isEqualTo(64);
        batch.clear();
        assertThat(batch.count()).isZero();
        assertThat(batch.bytes()).isZero();
    }

    @Test
    void whatItWritesIsValidRecordsBoundToTheirPlaces() {
        for (int i = 0; i < 100; i++) {
            batch.add(i, MemorySegment.ofArray(Payloads.of(i, 3 * i)));
        }
        MemorySegment memory = Arena.ofAuto().allocate(64 * 1024, 8).fill((byte) 0x55);
        batch.records().write(memory, 128, new RecordDescriptor.Place(99, 1128));
        long at = 128;
        for (int i = 0; i < 100; i++) {
            assertThat(at).isEqualTo(128 + batch.records().offset(i));
            assertThat(RecordDescriptor.check(memory, at, 128 + batch.bytes())).isEqualTo(Defect.NONE);
            assertThat(RecordDescriptor.checkCrc(memory, at, new RecordDescriptor.Place(99, 1000 + at), new Checksum()))
                .isEqualTo(Defect.NONE);
            assertThat(RecordDescriptor.kind(memory, at)).isEqualTo(i);
            assertThat(memory.asSlice(at + RecordDescriptor.HEADER_LENGTH, 3L * i).toArray(ValueLayout.JAVA_BYTE))
                .isEqualTo(Payloads.of(i, 3 * i));
            at += RecordDescriptor.alignedLength(3L * i);
        }
        assertThat(memory.get(ValueLayout.JAVA_BYTE, at)).as("and not a byte more").isEqualTo((byte) 0x55);
    }

    @Test
    void aPayloadIsCopiedWhenItIsAdded() {
        byte[] payload = {1, 2, 3};
        batch.add(payload);
        payload[0] = 9;
        MemorySegment memory = Arena.ofAuto().allocate(64, 8);
        batch.records().write(memory, 0, new RecordDescriptor.Place(0, 0));
        assertThat(memory.get(ValueLayout.JAVA_BYTE, RecordDescriptor.HEADER_LENGTH)).isEqualTo((byte) 1);
    }

    @Test
    void whatCannotBeAddedLeavesItAsItWas() {
        batch.add(new byte[5]);
        MemorySegment closed;
        try (Arena arena = Arena.ofConfined()) {
            closed = arena.allocate(100);
        }
        assertThatThrownBy(() -> batch.add(0, closed)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> batch.add(65536, MemorySegment.ofArray(new byte[1]))).hasMessageContaining("kind=65536");
        assertThat(batch.count()).isEqualTo(1);
        assertThat(batch.bytes()).isEqualTo(24);
    }
}
