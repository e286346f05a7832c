package dev.varve.wal;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Folders for logs on storage of two kinds: a disk, and memory, where no direct I/O counts. */
abstract class StorageFolders {
    @TempDir(factory = BuildTree.class)
    Path disk;

    private Path memory;

    /** A folder that is not there yet, on a file system in memory. */
    Path inMemory() throws IOException {
        Path shared = Path.of("/dev/shm");
        assumeTrue(Files.isDirectory(shared) && Files.getFileStore(shared).type().equals("tmpfs"), "no tmpfs at /dev/shm");
        memory = Files.createTempDirectory(shared, "varve");
        return memory.resolve("log");
    }

    @AfterEach
    void delete() throws IOException {
        if (memory != null) {
            try (Stream<Path> paths = Files.walk(memory)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
