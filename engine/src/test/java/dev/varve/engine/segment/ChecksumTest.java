package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChecksumTest {
    private static MemorySegment bytes(int first, int step) {
        byte[] bytes = new byte[32];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (first + i * step);
        }
        return MemorySegment.ofArray(bytes);
    }

    /** The vectors of RFC 3720, appendix B.4, as the number whose lowest byte the RFC prints first. */
    @ParameterizedTest
    @CsvSource({"0, 0, 0x8a9136aa", "255, 0, 0x62a8ab43", "0, 1, 0x46dd794e", "31, -1, 0x113fdb5c"})
    void shouldGiveTheStandardsValues(int first, int step, long expected) {
        assertThat(Checksum.of(bytes(first, step), 0, 32)).isEqualTo((int) expected);
    }

    @Test
    void shouldGiveTheCheckValueOfTheCatalogue() {
        MemorySegment digits = MemorySegment.ofArray("123456789".getBytes(StandardCharsets.US_ASCII));

        assertThat(Checksum.of(digits, 0, 9)).isEqualTo(0xe3069283);
    }

    @Test
    void shouldBeZeroForNothing() {
        assertThat(new Checksum().value()).isZero();
        assertThat(Checksum.of(MemorySegment.ofArray(new byte[0]), 0, 0)).isZero();
    }

    @Test
    void shouldNotDependOnHowTheBytesAreCut() {
        MemorySegment whole = bytes(0, 1);
        int expected = Checksum.of(whole, 0, 32);
        for (int cut = 0; cut <= 32; cut++) {
            assertThat(new Checksum().update(whole, 0, cut).update(whole, cut, 32 - cut).value()).isEqualTo(expected);
        }
    }

    @Test
    void shouldAddALongLowestByteFirst() {
        MemorySegment inMemory = MemorySegment.ofArray(new byte[8]);
        LittleEndian.i64(inMemory, 0, 0x8123456789abcdefL);

        assertThat(new Checksum().update(0x8123456789abcdefL).value()).isEqualTo(Checksum.of(inMemory, 0, 8));
    }

    @Test
    void shouldStartAnew() {
        Checksum used = new Checksum().update(42);

        assertThat(used.reset().update(7).value()).isEqualTo(new Checksum().update(7).value());
    }
}
