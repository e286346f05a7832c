package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.varve.engine.segment.Structure.Change;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Changes one field of the golden header of segment 2, whose predecessor is segment 1. */
class SegmentHeaderDescriptorTest {
    private static final long MAX = SegmentHeaderDescriptor.NUMBER_MAX;

    @Test
    void shouldLayTheFieldsOutWithoutGap() {
        assertThat(SegmentHeaderDescriptor.MAGIC_OFFSET).isZero();
        assertThat(SegmentHeaderDescriptor.VERSION_OFFSET).isEqualTo(4);
        assertThat(SegmentHeaderDescriptor.CONTRACT_OFFSET).isEqualTo(6);
        assertThat(SegmentHeaderDescriptor.PREPARATION_OFFSET).isEqualTo(7);
        assertThat(SegmentHeaderDescriptor.LOG_ID_LOW_OFFSET).isEqualTo(8);
        assertThat(SegmentHeaderDescriptor.LOG_ID_HIGH_OFFSET).isEqualTo(16);
        assertThat(SegmentHeaderDescriptor.SEGMENT_OFFSET).isEqualTo(24);
        assertThat(SegmentHeaderDescriptor.SALT_OFFSET).isEqualTo(32);
        assertThat(SegmentHeaderDescriptor.EPOCH_OFFSET).isEqualTo(40);
        assertThat(SegmentHeaderDescriptor.BLOCK_SIZE_OFFSET).isEqualTo(48);
        assertThat(SegmentHeaderDescriptor.BLOCK_COUNT_OFFSET).isEqualTo(52);
        assertThat(SegmentHeaderDescriptor.UNSYNCED_MAX_OFFSET).isEqualTo(56);
        assertThat(SegmentHeaderDescriptor.BATCH_BLOCKS_MAX_OFFSET).isEqualTo(60);
        assertThat(SegmentHeaderDescriptor.BASE_LSN_OFFSET).isEqualTo(64);
        assertThat(SegmentHeaderDescriptor.BASE_BATCH_OFFSET).isEqualTo(72);
        assertThat(SegmentHeaderDescriptor.BASE_SEQUENCE_OFFSET).isEqualTo(80);
        assertThat(SegmentHeaderDescriptor.PREDECESSOR_SEGMENT_OFFSET).isEqualTo(88);
        assertThat(SegmentHeaderDescriptor.PREDECESSOR_KIND_OFFSET).isEqualTo(96);
        assertThat(SegmentHeaderDescriptor.PREDECESSOR_BLOCK_OFFSET).isEqualTo(100);
        assertThat(SegmentHeaderDescriptor.PREDECESSOR_BATCH_OFFSET).isEqualTo(104);
        assertThat(SegmentHeaderDescriptor.PREDECESSOR_CHAIN_OFFSET).isEqualTo(112);
        assertThat(SegmentHeaderDescriptor.PREDECESSOR_END_LSN_OFFSET).isEqualTo(120);
        assertThat(SegmentHeaderDescriptor.PREDECESSOR_END_SEQUENCE_OFFSET).isEqualTo(128);
        assertThat(SegmentHeaderDescriptor.STORAGE_OFFSET).isEqualTo(136);
        assertThat(SegmentHeaderDescriptor.RESERVED_OFFSET).isEqualTo(140);
        assertThat(SegmentHeaderDescriptor.CRC_OFFSET).isEqualTo(252);
        assertThat(SegmentHeaderDescriptor.LENGTH).isEqualTo(256);
    }

    static Stream<Arguments> shouldGiveEveryFieldItsOwnDefect() {
        return Stream.of(
            arguments(Change.of8("CONTRACT", 6, 0), Defect.KIND),
            arguments(Change.of8("CONTRACT", 6, 255), Defect.KIND),
            arguments(Change.of8("PREPARATION", 7, 0), Defect.KIND),
            arguments(Change.of8("PREPARATION", 7, 4), Defect.KIND),
            arguments(Change.of64("SEGMENT", 24, 0), Defect.SEGMENT),
            arguments(Change.of64("SEGMENT", 24, -2), Defect.SEGMENT),
            arguments(Change.of64("SEGMENT", 24, MAX + 1), Defect.SEGMENT),
            arguments(Change.of64("EPOCH", 40, 0), Defect.EPOCH),
            arguments(Change.of64("EPOCH", 40, MAX + 1), Defect.EPOCH),
            arguments(Change.of32("BLOCK_SIZE", 48, 0), Defect.GEOMETRY),
            arguments(Change.of32("BLOCK_SIZE", 48, 2048), Defect.GEOMETRY),
            arguments(Change.of32("BLOCK_SIZE", 48, 4097), Defect.GEOMETRY),
            arguments(Change.of32("BLOCK_SIZE", 48, 131072), Defect.GEOMETRY),
            arguments(Change.of32("BLOCK_SIZE", 48, Integer.MIN_VALUE), Defect.GEOMETRY),
            arguments(Change.of32("BLOCK_COUNT", 52, 4), Defect.GEOMETRY),
            arguments(Change.of32("BLOCK_COUNT", 52, -1), Defect.GEOMETRY),
            arguments(Change.of32("UNSYNCED_MAX", 56, 0), Defect.GEOMETRY),
            arguments(Change.of32("UNSYNCED_MAX", 56, 1025), Defect.GEOMETRY),
            arguments(Change.of32("BATCH_BLOCKS_MAX", 60, 0), Defect.GEOMETRY),
            arguments(Change.of32("BATCH_BLOCKS_MAX", 60, 13), Defect.GEOMETRY),
            arguments(Change.of64("BASE_LSN", 64, -1), Defect.LENGTH),
            arguments(Change.of64("BASE_LSN", 64, MAX - 65536 + 1), Defect.LENGTH),
            arguments(Change.of64("BASE_LSN", 64, Long.MAX_VALUE), Defect.LENGTH),
            arguments(Change.of64("BASE_LSN", 64, 12287), Defect.PREDECESSOR),
            arguments(Change.of64("BASE_BATCH", 72, 0), Defect.BATCH),
            arguments(Change.of64("BASE_BATCH", 72, MAX + 1), Defect.BATCH),
            arguments(Change.of64("BASE_BATCH", 72, 2), Defect.PREDECESSOR),
            arguments(Change.of64("BASE_SEQUENCE", 80, 0), Defect.SEQUENCE),
            arguments(Change.of64("BASE_SEQUENCE", 80, MAX + 1), Defect.SEQUENCE),
            arguments(Change.of64("BASE_SEQUENCE", 80, 4), Defect.PREDECESSOR),
            arguments(Change.of64("PREDECESSOR_SEGMENT", 88, 0), Defect.PREDECESSOR),
            arguments(Change.of64("PREDECESSOR_SEGMENT", 88, 2), Defect.PREDECESSOR),
            arguments(Change.of64("PREDECESSOR_SEGMENT", 88, -1), Defect.PREDECESSOR),
            arguments(Change.of32("PREDECESSOR_KIND", 96, 0), Defect.PREDECESSOR),
            arguments(Change.of32("PREDECESSOR_KIND", 96, 1), Defect.PREDECESSOR),
            arguments(Change.of32("PREDECESSOR_KIND", 96, 6), Defect.PREDECESSOR),
            arguments(Change.of32("PREDECESSOR_KIND", 96, -1), Defect.PREDECESSOR),
            arguments(Change.of32("PREDECESSOR_BLOCK", 100, -1), Defect.PREDECESSOR),
            arguments(Change.of64("PREDECESSOR_BATCH", 104, -1), Defect.PREDECESSOR),
            arguments(Change.of64("PREDECESSOR_BATCH", 104, 3), Defect.PREDECESSOR),
            arguments(Change.of64("PREDECESSOR_END_LSN", 120, -1), Defect.PREDECESSOR),
            arguments(Change.of64("PREDECESSOR_END_LSN", 120, 65537), Defect.PREDECESSOR),
            arguments(Change.of64("PREDECESSOR_END_SEQUENCE", 128, 2), Defect.PREDECESSOR),
            arguments(Change.of32("STORAGE", 136, 5), Defect.KIND),
            arguments(Change.of32("STORAGE", 136, 0x30), Defect.KIND),
            arguments(Change.of32("STORAGE", 136, 0xc0), Defect.KIND),
            arguments(Change.of32("STORAGE", 136, 0x6000), Defect.KIND),
            arguments(Change.of32("STORAGE", 136, 0x8000), Defect.KIND),
            arguments(Change.of32("RESERVED", 140, 1), Defect.RESERVED),
            arguments(Change.of8("RESERVED", 251, 0x80), Defect.RESERVED));
    }

    @ParameterizedTest
    @MethodSource
    void shouldGiveEveryFieldItsOwnDefect(Change change, Defect expected) {
        assertThat(Structure.SEGMENT_HEADER.checkWith(change)).isEqualTo(expected);
    }

    @Test
    void shouldRefuseALogIdOfZeros() {
        MemorySegment memory = Structure.SEGMENT_HEADER.golden();
        memory.asSlice(8, 16).fill((byte) 0);
        Structure.SEGMENT_HEADER.repairCrc(memory);

        assertThat(Structure.SEGMENT_HEADER.check(memory)).isEqualTo(Defect.LOG_ID);
    }

    static Stream<Change> shouldAcceptTheEndsOfEachRange() {
        return Stream.of(
            Change.of8("PREPARATION", 7, 3),
            Change.of64("LOG_ID_LOW", 8, 0),
            Change.of64("LOG_ID_HIGH", 16, 0),
            Change.of64("SEGMENT", 24, MAX),
            Change.of64("SALT", 32, 0),
            Change.of64("EPOCH", 40, MAX),
            Change.of32("BLOCK_SIZE", 48, 65536),
            Change.of32("BLOCK_COUNT", 52, 1 << 22),
            Change.of32("UNSYNCED_MAX", 56, 1024),
            Change.of32("BATCH_BLOCKS_MAX", 60, 12),
            Change.of64("BASE_LSN", 64, MAX - 65536),
            Change.of64("BASE_LSN", 64, 12288),
            Change.of64("BASE_BATCH", 72, MAX),
            Change.of32("PREDECESSOR_KIND", 96, 5),
            Change.of32("PREDECESSOR_BLOCK", 100, 0),
            Change.of64("PREDECESSOR_BATCH", 104, 0),
            Change.of64("PREDECESSOR_CHAIN", 112, 0),
            Change.of64("PREDECESSOR_END_LSN", 120, 0),
            Change.of32("STORAGE", 136, 0x5fa4));
    }

    @ParameterizedTest
    @MethodSource
    void shouldAcceptTheEndsOfEachRange(Change change) {
        assertThat(Structure.SEGMENT_HEADER.checkWith(change)).isEqualTo(Defect.NONE);
    }

    @Test
    void shouldPlaceBlocksInTheLog() {
        assertThat(GoldenLog.SECOND.lsnOfBlock(0)).isEqualTo(65536);
        assertThat(GoldenLog.SECOND.lsnOfBlock(3)).isEqualTo(65536 + 3 * 4096);
        assertThat(GoldenLog.SECOND.limitLsn()).isEqualTo(131072);
    }
}
