package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.io.StorageContractException;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultScriptTest extends SimulationTest {
    private IoFile file;

    @BeforeEach
    void begin() {
        begin(1);
    }

    private void begin(long seed) {
        start(seed, DiskSettings.quiet());
        file = durableFile("a.varve", 8);
    }

    private int errnoOf(IoRequest request) {
        queue.add(request);
        queue.awaitSettled(request);
        return request.errno();
    }

    private static void assertErrno(int errno, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(IoFailureException.class,
            e -> assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno));
    }

    @Test
    void shouldFailTheNthRequestOfItsKindOnItsFile() {
        disk.faults().fail(Occasion.nth(Operation.WRITE, "*.varve", 2), Errno.EIO);
        IoFile other = durableFile("b", 1);

        assertThat(errnoOf(write(other, 0, 1))).isZero();
        assertThat(errnoOf(write(file, 0, 1))).isZero();
        assertThat(errnoOf(request().dataSync(file))).isZero();
        assertThat(errnoOf(write(file, 1, 1))).isEqualTo(Errno.EIO);
        assertThat(errnoOf(write(file, 1, 1))).isZero();
        disk.faults().fail(Occasion.next(Operation.READ, "a*"), Errno.ENODEV).fail(Occasion.next(Operation.SYNC, "a*"), Errno.EROFS);
        assertThat(errnoOf(request().read(file, 0, memory(0, 1)))).isEqualTo(Errno.ENODEV);
        assertThat(errnoOf(request().sync(file))).isEqualTo(Errno.EROFS);
    }

    @Test
    void shouldFailFromThenOnUntilCleared() {
        disk.faults().fail(Occasion.nth(Operation.WRITE, "*", 2).onwards(), Errno.ENOSPC);

        assertThat(errnoOf(write(file, 0, 1))).isZero();
        for (int i = 0; i < 3; i++) {
            assertThat(errnoOf(write(file, 0, 1))).isEqualTo(Errno.ENOSPC);
        }
        disk.faults().clear();
        assertThat(errnoOf(write(file, 0, 1))).isZero();
    }

    @Test
    void shouldKnowAFileByItsPresentName() {
        disk.faults().fail(Occasion.next(Operation.WRITE, "renamed"), Errno.EIO);
        assertThat(errnoOf(write(file, 0, 1))).isZero();
        directory.rename("a.varve", "renamed");

        assertThat(errnoOf(write(file, 0, 1))).isEqualTo(Errno.EIO);
    }

    @Test
    void shouldFailEveryCallOnADirectory() {
        for (Operation operation : List.of(Operation.CREATE, Operation.OPEN, Operation.RENAME, Operation.DELETE, Operation.LIST,
            Operation.LOCK, Operation.DIRECTORY_SYNC, Operation.OPEN_DIRECTORY)) {
            disk.faults().fail(Occasion.next(operation, "*"), Errno.EACCES);
        }

        assertErrno(Errno.EACCES, () -> directory.create("b", BLOCK));
        assertErrno(Errno.EACCES, () -> directory.open("a.varve", Access.READ));
        assertErrno(Errno.EACCES, () -> directory.rename("a.varve", "b"));
        assertErrno(Errno.EACCES, () -> directory.delete("a.varve"));
        assertErrno(Errno.EACCES, () -> directory.list());
        assertErrno(Errno.EACCES, () -> directory.tryLock("LOCK"));
        assertErrno(Errno.EACCES, () -> directory.sync());
        assertErrno(Errno.EACCES, () -> disk.openDirectory(PATH, true));
        assertThat(directory.list()).containsExactly("a.varve");
    }

    @Test
    void shouldFailCallsOnEngines() {
        disk.faults().fail(Occasion.next(Operation.OPEN_ENGINE, "*"), Errno.EAGAIN)
            .fail(Occasion.next(Operation.SUBMIT, "*"), Errno.EAGAIN)
            .fail(Occasion.next(Operation.REAP, "engine"), Errno.EINVAL)
            .fail(Occasion.next(Operation.CREATE, "full"), Errno.ENOSPC);

        assertThatThrownBy(() -> disk.openEngine(4)).isInstanceOf(StorageContractException.class).hasMessageContaining("EAGAIN");
        queue.add(write(file, 0, 1));
        queue.submit();
        assertErrno(Errno.EINVAL, () -> queue.reap(1, SECOND_NS));
        assertThat(queue.pending()).isEqualTo(1);
        settle();
        assertThatThrownBy(() -> directory.create("full", BLOCK)).isInstanceOf(NoSpaceException.class);
    }

    @Test
    void shouldLeaveAFailedWriteInPartAndNeverMakeItDurable() {
        int[] seen = new int[3];
        for (int seed = 0; seed < SEEDS; seed++) {
            begin(seed);
            disk.faults().fail(Occasion.next(Operation.WRITE, "*"), Errno.EIO);
            assertThat(errnoOf(write(file, 0, 7))).isEqualTo(Errno.EIO);
            byte[] cached = block(bytes("a.varve"), 0);
            seen[0] += isAll(cached, 7) || isAll(cached, 0) ? 0 : 1;
            assertThat(errnoOf(request().dataSync(file))).isZero();
            disk.crash(CrashMode.DROP_UNSYNCED);
            seen[1] += isAll(bytes("a.varve"), 0) ? 1 : 0;
        }

        assertThat(seen[0]).isGreaterThan(SEEDS / 2);
        assertThat(seen[1]).isEqualTo(SEEDS);
    }

    @Test
    void shouldReturnZeroFromTheSyncAfterAFailedOneAndStillLoseTheData() {
        int lost = count(seed -> {
            begin(seed);
            disk.faults().fail(Occasion.next(Operation.DATA_SYNC, "*"), Errno.EIO);
            queue.run(write(file, 0, 7));
            assertThat(errnoOf(request().dataSync(file))).isEqualTo(Errno.EIO);
            queue.run(write(file, 1, 9));
            assertThat(errnoOf(request().dataSync(file))).isZero();
            disk.crash();
            assertThat(isAll(block(bytes("a.varve"), 1), 9)).as("seed %d", seed).isTrue();
            return !isAll(block(bytes("a.varve"), 0), 7);
        });

        assertThat(lost).isBetween(SEEDS / 4, SEEDS - SEEDS / 20);
    }

    @Test
    void shouldKeepWhatWasReadAfterAFailedSyncOnceItIsSyncedAgain() {
        int lost = count(seed -> {
            begin(seed);
            disk.faults().fail(Occasion.next(Operation.DATA_SYNC, "*"), Errno.EIO);
            queue.run(write(file, 0, 7));
            assertThat(errnoOf(request().dataSync(file))).isEqualTo(Errno.EIO);
            byte[] seen = read("a.varve");
            assertThat(errnoOf(request().dataSync(file))).isZero();
            disk.crash();
            assertThat(bytes("a.varve")).as("seed %d", seed).isEqualTo(seen);
            return !isAll(block(seen, 0), 7);
        });

        assertThat(lost).isGreaterThan(SEEDS / 2);
    }

    @Test
    void shouldNotMakeNamesDurableAfterAFailedSyncOfTheirDirectory() {
        int lost = count(seed -> {
            begin(seed);
            directory.create("b", BLOCK).close();
            disk.faults().fail(Occasion.next(Operation.DIRECTORY_SYNC, "*"), Errno.EIO);
            assertErrno(Errno.EIO, () -> directory.sync());
            directory.create("c", BLOCK).close();
            directory.sync();
            disk.crash();
            assertThat(disk.damage(PATH).names()).contains("a.varve", "c");
            return !disk.damage(PATH).names().contains("b");
        });

        assertThat(lost).isBetween(1, SEEDS - 1);
        begin();
        directory.create("b", BLOCK).close();
        disk.faults().fail(Occasion.next(Operation.DIRECTORY_SYNC, "*"), Errno.EIO);
        assertErrno(Errno.EIO, () -> directory.sync());
        disk.openDirectory(PATH, false).sync();
        disk.crash(CrashMode.DROP_UNSYNCED);
        assertThat(disk.damage(PATH).names()).contains("b");
    }

    @Test
    void shouldDropALostWriteAndIgnoreALyingSync() {
        disk.faults().lose(Occasion.next(Operation.WRITE, "*")).lose(Occasion.next(Operation.SYNC, "*"))
            .lose(Occasion.next(Operation.DIRECTORY_SYNC, "*"));
        queue.run(request().writeDurably(file, 0, filled(0, 7)));
        assertThat(isAll(bytes("a.varve"), 0)).isTrue();

        queue.run(write(file, 1, 7));
        queue.run(request().sync(file));
        directory.create("b", BLOCK).close();
        directory.sync();
        disk.crash(CrashMode.DROP_UNSYNCED);
        assertThat(isAll(bytes("a.varve"), 0)).isTrue();
        assertThat(disk.damage(PATH).names()).containsExactly("a.varve");
    }

    @Test
    void shouldMisdirectTransfers() {
        disk.faults().misdirect(Occasion.next(Operation.WRITE, "*"), 2L * BLOCK).misdirect(Occasion.next(Operation.READ, "*"), -BLOCK);
        queue.run(write(file, 1, 7));
        assertThat(isAll(block(bytes("a.varve"), 1), 0)).isTrue();
        assertThat(isAll(block(bytes("a.varve"), 3), 7)).isTrue();

        queue.run(request().read(file, 4L * BLOCK, memory(9, 1)));
        assertThat(memory(9, 1).mismatch(memory(1, 1))).isEqualTo(-1);
    }

    @Test
    void shouldShortenTransfers() {
        disk.faults().shorten(Occasion.next(Operation.WRITE, "*"), 3L * SECTOR).shorten(Occasion.next(Operation.READ, "*"), BLOCK);
        memory(0, 2).fill((byte) 7);
        IoRequest write = request().write(file, 0, memory(0, 2));
        queue.add(write);
        queue.submit();
        queue.reap(1, SECOND_NS);
        assertThat(isAll(sector(bytes("a.varve"), 2), 7)).isTrue();
        assertThat(isAll(sector(bytes("a.varve"), 3), 0)).isTrue();
        queue.await(write);
        assertThat(isAll(block(bytes("a.varve"), 1), 7)).isTrue();

        IoRequest read = request().read(file, 0, memory(4, 2).fill((byte) 0));
        queue.run(read);
        assertThat(read.bytes()).isEqualTo(2L * BLOCK);
        assertThat(memory(4, 2).mismatch(memory(0, 2))).isEqualTo(-1);
    }

    @Test
    void shouldHangUntilReleased() {
        disk.faults().hang(Occasion.next(Operation.WRITE, "*"));
        IoRequest hanging = write(file, 0, 7);
        queue.add(hanging);
        queue.run(write(file, 1, 9));
        queue.run(request().dataSync(file));
        assertThat(queue.reap(1, 60 * SECOND_NS)).isZero();
        assertThat(hanging.isPending()).isTrue();
        assertThat(isAll(block(bytes("a.varve"), 0), 0)).isTrue();

        disk.faults().release();
        queue.await(hanging);
        assertThat(isAll(block(bytes("a.varve"), 0), 7)).isTrue();
    }

    @Test
    void shouldRefuseImpossibleScripts() {
        assertThatThrownBy(() -> Occasion.nth(Operation.READ, "*", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> disk.faults().fail(Occasion.next(Operation.READ, "*"), -5))
            .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Unfriendliness(0, 0, 1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> DiskSettings.quiet().withBlockSize(512)).isInstanceOf(IllegalArgumentException.class);
    }
}
