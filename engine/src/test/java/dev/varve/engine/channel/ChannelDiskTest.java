package dev.varve.engine.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.memory.MemorySource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ChannelDiskTest {
    private static final ChannelDisk BUFFERED = new ChannelDisk(StorageContract.CHANNEL_BUFFERED);

    private final List<IoRequest> completed = new ArrayList<>();
    private final MemorySegment block = MemorySource.collected().allocate(4096, 4096);
    private final IoQueue queue = new IoQueue(BUFFERED.openEngine(8));

    @TempDir(factory = BuildTree.class)
    private Path path;

    @AfterEach
    void close() {
        queue.close();
    }

    private IoRequest request() {
        return new IoRequest(completed::add);
    }

    private int errnoOf(IoRequest request) {
        queue.add(request);
        queue.awaitSettled(request);
        return request.errno();
    }

    @Test
    void shouldBeDirectWhereTheFileSystemTakesIt() throws IOException {
        assertThat(ChannelDisk.at(path).contract()).isEqualTo(StorageContract.CHANNEL_DIRECT);
        assertThat(ChannelDisk.at(path.resolve("not").resolve("there")).contract()).isEqualTo(StorageContract.CHANNEL_DIRECT);
        Files.createFile(path.resolve("file"));
        assertThat(ChannelDisk.at(path).contract()).isEqualTo(StorageContract.CHANNEL_DIRECT);
        try (var names = Files.list(path)) {
            assertThat(names).containsExactly(path.resolve("file"));
        }
    }

    @Test
    void shouldNotCallMemoryDirect() throws IOException {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isDirectory(memory) && Files.getFileStore(memory).type().equals("tmpfs"), "no tmpfs at /dev/shm");

        assertThat(ChannelDisk.at(memory).contract()).isEqualTo(StorageContract.CHANNEL_BUFFERED);
    }

    @Test
    void shouldKnowTheErrorsThatALogTellsApart() {
        assertThat(ChannelError.failure("filling", new IOException("No space left on device"))).isInstanceOf(NoSpaceException.class);
        assertThat(ChannelError.errno(new IOException("Disk quota exceeded"))).isEqualTo(Errno.EDQUOT);
        assertThat(ChannelError.errno(new FileSystemException("a", null, "Read-only file system"))).isEqualTo(Errno.EROFS);
        assertThat(ChannelError.errno(new IOException("in no language that is known"))).isEqualTo(Errno.EIO);
        assertThat(ChannelError.errno(new IOException())).isEqualTo(Errno.EIO);
    }

    @Test
    void shouldNeverSucceedInAForceAfterOneHasFailed() {
        FailureMark mark = new FailureMark(path);
        BrokenChannel channel = new BrokenChannel();
        IoFile file = new ChannelFile(channel, "broken", 8192, new ChannelFile.Place(4096, mark));

        assertThat(errnoOf(request().write(file, 0, block))).isZero();
        assertThat(errnoOf(request().dataSync(file))).isEqualTo(Errno.EIO);
        assertThat(errnoOf(request().dataSync(file))).isEqualTo(Errno.EIO);
        assertThat(errnoOf(request().sync(file))).isEqualTo(Errno.EIO);
        assertThat(errnoOf(request().writeDurably(file, 0, block))).isEqualTo(Errno.EIO);
        assertThat(channel.forces()).isOne();
    }

    @Test
    void shouldNotTrustThePageCacheAfterAFailedForce() {
        BUFFERED.openDirectory(path, true).close();
        new FailureMark(path).set();

        assertThatThrownBy(() -> BUFFERED.openDirectory(path, true)).isInstanceOfSatisfying(StorageContractException.class,
            e -> assertThat(e.obstacle()).isEqualTo(StorageObstacle.FAILED_SYNC))
            .hasMessageContaining("page cache").hasMessageContaining("unmount").hasMessageContaining(path.resolve("FAILED").toString());
        BUFFERED.openDirectory(path, false).close();
        new ChannelDisk(StorageContract.CHANNEL_DIRECT).openDirectory(path, true).close();
    }

    @Test
    void shouldTrustThePageCacheAgainAfterARestart() throws IOException {
        Path mark = path.resolve("FAILED");
        Files.writeString(mark, "another run of the operating system");

        BUFFERED.openDirectory(path, true).close();

        assertThat(mark).doesNotExist();
    }

    @Test
    void shouldRefuseAMarkOfThisRunThatAnotherProcessLeft() throws IOException {
        Path bootId = Path.of("/proc/sys/kernel/random/boot_id");
        assumeTrue(Files.exists(bootId), "no boot id");
        Files.writeString(path.resolve("FAILED"), Files.readString(bootId).strip());

        assertThatThrownBy(() -> BUFFERED.openDirectory(path, true)).isInstanceOf(StorageContractException.class);
    }

    @Test
    void shouldKeepItsChannelsWhenTheOwnerIsInterrupted() {
        try (Directory directory = BUFFERED.openDirectory(path, true)) {
            Thread.currentThread().interrupt();
            try (IoFile file = directory.create("a", 8192); AutoCloseable lock = directory.tryLock("LOCK")) {
                queue.run(request().writeDurably(file, 0, block.fill((byte) 7)));
                queue.run(request().read(file, 4096, block));
                directory.sync();
                assertThat(lock).isNotNull();
                assertThat(directory.isLocked("LOCK")).isTrue();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void shouldMeetTheLockOfTheKernelsDisk() throws Exception {
        try (Directory ours = BUFFERED.openDirectory(path, true); Directory theirs = new KernelDisk().openDirectory(path, true)) {
            try (AutoCloseable lock = ours.tryLock("LOCK")) {
                assertThat(lock).isNotNull();
                assertThat(theirs.tryLock("LOCK")).isNull();
                assertThat(theirs.isLocked("LOCK")).isTrue();
            }
            try (AutoCloseable lock = theirs.tryLock("LOCK")) {
                assertThat(lock).isNotNull();
                assertThat(ours.tryLock("LOCK")).isNull();
                assertThat(ours.isLocked("LOCK")).isTrue();
            }
        }
    }

    @Test
    void shouldNotLoseItsLockToALookInTheSameProcess() throws Exception {
        Path locks = Path.of("/proc/locks");
        assumeTrue(Files.isReadable(locks), "no /proc/locks");
        AtomicBoolean isOver = new AtomicBoolean();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        try (Directory ours = BUFFERED.openDirectory(path, true); Directory looked = BUFFERED.openDirectory(path, true);
             Directory theirs = new KernelDisk().openDirectory(path, false)) {
            ours.tryLock("LOCK").close();
            String inode = ":" + Files.getAttribute(path.resolve("LOCK"), "unix:ino") + " ";
            Thread looker = Thread.ofPlatform().start(() -> {
                while (!isOver.get()) {
                    looked.isLocked("LOCK");
                    theirs.isLocked("LOCK");
                }
            });
            looker.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
            for (int i = 0; i < 200; i++) {
                try (AutoCloseable lock = ours.tryLock("LOCK")) {
                    assertThat(lock).isNotNull();
                    // Closing any descriptor of the file would have given the lock back.
                    Thread.sleep(1);
                    assertThat(Files.readString(locks)).as("round %d", i).contains(inode);
                }
            }
            isOver.set(true);
            looker.join();
            assertThat(thrown.get()).isNull();
        }
    }

    @Test
    void shouldRefuseAFileOfAnotherDisk() {
        try (Directory theirs = new KernelDisk().openDirectory(path, true); IoFile file = theirs.create("a", 4096)) {
            assertThat(errnoOf(request().write(file, 0, block))).isEqualTo(Errno.EBADF);
        }
        assertThatThrownBy(() -> new ChannelDisk(StorageContract.DIRECT_AIO)).isInstanceOf(IllegalArgumentException.class);
    }
}
