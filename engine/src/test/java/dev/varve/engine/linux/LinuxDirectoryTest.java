package dev.varve.engine.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxDirectoryTest {
    @TempDir(factory = BuildTree.class)
    private Path temporary;

    private Path path;
    private Directory directory;

    @BeforeEach
    void open() {
        path = temporary.resolve("log");
        directory = LinuxDirectory.open(path, true);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private static void assertErrno(int errno, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(IoFailureException.class,
            e -> assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno));
    }

    @Test
    void shouldCreateADirectoryForItsOwnerOnly() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rwx------");
        assertThat(directory.path()).isEqualTo(path);
        assertThat(directory.blockSize()).isGreaterThanOrEqualTo(4096);
        assertThat(directory.list()).isEmpty();
    }

    @Test
    void shouldCreateMissingParents() {
        Path deep = temporary.resolve("a/b/c");
        LinuxDirectory.open(deep, true).close();

        assertThat(deep).isDirectory();
    }

    @Test
    void shouldOpenAnExistingDirectory() {
        LinuxDirectory.open(path, true).close();
        LinuxDirectory.open(path, false).close();
    }

    @Test
    void shouldFindNoDirectory() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));

        assertErrno(Errno.ENOENT, () -> LinuxDirectory.open(temporary.resolve("missing"), false));
        assertErrno(Errno.ENOTDIR, () -> LinuxDirectory.open(file, false));
        assertErrno(Errno.ENOTDIR, () -> LinuxDirectory.open(file, true));
    }

    @Test
    void shouldNotFollowALinkToADirectory() throws IOException {
        Path link = Files.createSymbolicLink(temporary.resolve("link"), path);

        assertErrno(Errno.ELOOP, () -> LinuxDirectory.open(link, false));
        assertErrno(Errno.ELOOP, () -> LinuxDirectory.open(link, true));
    }

    @Test
    void shouldFollowALinkAboveTheDirectory() throws IOException {
        Path link = Files.createSymbolicLink(temporary.resolve("parent"), temporary);

        LinuxDirectory.open(link.resolve("log"), true).close();
        LinuxDirectory.open(link.resolve("log2"), true).close();
        assertThat(temporary.resolve("log2")).isDirectory();
    }

    @Test
    void shouldCreateAFileOfZerosForItsOwnerOnly() throws IOException {
        try (IoFile file = directory.create("segment", 65_536)) {
            assertThat(file.length()).isEqualTo(65_536);
            assertThat(file.path()).isEqualTo(path.resolve("segment").toString());
            assertThat(file.blockSize()).isEqualTo(directory.blockSize());
        }
        assertThat(Files.readAllBytes(path.resolve("segment"))).isEqualTo(new byte[65_536]);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path.resolve("segment")))).isEqualTo("rw-------");
    }

    @Test
    void shouldNotReplaceAFile() throws IOException {
        Files.writeString(path.resolve("segment"), "mine");

        assertErrno(Errno.EEXIST, () -> directory.create("segment", 4096));
        assertThat(path.resolve("segment")).hasContent("mine");
    }

    @Test
    void shouldRefuseImpossibleLengthsAndNames() {
        assertThatThrownBy(() -> directory.create("segment", 4097)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> directory.create("segment", 0)).isInstanceOf(IllegalArgumentException.class);
        for (String name : new String[] {"", ".", "..", "a/b", "/etc/passwd", "a\0b"}) {
            assertThatThrownBy(() -> directory.open(name, Access.READ)).as(name).isInstanceOf(IllegalArgumentException.class);
        }
        assertErrno(36, () -> directory.delete("x".repeat(5000)));
        assertThat(directory.list()).isEmpty();
    }

    @Test
    void shouldOpenRegularFilesOnly() throws IOException, InterruptedException {
        Files.createSymbolicLink(path.resolve("link"), Files.createFile(path.resolve("file")));
        Files.createDirectory(path.resolve("directory"));
        new ProcessBuilder("mkfifo", path.resolve("pipe").toString()).start().waitFor();

        assertErrno(Errno.ENOENT, () -> directory.open("missing", Access.READ));
        assertErrno(Errno.ELOOP, () -> directory.open("link", Access.READ));
        assertErrno(Errno.EINVAL, () -> directory.open("directory", Access.READ));
        assertErrno(Errno.EINVAL, () -> directory.open("pipe", Access.WRITE));
        directory.open("file", Access.WRITE).close();
    }

    @Test
    void shouldTellTheLengthAtOpening() throws IOException {
        Files.write(path.resolve("odd"), new byte[12_345]);
        try (IoFile file = directory.open("odd", Access.READ)) {
            assertThat(file.length()).isEqualTo(12_345);
            assertThat(((LinuxFile) file).descriptor()).isPositive();
        }
    }

    @Test
    void shouldForgetTheDescriptorOfAClosedFile() {
        IoFile file = directory.create("segment", 4096);
        file.close();
        file.close();

        assertThat(((LinuxFile) file).descriptor()).isEqualTo(-1);
    }

    @Test
    void shouldListRenameAndDelete() {
        for (int i = 0; i < 1000; i++) {
            directory.create("%04d".formatted(i), 4096).close();
        }
        directory.rename("0000", "0001");
        directory.rename("0002", "x");
        directory.delete("0003");
        directory.sync();

        assertThat(directory.list()).hasSize(998).isSorted().contains("0001", "0999", "x").doesNotContain("0000", "0002", "0003");
        assertErrno(Errno.ENOENT, () -> directory.delete("0003"));
        assertErrno(Errno.ENOENT, () -> directory.rename("0003", "y"));
    }

    @Test
    void shouldStayTheSameDirectoryWhenItsPathChanges() throws IOException {
        Files.move(path, temporary.resolve("moved"));
        directory.create("segment", 4096).close();

        assertThat(temporary.resolve("moved/segment")).exists();
        assertThat(directory.list()).containsExactly("segment");
    }

    @Test
    void shouldRefuseCallsAfterClose() {
        directory.close();

        assertThatThrownBy(directory::sync).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(directory::list).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldLeaveNoDescriptorBehind() throws IOException {
        long before = openFiles();
        for (int i = 0; i < 10; i++) {
            LinuxDirectory other = LinuxDirectory.open(path, true);
            other.create("segment", 4096).close();
            other.list();
            other.delete("segment");
            assertErrno(Errno.ENOENT, () -> other.open("segment", Access.READ));
            other.isLocked("LOCK");
            other.close();
        }

        assertThat(openFiles()).isLessThan(before + 10);
    }

    private static long openFiles() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }
}
