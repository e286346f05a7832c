package dev.varve.engine.linux;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFailureException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectoryLockTest {
    @TempDir(factory = BuildTree.class)
    private Path path;

    private Directory directory;

    @BeforeEach
    void open() {
        directory = LinuxDirectory.open(path, true);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    @Test
    void shouldLockOnceUntilClosed() throws Exception {
        AutoCloseable lock = directory.tryLock("LOCK");

        assertThat(lock).isNotNull();
        assertThat(directory.tryLock("LOCK")).isNull();
        assertThat(directory.isLocked("LOCK")).isTrue();
        lock.close();
        lock.close();
        assertThat(directory.isLocked("LOCK")).isFalse();
        try (AutoCloseable again = directory.tryLock("LOCK")) {
            assertThat(again).isNotNull();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path.resolve("LOCK")))).isEqualTo("rw-------");
    }

    @Test
    void shouldKnowTheDirectoryUnderAnyPath() throws Exception {
        Path alias = Files.createSymbolicLink(path.resolveSibling(path.getFileName() + "-alias"), path.getParent());
        try (AutoCloseable lock = directory.tryLock("LOCK");
             Directory other = LinuxDirectory.open(alias.resolve(path.getFileName()), true)) {
            assertThat(lock).isNotNull();
            assertThat(other.tryLock("LOCK")).isNull();
            assertThat(other.isLocked("LOCK")).isTrue();
        } finally {
            Files.delete(alias);
        }
    }

    @Test
    void shouldNotCreateTheFileWhenAsked() {
        assertThat(directory.isLocked("LOCK")).isFalse();
        assertThat(directory.list()).isEmpty();
    }

    @Test
    void shouldOutliveItsDirectoryObject() throws Exception {
        Directory first = LinuxDirectory.open(path, true);
        AutoCloseable lock = first.tryLock("LOCK");
        first.close();

        assertThat(directory.tryLock("LOCK")).isNull();
        lock.close();
    }

    @Test
    void shouldNotFollowALink() throws IOException {
        Files.createSymbolicLink(path.resolve("LOCK"), path.resolve("elsewhere"));

        assertThatThrownBy(() -> directory.tryLock("LOCK")).isInstanceOf(IoFailureException.class);
        assertThatThrownBy(() -> directory.isLocked("LOCK")).isInstanceOf(IoFailureException.class);
        assertThat(path.resolve("elsewhere")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(classes = {VarveHolder.class, ChannelHolder.class})
    void shouldBeGivenBackByTheDeathOfItsProcess(Class<?> holder) throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), holder.getName(), path.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.readLine()).isEqualTo("locked");
            for (int i = 0; i < 100; i++) {
                assertThat(directory.isLocked("LOCK")).isTrue();
                assertThat(directory.tryLock("LOCK")).isNull();
            }
        } finally {
            process.destroyForcibly().waitFor();
        }

        assertThat(directory.isLocked("LOCK")).isFalse();
        try (AutoCloseable lock = directory.tryLock("LOCK")) {
            assertThat(lock).isNotNull();
        }
    }

    /** Holds the lock until it is killed. */
    static final class VarveHolder {
        private VarveHolder() {
        }

        public static void main(String[] arguments) throws Exception {
            try (Directory directory = LinuxDirectory.open(Path.of(arguments[0]), true); AutoCloseable lock = directory.tryLock("LOCK")) {
                System.out.println(lock == null ? "refused" : "locked");
                Thread.sleep(60_000);
            }
        }
    }

    /** Holds a lock of Java's own kind until it is killed. */
    static final class ChannelHolder {
        private ChannelHolder() {
        }

        public static void main(String[] arguments) throws Exception {
            try (FileChannel channel = FileChannel.open(Path.of(arguments[0], "LOCK"), CREATE, WRITE);
                 FileLock lock = channel.tryLock()) {
                System.out.println(lock == null ? "refused" : "locked");
                Thread.sleep(60_000);
            }
        }
    }
}
