package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.memory.MemorySource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a program may rely on where the disk is a real one: what others see of it, and threads and interrupts beside it. */
abstract class RealDiskContractTest extends DiskContractTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int BLOCK = 4096;

    @TempDir(factory = BuildTree.class)
    private Path temporary;

    @Override
    Path path() {
        return temporary.resolve("log");
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    }

    private static void assertErrno(int errno, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(IoFailureException.class,
            e -> assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno));
    }

    @Test
    void shouldCreateForTheOwnerOnly() throws Exception {
        Path deep = temporary.resolve("a").resolve("b");
        try (Directory directory = disk().openDirectory(deep, true); IoFile file = directory.create("file", BLOCK);
             AutoCloseable lock = directory.tryLock("LOCK")) {
            assertThat(lock).isNotNull();
            assertThat(permissions(deep)).isEqualTo("rwx------");
            assertThat(permissions(deep.getParent())).isEqualTo("rwx------");
            assertThat(permissions(deep.resolve("file"))).isEqualTo("rw-------");
            assertThat(permissions(deep.resolve("LOCK"))).isEqualTo("rw-------");
            assertThat(Files.size(deep.resolve("file"))).isEqualTo(file.length());
        }
    }

    @Test
    void shouldFollowNoLinkAndOpenRegularFilesOnly() throws IOException {
        Files.createSymbolicLink(temporary.resolve("link"), path());
        assertErrno(Errno.ELOOP, () -> disk().openDirectory(temporary.resolve("link"), false));
        try (Directory directory = disk().openDirectory(path(), true)) {
            directory.create("file", BLOCK).close();
            Files.createSymbolicLink(path().resolve("link"), Path.of("file"));
            Files.createDirectory(path().resolve("folder"));
            assertErrno(Errno.ELOOP, () -> directory.open("link", Access.READ));
            assertErrno(Errno.EINVAL, () -> directory.open("folder", Access.READ));
            assertErrno(Errno.EEXIST, () -> directory.create("link", BLOCK));
        }
    }

    @Test
    void shouldLeaveNothingOfAFileThatDoesNotFit() {
        try (Directory directory = disk().openDirectory(path(), true)) {
            // More than ext4 takes for one file.
            assertThatThrownBy(() -> directory.create("file", 1L << 60)).isInstanceOf(IoFailureException.class);
            assertThat(directory.list()).isEmpty();
        }
    }

    @Test
    void shouldBeWokenByAnotherThread() throws InterruptedException {
        IoEngine engine = disk().openEngine(1);
        Thread waker = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            engine.wakeUp();
        });
        long startNs = System.nanoTime();
        int count = engine.reap(new IoRequest[1], 1, 30 * SECOND_NS);
        long tookNs = System.nanoTime() - startNs;
        waker.join();
        engine.close();
        engine.wakeUp();

        assertThat(count).isZero();
        assertThat(tookNs).isBetween(1L, 20 * SECOND_NS);
    }

    @Test
    void shouldGoOnWhenItsOwnerIsInterrupted() throws Exception {
        Thread.currentThread().interrupt();
        try (Directory directory = disk().openDirectory(path(), true); IoQueue queue = new IoQueue(disk().openEngine(2));
             IoFile file = directory.create("file", BLOCK); AutoCloseable lock = directory.tryLock("LOCK")) {
            MemorySegment block = MemorySource.collected().allocate(BLOCK, BLOCK);
            queue.run(new IoRequest(_ -> { }).writeDurably(file, 0, block.fill((byte) 7)));
            queue.run(new IoRequest(_ -> { }).sync(file));
            directory.sync();
            assertThat(lock).isNotNull();
            assertThat(directory.isLocked("LOCK")).isTrue();
        }
        assertThat(Thread.interrupted()).isTrue();
    }
}
