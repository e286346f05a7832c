package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Nothing the disk claims to do is only claimed. */
class SituationsTest extends SimulationTest {
    @Test
    void shouldMeetEverySituation() {
        Map<String, Long> sums = new TreeMap<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, DiskSettings.of(Unfriendliness.swarm(seed)).withCapacity(100L * BLOCK));
            eventfulProgram();
            disk.situations().forEach((name, count) -> sums.merge(name, count, Long::sum));
        }

        assertThat(sums).hasSize(Situation.values().length);
        assertThat(sums.values()).as(sums.toString()).doesNotContain(0L);
    }

    private void eventfulProgram() {
        disk.faults().fail(Occasion.nth(Operation.DATA_SYNC, "b", 3), Errno.EIO)
            .fail(Occasion.nth(Operation.SUBMIT, "*", 5), Errno.EAGAIN)
            .lose(Occasion.nth(Operation.DATA_SYNC, "b", 2))
            .lose(Occasion.nth(Operation.WRITE, "b", 4))
            .misdirect(Occasion.nth(Operation.WRITE, "b", 5), BLOCK)
            .hang(Occasion.nth(Operation.WRITE, "b", 6))
            .flipBit(Occasion.nth(Operation.WRITE, "b", 7), 100)
            .stale(Occasion.nth(Operation.READ, "b", 1))
            .delay(Occasion.nth(Operation.REAP, "*", 3), 1000);
        assertThat(directory.tryLock("LOCK")).isNotNull();
        assertThat(directory.tryLock("LOCK")).isNull();
        freeMemoryInFlight();
        overfill();
        randomProgram(disk.seed());
        queue.engine().wakeUp();
        queue.reap(60, 1000);
        queue.reap(60, 1000);
        assertThatThrownBy(() -> directory.create("large", 100L * BLOCK)).hasMessageContaining("ENOSPC");
        readWhatCannotBeRead();
        queue.submit();
        disk.advance(100_000);
        queue.engine().reap(new IoRequest[1], 1, SECOND_NS);
        if (disk.seed() % 2 == 0) {
            disk.kill();
            open();
            readAll();
            queue.add(request().write(directory.open("b", Access.WRITE), 0, memory(0, 1)));
            queue.submit();
        }
        directory.create("unsynced", 4L * BLOCK).close();
        if (disk.seed() % 5 == 0) {
            disk.crashSpoiling();
        } else {
            disk.crash();
        }
    }

    private void overfill() {
        IoQueue small = new IoQueue(disk.openEngine(1));
        IoRequest second = request().read(durableFile("c", 1), 0, memory(0, 1));
        small.add(request().read(second.file(), 0, memory(1, 1)));
        small.submit();
        small.add(second);
        small.engine().submit(new IoRequest[] {second}, 0, 1);
    }

    private void freeMemoryInFlight() {
        try (Arena arena = Arena.ofConfined()) {
            queue.add(request().write(directory.create("freed", BLOCK), 0, arena.allocate(BLOCK, BLOCK)));
            queue.submit();
        }
    }

    private void readWhatCannotBeRead() {
        disk.damage(PATH).truncateTo("freed", 100);
        disk.damage(PATH).unreadable("b", 0, BLOCK);
        queue.add(request().read(directory.open("b", Access.READ), 0, memory(0, 1)));
        queue.add(request().read(directory.open("freed", Access.READ), 0, memory(1, 1)));
    }

    private void readAll() {
        for (int i = 0; i < 32; i++) {
            queue.add(request().read(directory.open("b", Access.READ), (long) i * BLOCK, memory(i, 1)));
        }
        settle();
    }
}
