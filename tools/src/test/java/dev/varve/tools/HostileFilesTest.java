package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.varve.engine.segment.SegmentName;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories that somebody prepared for whoever looks into them: each command ends soon, says why, and changes nothing. */
class HostileFilesTest {
    private static final List<String> LOOKING = List.of("verify", "stat", "dump", "cat");
    /** Longer than any file system takes in a second, as short as ext4 with small blocks allows. */
    private static final long HUGE = 15L << 40;
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir(factory = BuildTree.class)
    private Path folder;

    @BeforeEach
    void append() {
        CommandRun append = CommandRun.of("line\n".repeat(20).getBytes(StandardCharsets.US_ASCII), "append", log(), "--lines", "-",
            "--segment-length", "1M", "--record-max", "64K");
        assertThat(append.status()).as("%s", append).isZero();
    }

    private Path log() {
        return folder.resolve("log");
    }

    private Path file(String name) {
        return log().resolve(name);
    }

    private static void pipe(Path path) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("mkfifo", path.toString()).start().waitFor()).isZero();
    }

    private Path firstSegment() {
        return file(SegmentName.of(1));
    }

    /** Every command that looks ends with a status, says something, and leaves everything as it was. */
    private void assertRefused(int status, String reason) throws IOException {
        Map<String, List<Object>> before = LogSnapshot.of(folder);
        for (String command : LOOKING) {
            CommandRun run = assertTimeoutPreemptively(SOON, () -> CommandRun.of(command, log()));
            assertThat(run.status()).as("%s: %s", command, run).isEqualTo(status);
            assertThat(run.errors() + run.outputText()).as(command).contains(reason).doesNotContain("\tat ");
        }
        assertThat(LogSnapshot.of(folder)).isEqualTo(before);
    }

    private void assertNotWrittenTo(String reason) throws IOException {
        CommandRun run = assertTimeoutPreemptively(SOON,
            () -> CommandRun.of("more\n".getBytes(StandardCharsets.US_ASCII), "append", log(), "--lines", "-"));
        assertThat(run.status()).as("%s", run).isBetween(2, 7);
        assertThat(run.errors()).contains(reason).doesNotContain("\tat ");
    }

    @Test
    void aPipeInPlaceOfAnyFileIsRefusedAndNotWaitedFor() throws IOException, InterruptedException {
        for (String name : List.of(SegmentName.LOCK, SegmentName.MANIFEST, SegmentName.of(1))) {
            Path kept = folder.resolve("kept");
            Files.move(file(name), kept);
            pipe(file(name));
            assertRefused(2, "no regular file");
            assertNotWrittenTo("no regular file");
            Files.move(kept, file(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        assertThat(CommandRun.of("verify", log()).status()).isZero();
    }

    @Test
    void aSymbolicLinkInPlaceOfAnyFileIsNotFollowed() throws IOException {
        for (String name : List.of(SegmentName.LOCK, SegmentName.MANIFEST, SegmentName.of(1))) {
            Path kept = folder.resolve("kept");
            Files.move(file(name), kept);
            Files.createSymbolicLink(file(name), kept);
            assertRefused(2, "ELOOP");
            assertNotWrittenTo("ELOOP");
            Files.move(kept, file(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        assertThat(CommandRun.of("verify", log()).status()).isZero();
    }

    @Test
    void aSymbolicLinkThatLeadsToItselfIsNotFollowed() throws IOException {
        Files.delete(firstSegment());
        Files.createSymbolicLink(firstSegment(), firstSegment());

        assertRefused(2, "ELOOP");
    }

    @Test
    void directoriesDevicesAndFilesOfTheKernelAreNoSegments() throws IOException {
        Files.delete(firstSegment());
        Files.createDirectory(firstSegment());
        assertRefused(2, "no regular file");

        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("/proc/self/mem"));
        for (Path path : List.of(Path.of("/dev/zero"), Path.of("/proc/self/mem"), Path.of("/proc/self"), link)) {
            for (String command : LOOKING) {
                CommandRun run = assertTimeoutPreemptively(SOON, () -> CommandRun.of(command, path));
                assertThat(run.status()).as("%s %s: %s", command, path, run).isEqualTo(2);
            }
        }
    }

    @Test
    void aFileWithTwoNamesIsReadButNotWrittenTo() throws IOException {
        Files.createLink(folder.resolve("elsewhere"), firstSegment());

        assertThat(CommandRun.of("verify", log()).status()).isZero();
        assertNotWrittenTo("hard links");
    }

    @Test
    void aHugeSparseFileCostsNoMoreThanTheLongestSegment() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(file(SegmentName.of(99)).toFile(), "rw")) {
            file.setLength(HUGE);
        }
        CommandRun run = assertTimeoutPreemptively(SOON, () -> CommandRun.of("verify", log()));
        assertThat(run.status()).as("%s", run).isZero();
        assertThat(assertTimeoutPreemptively(SOON, () -> CommandRun.of("cat", log())).outputText().lines()).hasSize(20);

        for (String name : List.of(SegmentName.MANIFEST, SegmentName.of(1))) {
            try (RandomAccessFile file = new RandomAccessFile(file(name).toFile(), "rw")) {
                file.setLength(HUGE);
            }
        }
        run = assertTimeoutPreemptively(SOON, () -> CommandRun.of("verify", log()));
        assertThat(run.outputText()).as("%s", run).contains("is longer than its header says").startsWith("CLEAN");
    }

    @Test
    void anotherLogsFilesAreNotTakenForThisOnes() throws IOException {
        Path other = folder.resolve("other");
        assertThat(CommandRun.of("foreign\n".getBytes(StandardCharsets.US_ASCII), "append", other, "--lines", "-", "--segment-length", "1M",
            "--record-max", "64K").status()).isZero();
        Files.copy(other.resolve(SegmentName.of(1)), firstSegment(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        assertRefused(4, "SEGMENT_FOREIGN");
        assertNotWrittenTo("SEGMENT_FOREIGN");
        assertThat(CommandRun.of("cat", log()).outputText()).doesNotContain("foreign");
    }

    @Test
    void aDirectoryThatOthersMayWriteToIsWarnedOf() throws IOException {
        assertThat(CommandRun.of("verify", log()).outputText()).doesNotContain("others than its owner");
        for (String permissions : List.of("rwxrwx---", "rwx----w-")) {
            Files.setPosixFilePermissions(log(), PosixFilePermissions.fromString(permissions));

            CommandRun run = CommandRun.of("verify", log());

            assertThat(run.status()).isZero();
            assertThat(run.outputText()).as(permissions).contains("warning      others than its owner may write to " + log());
        }
    }
}
