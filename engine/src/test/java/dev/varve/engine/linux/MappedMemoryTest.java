package dev.varve.engine.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MappedMemoryTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 4096, 65_536, 2 << 20, 64 << 20})
    void shouldAlignZeroedMemory(int alignment) {
        try (MappedMemory memory = MappedMemory.map(12_288, alignment)) {
            MemorySegment segment = memory.segment();

            assertThat(segment.byteSize()).isEqualTo(12_288);
            assertThat(segment.address() % alignment).isZero();
            assertThat(segment.mismatch(MemorySegment.ofArray(new byte[12_288]))).isEqualTo(-1);
            segment.fill((byte) 7);
            assertThat(segment.get(ValueLayout.JAVA_BYTE, 12_287)).isEqualTo((byte) 7);
        }
    }

    @Test
    void shouldMapSharedSoThatAForkDoesNotSplitIt() throws IOException {
        try (MappedMemory memory = MappedMemory.map(1 << 20, 4096)) {
            String address = Long.toHexString(memory.segment().address());

            assertThat(Files.readAllLines(Path.of("/proc/self/maps")))
                .filteredOn(line -> line.startsWith(address + "-"))
                .singleElement().asString().contains(" rw-s ");
        }
    }

    @Test
    void shouldCloseTwice() {
        MappedMemory memory = MappedMemory.map(4096, 4096);
        memory.close();
        memory.close();
    }

    @Test
    void shouldReportMemoryThatIsNotThere() {
        assertThatThrownBy(() -> MappedMemory.map(1L << 60, 4096))
            .isInstanceOfSatisfying(IoFailureException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM));
        assertThatThrownBy(() -> MappedMemory.map(0, 4096)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MappedMemory.map(4096, 3)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldUnmapOnlyWhatItMapped() {
        MappedSource source = new MappedSource();
        MemorySegment memory = source.allocate(8192, 4096);
        source.free(memory);

        assertThatThrownBy(() -> source.free(memory)).isInstanceOf(IllegalStateException.class);
    }
}
