package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds for every structure that has a magic number, a version and a CRC. */
class EnvelopeTest {
    private static final int MAGIC_LENGTH = 4;

    @ParameterizedTest
    @EnumSource
    void shouldAcceptGoldenBytes(Structure structure) {
        assertThat(structure.check(structure.golden())).isEqualTo(Defect.NONE);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindEveryTruncation(Structure structure) {
        MemorySegment golden = structure.golden();
        for (int length = 0; length < golden.byteSize(); length++) {
            assertThat(structure.check(golden.asSlice(0, length))).as("%d bytes", length)
                .isEqualTo(length < structure.envelopeLength() ? Defect.TRUNCATED : Defect.LENGTH);
        }
    }

    @Test
    void shouldFindATruncationBehindOtherBytes() {
        MemorySegment memory = Arena.ofAuto().allocate(100 + SegmentHeaderDescriptor.LENGTH - 1);
        assertThat(SegmentHeaderDescriptor.check(memory, 100)).isEqualTo(Defect.TRUNCATED);
        assertThat(SegmentHeaderDescriptor.check(memory, 99)).isEqualTo(Defect.NEVER_WRITTEN);

        memory = Arena.ofAuto().allocate(100 + ManifestDescriptor.LENGTH - 1);
        assertThat(ManifestDescriptor.check(memory, 100)).isEqualTo(Defect.TRUNCATED);
        assertThat(ManifestDescriptor.check(memory, 99)).isEqualTo(Defect.NEVER_WRITTEN);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindEveryTornWriteOntoZeros(Structure structure) {
        MemorySegment torn = structure.golden();
        for (int length = structure.envelopeLength() - 1; length > 0; length--) {
            torn.asSlice(length).fill((byte) 0);
            assertThat(structure.check(torn)).as("%d bytes", length).isEqualTo(length < 4 ? Defect.MAGIC : Defect.HEADER_CRC);
        }
        torn.fill((byte) 0);
        assertThat(structure.check(torn)).isEqualTo(Defect.NEVER_WRITTEN);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindEveryOtherValueOfEveryByte(Structure structure) {
        MemorySegment damaged = structure.golden();
        for (int at = 0; at < structure.envelopeLength(); at++) {
            byte right = damaged.get(ValueLayout.JAVA_BYTE, at);
            for (int difference = 1; difference < 256; difference++) {
                damaged.set(ValueLayout.JAVA_BYTE, at, (byte) (right ^ difference));
                assertThat(structure.check(damaged)).as("byte %d differs by 0x%02x", at, difference)
                    .isEqualTo(at < MAGIC_LENGTH ? Defect.MAGIC : Defect.HEADER_CRC);
            }
            damaged.set(ValueLayout.JAVA_BYTE, at, right);
        }
        assertThat(structure.check(damaged)).isEqualTo(Defect.NONE);
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeZerosForNeverWritten(Structure structure) {
        MemorySegment zeros = Arena.ofAuto().allocate(structure.golden().byteSize());

        assertThat(structure.check(zeros)).isEqualTo(Defect.NEVER_WRITTEN);
        structure.repairCrc(zeros);
        assertThat(structure.check(zeros)).as("with the CRC of zeros").isEqualTo(Defect.MAGIC);
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotTakeAZeroedMagicForNeverWritten(Structure structure) {
        MemorySegment damaged = structure.golden();
        damaged.asSlice(0, MAGIC_LENGTH).fill((byte) 0);

        assertThat(structure.check(damaged)).isEqualTo(Defect.MAGIC);
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellANewerVersionFromADamagedOne(Structure structure) {
        for (int version : new int[] {0, 2, 3, 0x7fff, 0x8000, 0xffff}) {
            MemorySegment newer = structure.golden();
            LittleEndian.u16(newer, Envelope.VERSION_OFFSET, version);
            assertThat(structure.check(newer)).as("version %d, damaged", version).isEqualTo(Defect.HEADER_CRC);

            structure.repairCrc(newer);
            assertThat(structure.check(newer)).as("version %d, whole", version).isEqualTo(Defect.VERSION);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotReadWhatAnotherVersionMayHaveChanged(Structure structure) {
        MemorySegment newer = structure.golden();
        newer.asSlice(Envelope.VERSION_OFFSET, structure.envelopeLength() - Envelope.VERSION_OFFSET).fill((byte) 0xff);
        structure.repairCrc(newer);

        assertThat(structure.check(newer)).isEqualTo(Defect.VERSION);
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotBeTakenForAnotherStructure(Structure structure) {
        for (Structure other : Structure.values()) {
            if (other != structure) {
                MemorySegment bytes = Arena.ofAuto().allocate(512);
                bytes.copyFrom(other.golden());
                assertThat(structure.check(bytes)).as("%s", other).isEqualTo(Defect.MAGIC);
            }
        }
    }
}
