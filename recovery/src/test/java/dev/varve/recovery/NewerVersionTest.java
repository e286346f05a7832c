package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.FooterDescriptor;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.segment.UnsupportedVersionException;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a newer version wrote is neither torn nor damaged, and nothing is discarded because of it. */
class NewerVersionTest {
    private static final int BLOCK = 4096;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final LogFixture log = LogFixture.simulated(101);

    private MemorySegment block(String name, long block) {
        return MemorySegment.ofArray(log.damage().bytes(name)).asSlice(block * BLOCK, BLOCK);
    }

    private void put(String name, long block, MemorySegment bytes) {
        log.damage().overwrite(name, block * BLOCK, bytes.toArray(ValueLayout.JAVA_BYTE));
    }

    /** Makes a batch one of the next version, of which only the promised fields are known. */
    private void renew(String name, BatchHeader batch) {
        MemorySegment bytes = block(name, batch.content().block());
        bytes.set(SHORT, BatchHeaderDescriptor.VERSION_OFFSET, (short) (SegmentHeaderDescriptor.VERSION + 1));
        bytes.set(LONG, BatchHeaderDescriptor.BATCH_OFFSET, -1);
        bytes.asSlice(BatchHeaderDescriptor.BLOCKS_OFFSET, BatchHeaderDescriptor.HEADER_CRC_OFFSET - BatchHeaderDescriptor.BLOCKS_OFFSET)
            .fill((byte) 0xab);
        repairHeader(bytes);
        put(name, batch.content().block(), bytes);
    }

    private static void repairHeader(MemorySegment bytes) {
        bytes.set(INT, BatchHeaderDescriptor.HEADER_CRC_OFFSET, Checksum.of(bytes, 0, BatchHeaderDescriptor.HEADER_CRC_OFFSET));
    }

    private void isUnsupported(String place) {
        List<String> names = log.damage().names();
        assertThatThrownBy(() -> log.inspect(true)).isInstanceOf(UnsupportedVersionException.class).hasMessageContaining(place);
        assertThatThrownBy(log::inspect).isInstanceOf(UnsupportedVersionException.class).hasMessageContaining(place);
        assertThatThrownBy(log::open).isInstanceOf(UnsupportedVersionException.class).hasMessageContaining(place);
        assertThatThrownBy(() -> log.open(log.options(VerifyAtOpen.ALL, 0))).isInstanceOf(UnsupportedVersionException.class);
        assertThat(log.damage().names()).as("nothing begun, nothing deleted").isEqualTo(names);
    }

    @Test
    void aNewerBatchWhereTheWalkStopsIsNoCrashTail() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader newer = writer.append("b");
        log.crash();
        renew(LogFixture.SEGMENT_1, newer);
        isUnsupported("offset 8192 of log/" + LogFixture.SEGMENT_1);
    }

    @Test
    void aNewerBatchThatALaterOneCallsSyncedIsNotDamaged() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader newer = writer.append("b");
        writer.append("c");
        writer.anchor();
        log.crash();
        renew(LogFixture.SEGMENT_1, newer);
        isUnsupported("offset 8192");
    }

    @Test
    void aNewerBatchBehindAHoleIsNotDiscarded() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader hole = writer.append(1, "hole");
        BatchHeader newer = writer.append(1, "behind");
        log.crash();
        log.damage().zeroBlock(LogFixture.SEGMENT_1, hole.content().block());
        renew(LogFixture.SEGMENT_1, newer);
        isUnsupported("offset 12288");
    }

    @Test
    void aNewerBatchInAnOlderSegmentIsNotDamaged() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader seal = writer.seal();
        writer.beginNext(seal);
        writer.append("b");
        log.crash();
        renew(LogFixture.SEGMENT_1, seal);
        isUnsupported("offset 8192 of log/" + LogFixture.SEGMENT_1);
    }

    @Test
    void aReaderStopsBeforeANewerBatchAndSaysSo() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader newer = writer.append("b");
        writer.append("c");
        log.crash();
        SegmentChain chain = log.inspect().chain();
        renew(LogFixture.SEGMENT_1, newer);
        try (LogFixture.Reading reading = log.reading(chain, 0)) {
            assertThat(reading.reader().next()).isTrue();
            assertThat(reading.text()).isEqualTo("a");
            assertThatThrownBy(reading.reader()::next).isInstanceOf(UnsupportedVersionException.class);
        }
    }

    @Test
    void aNewerBatchOfAnotherLifeOrAnotherPlaceProvesNothing() {
        for (int field : new int[] {BatchHeaderDescriptor.LOG_ID_LOW_OFFSET, BatchHeaderDescriptor.SALT_OFFSET,
            BatchHeaderDescriptor.SEGMENT_OFFSET, BatchHeaderDescriptor.BLOCK_OFFSET}) {
            LogFixture other = LogFixture.simulated(102);
            TestWriter writer = other.open();
            writer.append("a");
            BatchHeader last = writer.append("b");
            other.crash();
            MemorySegment bytes = MemorySegment.ofArray(other.damage().bytes(LogFixture.SEGMENT_1))
                .asSlice((long) last.content().block() * BLOCK, BLOCK);
            bytes.set(SHORT, BatchHeaderDescriptor.VERSION_OFFSET, (short) 2);
            bytes.set(INT, field, bytes.get(INT, field) + 1);
            repairHeader(bytes);
            other.damage().overwrite(LogFixture.SEGMENT_1, 2L * BLOCK, bytes.toArray(ValueLayout.JAVA_BYTE));
            assertThat(other.inspect().report().verdict()).as("field at %d", field).isEqualTo(Verdict.CRASH_TAIL);
        }
    }

    @Test
    void aVersionThatIsOnlyDamagedIsNotTakenForANewerOne() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.append("b");
        writer.append("c");
        log.crash();
        log.damage().flipBit(LogFixture.SEGMENT_1, 2L * BLOCK + BatchHeaderDescriptor.VERSION_OFFSET, 1);
        assertThat(log.inspect().report().verdict()).isEqualTo(Verdict.CORRUPT);
    }

    @Test
    void aNewerFooterIsNotCalledDamaged() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader seal = writer.seal();
        MemorySegment bytes = block(LogFixture.SEGMENT_1, seal.content().block());
        MemorySegment body = bytes.asSlice(BatchHeaderDescriptor.LENGTH);
        body.set(SHORT, FooterDescriptor.VERSION_OFFSET, (short) 2);
        body.set(INT, FooterDescriptor.CRC_OFFSET, Checksum.of(body, 0, FooterDescriptor.CRC_OFFSET));
        bytes.set(INT, BatchHeaderDescriptor.BODY_CRC_OFFSET, Checksum.of(body, 0, body.byteSize()));
        repairHeader(bytes);
        put(LogFixture.SEGMENT_1, seal.content().block(), bytes);
        writer.beginNext(BatchHeaderDescriptor.decode(bytes, 0));
        log.crash();
        isUnsupported("footer of log/" + LogFixture.SEGMENT_1);
    }

    @Test
    void aNewerCopyOfAHeaderIsNotCalledDamaged() {
        TestWriter writer = log.open();
        writer.append("a");
        log.crash();
        MemorySegment bytes = block(LogFixture.SEGMENT_1, 15);
        bytes.set(SHORT, BatchHeaderDescriptor.VERSION_OFFSET, (short) 2);
        bytes.set(INT, SegmentHeaderDescriptor.CRC_OFFSET, Checksum.of(bytes, 0, SegmentHeaderDescriptor.CRC_OFFSET));
        put(LogFixture.SEGMENT_1, 15, bytes);
        isUnsupported(LogFixture.SEGMENT_1);
    }

    @Test
    void aNamedSegmentWithNewerBatchesIsNotTakenForOneThatWasNeverBegun() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.roll();
        BatchHeader newer = writer.append("b");
        log.crash();
        renew(LogFixture.SEGMENT_2, newer);
        log.damage().zeroBlock(LogFixture.SEGMENT_2, 0);
        log.damage().zeroBlock(LogFixture.SEGMENT_2, 15);
        isUnsupported("offset 4096 of log/" + LogFixture.SEGMENT_2);
    }

    @Test
    void newerBatchesWithoutAManifestAreNotTakenForAnUnfinishedCreation() {
        TestWriter writer = log.open();
        BatchHeader newer = writer.append("a");
        log.crash();
        renew(LogFixture.SEGMENT_1, newer);
        log.damage().remove(SegmentName.MANIFEST);
        isUnsupported("offset 4096 of log/" + LogFixture.SEGMENT_1);
    }
}
