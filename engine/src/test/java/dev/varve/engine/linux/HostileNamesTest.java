package dev.varve.engine.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names in a log's directory that lead elsewhere, whichever way files are opened. */
class HostileNamesTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir(factory = BuildTree.class)
    private Path path;

    private List<Directory> directories() {
        return List.of(LinuxDirectory.open(path, false), new ChannelDisk(StorageContract.CHANNEL_DIRECT).openDirectory(path, false));
    }

    private static void assertRefused(int errno, ThrowingCallable call) {
        assertTimeoutPreemptively(SOON, () -> assertThatThrownBy(call).isInstanceOfSatisfying(IoFailureException.class,
            e -> assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno)));
    }

    @Test
    void aFileWithASecondNameIsReadButNotWrittenTo() throws IOException {
        Files.write(path.resolve("segment"), new byte[4096]);
        Files.createLink(path.resolve("elsewhere"), path.resolve("segment"));
        for (Directory directory : directories()) {
            directory.open("segment", Access.READ).close();
            assertRefused(Errno.EINVAL, () -> directory.open("segment", Access.WRITE));
            directory.close();
        }
    }

    @Test
    void aLockThatIsAPipeOrALinkIsNeitherWaitedForNorFollowed() throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("mkfifo", path.resolve("pipe").toString()).start().waitFor()).isZero();
        Files.createSymbolicLink(path.resolve("link"), path.resolve("target"));
        for (Directory directory : directories()) {
            assertRefused(Errno.EINVAL, () -> directory.isLocked("pipe"));
            assertRefused(Errno.EINVAL, () -> directory.tryLock("pipe"));
            assertRefused(Errno.ELOOP, () -> directory.isLocked("link"));
            assertRefused(Errno.ELOOP, () -> directory.tryLock("link"));
            assertThat(directory.isLocked("missing")).isFalse();
            directory.close();
        }
        assertThat(path.resolve("target")).doesNotExist();
    }

    @Test
    void whoMayWriteToADirectoryIsKnown() throws IOException {
        for (String permissions : List.of("rwx------", "rwxr-xr-x", "rwxrwx---", "rwx----w-")) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
            for (Directory directory : directories()) {
                assertThat(directory.isExposed()).as(permissions).isEqualTo(permissions.lastIndexOf('w') > 1);
                directory.close();
            }
        }
    }

    @Test
    void lookingForAWayToReadMakesNoFile() throws IOException {
        Path empty = Files.createDirectory(path.resolve("empty"));
        var before = Files.getLastModifiedTime(empty);

        assertThat(ChannelDisk.forReading(empty).contract()).isEqualTo(StorageContract.CHANNEL_BUFFERED);
        assertThat(ChannelDisk.forReading(empty.resolve("missing")).contract()).isEqualTo(StorageContract.CHANNEL_BUFFERED);

        assertThat(Files.getLastModifiedTime(empty)).isEqualTo(before);
        Files.createFile(empty.resolve("file"));
        assertThat(ChannelDisk.forReading(empty).contract()).isEqualTo(StorageContract.CHANNEL_DIRECT);
    }
}
