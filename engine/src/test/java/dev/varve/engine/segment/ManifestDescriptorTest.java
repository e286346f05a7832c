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

class ManifestDescriptorTest {
    private static final long MAX = SegmentHeaderDescriptor.NUMBER_MAX;

    @Test
    void shouldLayTheFieldsOutWithoutGap() {
        assertThat(ManifestDescriptor.MAGIC_OFFSET).isZero();
        assertThat(ManifestDescriptor.VERSION_OFFSET).isEqualTo(4);
        assertThat(ManifestDescriptor.CLEAN_CLOSE_OFFSET).isEqualTo(6);
        assertThat(ManifestDescriptor.RESERVED_BYTE_OFFSET).isEqualTo(7);
        assertThat(ManifestDescriptor.LOG_ID_LOW_OFFSET).isEqualTo(8);
        assertThat(ManifestDescriptor.LOG_ID_HIGH_OFFSET).isEqualTo(16);
        assertThat(ManifestDescriptor.GENERATION_OFFSET).isEqualTo(24);
        assertThat(ManifestDescriptor.EPOCH_OFFSET).isEqualTo(32);
        assertThat(ManifestDescriptor.LOWEST_SEGMENT_OFFSET).isEqualTo(40);
        assertThat(ManifestDescriptor.HIGHEST_SEGMENT_OFFSET).isEqualTo(48);
        assertThat(ManifestDescriptor.DURABLE_BATCH_OFFSET).isEqualTo(56);
        assertThat(ManifestDescriptor.DURABLE_SEGMENT_OFFSET).isEqualTo(64);
        assertThat(ManifestDescriptor.DURABLE_BLOCK_OFFSET).isEqualTo(72);
        assertThat(ManifestDescriptor.RESERVED_INT_OFFSET).isEqualTo(76);
        assertThat(ManifestDescriptor.DURABLE_CHAIN_OFFSET).isEqualTo(80);
        assertThat(ManifestDescriptor.RESERVED_OFFSET).isEqualTo(88);
        assertThat(ManifestDescriptor.CRC_OFFSET).isEqualTo(124);
        assertThat(ManifestDescriptor.LENGTH).isEqualTo(128);
        assertThat(ManifestDescriptor.SLOT_DISTANCE).isEqualTo(65536);
        assertThat(ManifestDescriptor.FILE_LENGTH).isEqualTo(131072);
    }

    static Stream<Arguments> shouldGiveEveryFieldItsOwnDefect() {
        return Stream.of(
            arguments(Change.of8("CLEAN_CLOSE", 6, 2), Defect.KIND),
            arguments(Change.of8("CLEAN_CLOSE", 6, 255), Defect.KIND),
            arguments(Change.of8("RESERVED_BYTE", 7, 1), Defect.RESERVED),
            arguments(Change.of64("GENERATION", 24, 0), Defect.BATCH),
            arguments(Change.of64("GENERATION", 24, MAX + 1), Defect.BATCH),
            arguments(Change.of64("EPOCH", 32, 0), Defect.EPOCH),
            arguments(Change.of64("EPOCH", 32, MAX + 1), Defect.EPOCH),
            arguments(Change.of64("LOWEST_SEGMENT", 40, 0), Defect.SEGMENT),
            arguments(Change.of64("LOWEST_SEGMENT", 40, 3), Defect.SEGMENT),
            arguments(Change.of64("LOWEST_SEGMENT", 40, -1), Defect.SEGMENT),
            arguments(Change.of64("HIGHEST_SEGMENT", 48, 0), Defect.SEGMENT),
            arguments(Change.of64("HIGHEST_SEGMENT", 48, MAX + 1), Defect.SEGMENT),
            arguments(Change.of64("DURABLE_BATCH", 56, -1), Defect.BATCH),
            arguments(Change.of64("DURABLE_BATCH", 56, MAX + 1), Defect.BATCH),
            arguments(Change.of64("DURABLE_SEGMENT", 64, -1), Defect.BLOCK),
            arguments(Change.of64("DURABLE_SEGMENT", 64, 3), Defect.BLOCK),
            arguments(Change.of32("DURABLE_BLOCK", 72, -1), Defect.BLOCK),
            arguments(Change.of32("RESERVED_INT", 76, 1), Defect.RESERVED),
            arguments(Change.of32("RESERVED", 88, 1), Defect.RESERVED),
            arguments(Change.of8("RESERVED", 123, 1), Defect.RESERVED));
    }

    @ParameterizedTest
    @MethodSource
    void shouldGiveEveryFieldItsOwnDefect(Change change, Defect expected) {
        assertThat(Structure.MANIFEST.checkWith(change)).isEqualTo(expected);
    }

    static Stream<Change> shouldAcceptTheEndsOfEachRange() {
        return Stream.of(
            Change.of8("CLEAN_CLOSE", 6, 0),
            Change.of64("LOG_ID_LOW", 8, 0),
            Change.of64("LOG_ID_HIGH", 16, 0),
            Change.of64("GENERATION", 24, MAX),
            Change.of64("EPOCH", 32, MAX),
            Change.of64("LOWEST_SEGMENT", 40, 2),
            Change.of64("HIGHEST_SEGMENT", 48, MAX),
            Change.of64("DURABLE_BATCH", 56, 0),
            Change.of64("DURABLE_BATCH", 56, MAX),
            Change.of64("DURABLE_SEGMENT", 64, 0),
            Change.of32("DURABLE_BLOCK", 72, Integer.MAX_VALUE),
            Change.of64("DURABLE_CHAIN", 80, 0));
    }

    @ParameterizedTest
    @MethodSource
    void shouldAcceptTheEndsOfEachRange(Change change) {
        assertThat(Structure.MANIFEST.checkWith(change)).isEqualTo(Defect.NONE);
    }

    @Test
    void shouldRefuseALogIdOfZeros() {
        MemorySegment memory = Structure.MANIFEST.golden();
        memory.asSlice(8, 16).fill((byte) 0);
        Structure.MANIFEST.repairCrc(memory);

        assertThat(Structure.MANIFEST.check(memory)).isEqualTo(Defect.LOG_ID);
    }

    @Test
    void shouldAlternateSlotsFarApart() {
        assertThat(ManifestDescriptor.slotOffset(1)).isEqualTo(65536);
        assertThat(ManifestDescriptor.slotOffset(2)).isZero();
        assertThat(ManifestDescriptor.slotOffset(MAX)).isZero();
        assertThat(ManifestDescriptor.slotOffset(MAX - 1)).isEqualTo(65536);
    }

    @Test
    void shouldGoOnToTheNextGeneration() {
        Manifest from = GoldenLog.MANIFEST;
        Manifest.DurablePlace place = new Manifest.DurablePlace(8, 2, 7, 6);

        assertThat(from.next(3, place, false)).isEqualTo(new Manifest(GoldenLog.ID, 10, 1, 1, 3, place, false));
        assertThat(from.withLowest(2)).isEqualTo(new Manifest(GoldenLog.ID, 9, 1, 2, 2, from.durable(), true));
        assertThat(from.withEpoch(2)).isEqualTo(new Manifest(GoldenLog.ID, 10, 2, 1, 2, from.durable(), true));
    }
}
