package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs where kernel AIO is of no use: refused, unless asked for. */
class StorageOptionTest {
    @TempDir(factory = BuildTree.class)
    private Path disk;

    private Path memory;

    @BeforeEach
    void makeFolder() throws IOException {
        Path shared = Path.of("/dev/shm");
        assumeTrue(Files.isDirectory(shared) && Files.getFileStore(shared).type().equals("tmpfs"), "no tmpfs at /dev/shm");
        memory = Files.createTempDirectory(shared, "varve");
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

    private static CommandRun append(Path log, String lines, Object... more) {
        Object[] all = Stream.concat(Stream.of("append", log, "--lines", "-", "--segment-length", "1M", "--record-max", "64K"),
            Stream.of(more)).toArray();
        return CommandRun.of(lines.getBytes(StandardCharsets.US_ASCII), all);
    }

    @Test
    void shouldRefuseToWriteInMemoryAndNameTheOption() {
        for (Object[] option : List.of(new Object[0], new Object[] {"--storage", "require"})) {
            CommandRun append = append(memory.resolve("log"), "a\n", option);

            assertThat(append.status()).as("%s", append).isEqualTo(7);
            assertThat(append.errors()).contains("tmpfs").contains("--storage prefer");
            assertThat(memory).isEmptyDirectory();
        }
    }

    @Test
    void shouldWriteInMemoryWhenAskedAndSaySo() {
        CommandRun preferred = append(memory.resolve("log"), "a\nb\n", "--storage", "prefer");
        CommandRun portable = append(memory.resolve("log"), "c\n", "--storage", "portable");

        assertThat(preferred.status()).as("%s", preferred).isZero();
        assertThat(preferred.errors().lines().filter(line -> line.contains("storage")))
            .singleElement().asString().contains("CHANNEL_BUFFERED").contains("tmpfs");
        assertThat(portable.status()).as("%s", portable).isZero();
        assertThat(portable.errors()).doesNotContain("storage");
        assertThat(CommandRun.of("cat", memory.resolve("log")).outputText()).isEqualTo("a\nb\nc\n");
        for (String command : List.of("cat", "verify", "dump", "stat")) {
            CommandRun reading = CommandRun.of(command, memory.resolve("log"));
            assertThat(reading.status()).as("%s", reading).isZero();
            assertThat(reading.errors()).as("never silently").contains("page cache");
        }
        assertThat(CommandRun.of("stat", memory.resolve("log")).outputText())
            .contains("CHANNEL_BUFFERED, file system memory, ").doesNotContain("DIRECT_AIO");
    }

    @Test
    void shouldShowInTheStatusWhichStorageWroteWhichSegment() {
        append(disk.resolve("log"), "a\n", "--storage", "portable");
        append(disk.resolve("log"), "b\n", "--storage", "prefer");

        List<String> table = CommandRun.of("stat", disk.resolve("log")).outputText().lines().toList();
        assertThat(table.get(1)).endsWith("CHANNEL_DIRECT");
        assertThat(table.get(2)).endsWith("DIRECT_AIO");
        assertThat(table.get(table.size() - 2))
            .startsWith("0000000000000001.varve: CHANNEL_DIRECT, file system disk, write cache unknown, ");
        assertThat(table.getLast()).startsWith("0000000000000002.varve: DIRECT_AIO, file system disk, ").contains(", direct I/O in ");
        assertThat(CommandRun.of("cat", disk.resolve("log")).outputText()).isEqualTo("a\nb\n");
    }

    @Test
    void shouldRefuseAnotherWord() {
        CommandRun append = append(disk.resolve("log"), "a\n", "--storage", "any");

        assertThat(append.status()).isEqualTo(1);
        assertThat(append.errors()).contains("--storage").contains("require, prefer, portable");
    }
}
