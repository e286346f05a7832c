package dev.varve.engine.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageCheckTest {
    /** A directory in memory, where nothing is durable. */
    private static Path inMemory() throws IOException {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isDirectory(memory) && Files.getFileStore(memory).type().equals("tmpfs"), "no tmpfs at /dev/shm");
        return Files.createTempDirectory(memory, "varve");
    }

    @Test
    void shouldRefuseToWriteOnTmpfs() throws IOException {
        Path path = inMemory();
        try {
            assertThatThrownBy(() -> LinuxDirectory.open(path, true))
                .isInstanceOfSatisfying(StorageContractException.class,
                    e -> assertThat(e.obstacle()).isEqualTo(StorageObstacle.FILE_SYSTEM))
                .hasMessageContaining(path.toString())
                .hasMessageContaining("tmpfs")
                .hasMessageContaining("ext4 or xfs");
        } finally {
            Files.delete(path);
        }
    }

    @Test
    void shouldReadOnTmpfs() throws IOException {
        Path path = inMemory();
        Files.createFile(path.resolve("segment"));
        try (Directory directory = LinuxDirectory.open(path, false)) {
            assertThat(directory.list()).isEqualTo(List.of("segment"));
            assertThat(directory.blockSize()).isEqualTo(4096);
        } finally {
            Files.delete(path.resolve("segment"));
            Files.delete(path);
        }
    }

    @Test
    void shouldRemoveAFileThatDoesNotFit() throws IOException {
        Path path = inMemory();
        // Only tmpfs refuses at once what is too large; a disk would be filled first.
        try (Directory directory = LinuxDirectory.open(path, false)) {
            assumeTrue(isDirectAccepted(directory), "tmpfs takes O_DIRECT since Linux 6.6");
            assertThatThrownBy(() -> directory.create("segment", 1L << 50))
                .isInstanceOf(NoSpaceException.class)
                .hasMessageContaining("segment");
            assertThat(directory.list()).isEmpty();
        } finally {
            Files.delete(path);
        }
    }

    private static boolean isDirectAccepted(Directory directory) {
        try {
            directory.create("probe", 4096).close();
            directory.delete("probe");
            return true;
        } catch (StorageContractException e) {
            assertThat(directory.list()).isEmpty();
            return false;
        }
    }

    @Test
    void shouldLeaveNoProbeBehind(@TempDir(factory = BuildTree.class) Path path) throws IOException {
        try (Directory directory = LinuxDirectory.open(path, true)) {
            assertThat(directory.list()).isEmpty();
        }
        try (var names = Files.list(path)) {
            assertThat(names).isEmpty();
        }
    }

    @Test
    void fault34ShouldJudgeKnownFileSystems() {
        assertThat(FileSystemType.objection(0xEF53)).isNull();
        assertThat(FileSystemType.objection(0x58465342)).isNull();
        assertThat(FileSystemType.objection(0x65735546)).contains("sync");
        assertThat(FileSystemType.objection(0x6969)).contains("another machine");
        assertThat(FileSystemType.label(0xabcdef)).contains("0xabcdef");
    }
}
