package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PowerCutTest extends SimulationTest {
    private static final DiskSettings QUIET = DiskSettings.quiet();

    @Test
    void shouldKeepThroughEveryPowerCutWhatWasReapedBeforeASync() {
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, DiskSettings.of(Unfriendliness.swarm(seed)));
            IoFile file = durableFile("a", 16);
            for (int i = 0; i < 8; i++) {
                queue.add(write(file, i, 1 + i));
            }
            settle();
            queue.run(seed % 2 == 0 ? request().dataSync(file) : request().sync(file));
            for (int i = 8; i < 12; i++) {
                queue.add(write(file, i, 1 + i));
            }
            queue.submit();
            disk.crash();
            open();

            byte[] left = read("a");
            for (int i = 0; i < 8; i++) {
                assertThat(isAll(block(left, i), 1 + i)).as("block %d of seed %d", i, seed).isTrue();
            }
            assertThat(isAll(Arrays.copyOfRange(left, 12 * BLOCK, left.length), 0)).as("never written, seed %d", seed).isTrue();
        }
    }

    @Test
    void shouldKeepADurableWriteWithoutASync() {
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, DiskSettings.of(Unfriendliness.swarm(seed)));
            IoFile file = durableFile("a", 4);
            queue.run(request().writeDurably(file, BLOCK, filled(1, 7)));
            disk.crash();

            assertThat(isAll(block(bytes("a"), 1), 7)).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void shouldOftenLoseWhatWasNotSynced() {
        int lost = count(seed -> {
            start(seed, QUIET);
            IoFile file = durableFile("a", 4);
            queue.run(write(file, 1, 7));
            disk.crash();
            return !isAll(block(bytes("a"), 1), 7);
        });

        assertThat(lost).isBetween(SEEDS / 4, SEEDS - SEEDS / 20);
    }

    @Test
    void shouldNotCoverAWriteSubmittedTogetherWithTheSync() {
        int lost = count(seed -> {
            start(seed, QUIET);
            IoFile file = durableFile("a", 4);
            queue.add(write(file, 1, 7));
            queue.add(request().dataSync(file));
            settle();
            disk.crash();
            return !isAll(block(bytes("a"), 1), 7);
        });

        assertThat(lost).isBetween(SEEDS / 4, SEEDS - SEEDS / 20);
    }

    @Test
    void shouldNotCoverAWriteThatIsCompleteButNotReaped() {
        int lost = count(seed -> {
            start(seed, QUIET);
            IoFile file = durableFile("a", 4);
            queue.add(write(file, 1, 7));
            queue.submit();
            disk.advance(SECOND_NS);
            queue.add(request().dataSync(file));
            settle();
            disk.crash();
            return !isAll(block(bytes("a"), 1), 7);
        });

        assertThat(lost).isBetween(SEEDS / 4, SEEDS - SEEDS / 20);
    }

    @Test
    void shouldNotCoverWritesToOtherFiles() {
        int lost = count(seed -> {
            start(seed, QUIET);
            IoFile file = durableFile("a", 4);
            IoFile other = durableFile("b", 4);
            queue.run(write(file, 1, 7));
            queue.run(request().sync(other));
            directory.sync();
            disk.crash();
            return !isAll(block(bytes("a"), 1), 7);
        });

        assertThat(lost).isBetween(SEEDS / 4, SEEDS - SEEDS / 20);
    }

    @Test
    void shouldLeaveSectorsOldNewZeroGarbledAndTorn() {
        boolean[] seen = new boolean[5];
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, QUIET);
            IoFile file = durableFile("a", 2);
            queue.run(write(file, 0, 3));
            queue.run(request().dataSync(file));
            queue.run(write(file, 0, 7));
            disk.crash();
            byte[] left = bytes("a");
            for (int i = 0; i < 8; i++) {
                seen[kind(sector(left, i))] = true;
            }
            assertThat(isAll(block(left, 1), 0)).isTrue();
        }

        assertThat(seen).containsOnly(true);
    }

    private static int kind(byte[] sector) {
        if (isAll(sector, 3)) {
            return 0;
        }
        if (isAll(sector, 7)) {
            return 1;
        }
        if (isAll(sector, 0)) {
            return 2;
        }
        boolean isMixed = true;
        for (byte b : sector) {
            isMixed &= b == 3 || b == 7;
        }
        return isMixed ? 3 : 4;
    }

    @Test
    void shouldDecideSectorsOfOneBlockIndependently() {
        int mixed = count(seed -> {
            start(seed, QUIET);
            IoFile file = durableFile("a", 1);
            queue.run(write(file, 0, 7));
            disk.crash();
            byte[] left = bytes("a");
            return isAll(sector(left, 0), 7) != isAll(sector(left, 7), 7);
        });

        assertThat(mixed).isGreaterThan(SEEDS / 10);
    }

    @Test
    void shouldFallBackToAnOlderVersionAtTimes() {
        int older = count(seed -> {
            start(seed, QUIET);
            IoFile file = durableFile("a", 1);
            queue.run(write(file, 0, 3));
            queue.run(write(file, 0, 7));
            disk.crash();
            return isAll(sector(bytes("a"), 0), 3);
        });

        assertThat(older).isPositive();
    }

    @Test
    void shouldNeverGoBackBehindTheVersionThatWasSynced() {
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, QUIET);
            IoFile file = durableFile("a", 1);
            queue.run(write(file, 0, 3));
            queue.run(write(file, 0, 7));
            queue.run(request().dataSync(file));
            disk.crash();

            assertThat(isAll(bytes("a"), 7)).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void shouldKeepOrDropEverythingWhenTold() {
        for (int seed = 0; seed < 50; seed++) {
            start(seed, QUIET);
            IoFile file = durableFile("a", 2);
            queue.run(write(file, 0, 7));
            queue.add(write(file, 1, 9));
            queue.submit();
            directory.create("b", BLOCK).close();
            SimulatedDisk other = disk.fork(seed);
            disk.crash(CrashMode.KEEP_ALL);
            other.crash(CrashMode.DROP_UNSYNCED);

            assertThat(isAll(block(bytes("a"), 0), 7) && isAll(block(bytes("a"), 1), 9)).isTrue();
            assertThat(disk.damage(PATH).names()).containsExactly("a", "b");
            assertThat(isAll(other.damage(PATH).bytes("a"), 0)).isTrue();
            assertThat(other.damage(PATH).names()).containsExactly("a");
        }
    }

    @Test
    void shouldApplyWritesInFlightInPart() {
        int[] seen = new int[3];
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, QUIET);
            IoFile file = durableFile("a", 1);
            queue.add(write(file, 0, 7));
            queue.submit();
            disk.crash();
            byte[] left = bytes("a");
            seen[isAll(left, 0) ? 0 : isAll(left, 7) ? 1 : 2]++;
        }

        assertThat(seen).doesNotContain(0);
    }

    @Test
    void shouldBeDurableAfterThePowerCutWhateverWasLeft() {
        for (int seed = 0; seed < 100; seed++) {
            start(seed, QUIET);
            IoFile file = durableFile("a", 2);
            queue.run(write(file, 0, 7));
            disk.crash();
            byte[] left = bytes("a");
            disk.crash();

            assertThat(bytes("a")).isEqualTo(left);
        }
    }

    @Test
    void shouldKillEverythingOpenedBefore() throws Exception {
        start(1, QUIET);
        IoFile file = durableFile("a", 2);
        AutoCloseable lock = directory.tryLock("LOCK");
        IoEngine engine = disk.openEngine(4);
        disk.crash();

        assertThatThrownBy(() -> directory.list()).isInstanceOf(PowerCutException.class);
        assertThatThrownBy(() -> directory.create("b", BLOCK)).isInstanceOf(PowerCutException.class);
        assertThatThrownBy(() -> engine.reap(new IoRequest[1], 1, 1)).isInstanceOf(PowerCutException.class);
        assertThatThrownBy(() -> engine.submit(new IoRequest[1], 0, 0)).isInstanceOf(PowerCutException.class);
        engine.wakeUp();
        engine.close();
        directory.close();
        lock.close();
        IoFile dead = file;
        open();
        IoRequest request = request().dataSync(dead);
        queue.add(request);
        queue.awaitSettled(request);
        assertThat(request.state()).isEqualTo(IoRequest.State.FAILED);
    }

    @Test
    void shouldNotLetADeadLockFreeTheNextLifesLock() throws Exception {
        start(1, QUIET);
        AutoCloseable dead = directory.tryLock("LOCK");
        directory.sync();
        disk.kill();
        open();
        AutoCloseable lock = directory.tryLock("LOCK");
        dead.close();

        assertThat(lock).isNotNull();
        assertThat(directory.isLocked("LOCK")).isTrue();
    }

    @Test
    void shouldStopAtEveryStep() {
        start(5, QUIET);
        program();
        long steps = disk.steps();
        assertThat(steps).isGreaterThan(10);
        for (long step = 1; step <= steps; step++) {
            disk = new SimulatedDisk(5, QUIET);
            disk.crashAtStep(step);
            assertThatThrownBy(() -> {
                open();
                program();
            }).as("step %d", step).isInstanceOf(PowerCutException.class);
            assertThat(disk.steps()).isEqualTo(step - 1);
            assertThat(disk.isStopped()).isTrue();
            assertThatThrownBy(() -> disk.openDirectory(PATH, true)).isInstanceOf(PowerCutException.class);
            disk.crash();
            open();
            directory.list();
        }
    }

    private void program() {
        IoFile file = durableFile("a", 4);
        for (int i = 0; i < 3; i++) {
            queue.run(write(file, i, 1));
            queue.run(request().dataSync(file));
        }
        directory.rename("a", "b");
        directory.sync();
    }

    @Test
    void shouldCarryThePowerCutOutOfTryWithResources() {
        SimulatedDisk cut = new SimulatedDisk(3, QUIET);
        cut.crashAtStep(6);
        assertThatThrownBy(() -> {
            try (Directory opened = cut.openDirectory(PATH, true);
                 IoQueue opening = new IoQueue(cut.openEngine(4));
                 IoFile file = opened.create("a", BLOCK)) {
                opening.run(request().write(file, 0, filled(0, 1)));
                opening.run(request().sync(file));
                opening.run(request().sync(file));
            }
        }).isInstanceOf(PowerCutException.class).hasMessageContaining("seed 3");
    }

    @Test
    void shouldLeaveReadersOfDeletedFilesAlone() {
        start(1, QUIET);
        IoFile file = durableFile("a", 1);
        queue.run(write(file, 0, 7));
        directory.delete("a");
        queue.run(request().read(file, 0, memory(1, 1)));

        assertThat(isAll(memory(1, 1).toArray(ValueLayout.JAVA_BYTE), 7)).isTrue();
        assertThatThrownBy(() -> directory.open("a", Access.READ)).hasMessageContaining("ENOENT");
    }
}
