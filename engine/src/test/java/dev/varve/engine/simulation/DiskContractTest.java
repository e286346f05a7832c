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
import dev.varve.engine.io.MisalignedRequestException;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.memory.MemorySource;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a program may rely on, whether the disk is the kernel's, a channel's or simulated. */
@Timeout(60)
abstract class DiskContractTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private final List<IoRequest> completed = new ArrayList<>();
    private Disk disk;
    private Path path;
    private Directory directory;
    private IoQueue queue;
    private int block;
    private MemorySegment memory;

    abstract Disk disk();

    abstract Path path();

    /** What its engines say of themselves. */
    StorageContract contract() {
        return StorageContract.DIRECT_AIO;
    }

    @BeforeEach
    void open() {
        disk = disk();
        path = path();
        directory = disk.openDirectory(path, true);
        queue = new IoQueue(disk.openEngine(8));
        block = directory.blockSize();
        memory = MemorySource.collected().allocate(64L * block, block);
    }

    @AfterEach
    void close() {
        queue.close();
        directory.close();
    }

    private IoRequest request() {
        return new IoRequest(completed::add);
    }

    private MemorySegment filled(int index, int value) {
        return memory.asSlice((long) index * block, block).fill((byte) value);
    }

    private byte at(long offset) {
        return memory.get(ValueLayout.JAVA_BYTE, offset);
    }

    private static void assertErrno(int errno, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(IoFailureException.class,
            e -> assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno));
    }

    @Test
    void shouldReadWhatWasWritten() {
        try (IoFile file = directory.create("a", 32L * block)) {
            assertThat(file.length()).isEqualTo(32L * block);
            assertThat(file.path()).isEqualTo(path.resolve("a").toString());
            for (int i = 0; i < 31; i++) {
                queue.add(request().write(file, (long) i * block, filled(i, 1 + i)));
            }
            while (queue.pending() > 0) {
                queue.submit();
                queue.reap(1, SECOND_NS);
            }
            assertThat(completed).hasSize(31).doesNotHaveDuplicates();
            queue.run(request().dataSync(file));
            queue.run(request().sync(file));
            queue.run(request().writeDurably(file, 0, filled(0, 99)));
        }
        memory.fill((byte) 77);
        try (IoFile file = directory.open("a", Access.READ)) {
            IoRequest read = request().read(file, 0, memory);
            queue.run(read);
            assertThat(read.bytes()).isEqualTo(32L * block);
        }
        assertThat(at(0)).isEqualTo((byte) 99);
        assertThat(at(31L * block - 1)).isEqualTo((byte) 31);
        assertThat(at(31L * block)).isZero();
    }

    @Test
    void shouldReportErrorsOfNames() {
        directory.create("a", block).close();
        assertErrno(Errno.EEXIST, () -> directory.create("a", block));
        assertErrno(Errno.ENOENT, () -> directory.open("b", Access.READ));
        assertErrno(Errno.ENOENT, () -> directory.delete("b"));
        assertErrno(Errno.ENOENT, () -> directory.rename("b", "c"));
        assertErrno(Errno.ENOENT, () -> disk.openDirectory(path.resolve("missing"), false));
        assertErrno(Errno.ENOTDIR, () -> disk.openDirectory(path.resolve("a"), false));
        assertErrno(Errno.ENOTDIR, () -> disk.openDirectory(path.resolve("a").resolve("b"), true));
        assertThatThrownBy(() -> directory.create("b", block + 1)).isInstanceOf(IllegalArgumentException.class);
        for (String name : new String[] {"", ".", "..", "a/b"}) {
            assertThatThrownBy(() -> directory.open(name, Access.READ)).as(name).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(directory.list()).containsExactly("a");
    }

    @Test
    void shouldListRenameReplaceAndDelete() {
        for (String name : new String[] {"c", "a", "b"}) {
            try (IoFile file = directory.create(name, block)) {
                queue.run(request().write(file, 0, filled(0, name.charAt(0))));
            }
        }
        assertThat(directory.list()).containsExactly("a", "b", "c");
        directory.rename("a", "c");
        directory.rename("c", "c");
        directory.delete("b");
        directory.sync();
        assertThat(directory.list()).containsExactly("c");
        queue.run(request().read(directory.open("c", Access.READ), 0, filled(0, 0)));
        assertThat(at(0)).isEqualTo((byte) 'a');
    }

    @Test
    void shouldGoOnWithAnOpenFileWhoseNameIsGone() {
        try (IoFile file = directory.create("a", block)) {
            directory.delete("a");
            directory.create("a", 2L * block).close();
            queue.run(request().write(file, 0, filled(0, 5)));
            queue.run(request().read(file, 0, filled(0, 0)));
        }
        assertThat(at(0)).isEqualTo((byte) 5);
        queue.run(request().read(directory.open("a", Access.READ), 0, filled(0, 9)));
        assertThat(at(0)).isZero();
    }

    @Test
    void shouldRefuseWritesToFilesOpenedForReading() {
        directory.create("a", block).close();
        try (IoFile file = directory.open("a", Access.READ)) {
            IoRequest write = request().write(file, 0, filled(0, 1));
            queue.add(write);
            queue.awaitSettled(write);
            assertThat(write.errno()).isEqualTo(Errno.EBADF);
            queue.run(request().sync(file));
        }
    }

    @Test
    void shouldRefuseClosedFiles() {
        IoFile file = directory.create("a", block);
        file.close();
        file.close();
        IoRequest sync = request().sync(file);
        queue.add(sync);
        queue.awaitSettled(sync);
        assertThat(sync.errno()).isEqualTo(Errno.EBADF);
    }

    @Test
    void shouldRefuseMisalignment() {
        try (IoFile file = directory.create("a", 2L * block)) {
            assertThatThrownBy(() -> queue.add(request().write(file, 512, filled(0, 1)))).isInstanceOf(MisalignedRequestException.class);
        }
    }

    @Test
    void shouldReadNothingBehindTheEnd() {
        try (IoFile file = directory.create("a", 2L * block)) {
            IoRequest across = request().read(file, block, memory.asSlice(0, 4L * block));
            IoRequest behind = request().read(file, 2L * block, filled(0, 0));
            queue.run(across);
            queue.run(behind);
            assertThat(across.bytes()).isEqualTo(block);
            assertThat(behind.bytes()).isZero();
        }
    }

    @Test
    void shouldLockOnce() throws Exception {
        assertThat(directory.isLocked("LOCK")).isFalse();
        assertThat(directory.list()).isEmpty();
        AutoCloseable lock = directory.tryLock("LOCK");
        try (Directory other = disk.openDirectory(path, false)) {
            assertThat(other.tryLock("LOCK")).isNull();
            assertThat(other.isLocked("LOCK")).isTrue();
        }
        lock.close();
        lock.close();
        assertThat(directory.isLocked("LOCK")).isFalse();
        assertThat(directory.list()).containsExactly("LOCK");
    }

    @Test
    void shouldWaitNoLongerThanItMust() {
        IoEngine engine = queue.engine();
        IoRequest[] done = new IoRequest[8];
        assertThat(engine.reap(done, 0, SECOND_NS)).isZero();
        assertThat(engine.reap(done, 1, 0)).isZero();
        assertThat(engine.reap(done, 1, SECOND_NS / 100)).isZero();
        engine.wakeUp();
        assertThat(engine.reap(done, 1, 30 * SECOND_NS)).isZero();
        assertThatThrownBy(() -> engine.reap(done, 1, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> engine.reap(done, -1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> disk.openEngine(0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(engine.depth()).isEqualTo(8);
        assertThat(engine.contract()).isEqualTo(contract());
    }

    @Test
    void shouldRefuseCallsAfterClose() {
        IoEngine engine = disk.openEngine(2);
        engine.close();
        engine.close();
        engine.wakeUp();
        assertThatThrownBy(() -> engine.reap(new IoRequest[1], 0, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> engine.submit(new IoRequest[1], 0, 0)).isInstanceOf(IllegalStateException.class);
        Directory other = disk.openDirectory(path, false);
        other.close();
        other.close();
        assertThatThrownBy(other::list).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldMakeMissingDirectoriesOnlyWhenAsked() {
        Path deep = path.resolve("a").resolve("b");
        assertErrno(Errno.ENOENT, () -> disk.openDirectory(deep, false));
        try (Directory made = disk.openDirectory(deep, true); Directory again = disk.openDirectory(deep, true)) {
            made.create("file", block).close();
            assertThat(again.list()).containsExactly("file");
            assertThat(made.path()).isEqualTo(deep);
            assertThat(made.blockSize()).isGreaterThanOrEqualTo(4096);
            assertThat(Integer.bitCount(made.blockSize())).isOne();
        }
    }

    @Test
    void shouldCreateFilesOfZerosThatSayHowLongTheyAre() {
        assertThatThrownBy(() -> directory.create("a", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> directory.create("a", -block)).isInstanceOf(IllegalArgumentException.class);
        memory.fill((byte) 77);
        try (IoFile created = directory.create("a", 5L * block); IoFile opened = directory.open("a", Access.READ)) {
            IoRequest read = request().read(created, 0, memory.asSlice(0, 5L * block));
            queue.run(read);
            assertThat(read.bytes()).isEqualTo(5L * block);
            assertThat(memory.asSlice(0, 5L * block).mismatch(MemorySource.collected().allocate(5L * block, block))).isEqualTo(-1);
            assertThat(opened.length()).isEqualTo(created.length()).isEqualTo(5L * block);
            assertThat(created.blockSize()).isEqualTo(opened.blockSize()).isEqualTo(block);
        }
    }

    @Test
    void shouldKeepAFilesPathWhenItIsRenamed() {
        try (IoFile file = directory.create("a", block)) {
            directory.rename("a", "b");
            assertThat(file.path()).isEqualTo(path.resolve("a").toString());
            queue.run(request().writeDurably(file, 0, filled(0, 3)));
        }
        queue.run(request().read(directory.open("b", Access.WRITE), 0, filled(0, 0)));
        assertThat(at(0)).isEqualTo((byte) 3);
    }

    @Test
    void shouldHoldALockUntilItIsGivenBackAndNoLonger() throws Exception {
        AutoCloseable lock = directory.tryLock("LOCK");
        directory.close();
        try (Directory other = disk.openDirectory(path, true)) {
            assertThat(other.isLocked("LOCK")).isTrue();
            assertThat(other.tryLock("LOCK")).isNull();
            lock.close();
            assertThat(other.isLocked("LOCK")).isFalse();
            try (AutoCloseable second = other.tryLock("LOCK")) {
                assertThat(second).isNotNull();
                lock.close();
                assertThat(other.isLocked("LOCK")).as("closing the first again does not give the second back").isTrue();
            }
        }
    }

    @Test
    void shouldGiveEachCompletionOnceHoweverFewAreTakenAtATime() {
        try (IoFile file = directory.create("a", 8L * block)) {
            IoRequest[] all = new IoRequest[8];
            for (int i = 0; i < all.length; i++) {
                all[i] = request().write(file, (long) i * block, filled(i, i));
                queue.add(all[i]);
            }
            queue.submit();
            List<IoRequest> reaped = new ArrayList<>();
            IoRequest[] three = new IoRequest[3];
            while (reaped.size() < all.length) {
                int count = queue.engine().reap(three, 3, SECOND_NS);
                assertThat(count).isBetween(0, 3);
                reaped.addAll(List.of(three).subList(0, count));
            }
            assertThat(reaped).containsExactlyInAnyOrder(all);
            assertThat(queue.engine().reap(three, 0, 0)).isZero();
            assertThat(queue.engine().reap(new IoRequest[0], 1, SECOND_NS)).isZero();
            reopenQueue();
        }
    }

    /** A queue that was gone behind: it still counts what was reaped. Its engine holds nothing. */
    private void reopenQueue() {
        queue.engine().close();
        queue = new IoQueue(disk.openEngine(8));
    }

    @Test
    void shouldTakeNoMoreThanItsDepthAndSayWhenItIsFull() {
        IoEngine shallow = disk.openEngine(2);
        try (IoFile file = directory.create("a", 8L * block)) {
            IoRequest[] three = {queued(file, 0), queued(file, 1), queued(file, 2)};
            assertThat(shallow.submit(three, 1, 1)).isZero();
            int taken = submitAll(shallow, three, 2);
            assertThat(taken).isEqualTo(2);
            assertThat(shallow.submit(three, 2, 3)).isEqualTo(-Errno.EAGAIN);
            shallow.close();
            assertThat(three[2].isPending()).as("what was refused stays the caller's").isTrue();
        }
        queue.run(request().read(directory.open("a", Access.READ), 0, memory.asSlice(0, 3L * block)));
        assertThat(at(0)).as("closing waits for what is in flight").isEqualTo((byte) 1);
        assertThat(at(block)).isEqualTo((byte) 2);
        assertThat(at(2L * block)).isZero();
    }

    /** A write that a queue has taken in, with an engine that takes nothing behind it. */
    private IoRequest queued(IoFile file, int index) {
        IoRequest write = request().write(file, (long) index * block, filled(index, index + 1));
        new IoQueue(disk.openEngine(1)).add(write);
        return write;
    }

    /** Submits from the start until so many were taken: the kernel, and whoever is as unfriendly, may take fewer at a time. */
    private static int submitAll(IoEngine engine, IoRequest[] requests, int count) {
        int from = 0;
        for (int i = 0; i < 100 && from < count; i++) {
            int taken = engine.submit(requests, from, requests.length);
            assertThat(taken).isIn(-Errno.EAGAIN, -Errno.EINTR, 1, 2);
            from += Math.max(0, taken);
        }
        return from;
    }

    @Test
    void shouldRefuseAFileOfAnotherDisk() {
        IoFile foreign = new IoFile() {
            @Override
            public String path() {
                return "elsewhere";
            }

            @Override
            public long length() {
                return block;
            }

            @Override
            public int blockSize() {
                return block;
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
        try (IoFile file = directory.create("a", block)) {
            IoRequest refused = request().write(foreign, 0, filled(0, 1));
            IoRequest behind = request().write(file, 0, filled(1, 2));
            queue.add(refused);
            queue.add(behind);
            queue.awaitSettled(refused);
            queue.await(behind);
            assertThat(refused.errno()).isEqualTo(Errno.EBADF);
        }
    }
}
