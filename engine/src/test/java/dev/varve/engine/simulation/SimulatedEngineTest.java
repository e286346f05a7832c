package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SimulatedEngineTest extends SimulationTest {
    @Test
    void shouldEndWithTheRightBytesHoweverUnfriendlyTheEngineIs() {
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, DiskSettings.of(seed % 4 == 0 ? Unfriendliness.rough() : Unfriendliness.swarm(seed)));
            IoFile file = durableFile("a", 64);
            SplittableRandom random = new SplittableRandom(seed);
            List<IoRequest> requests = new ArrayList<>();

            for (int block = 0; block < 64; ) {
                int blocks = Math.min(1 + random.nextInt(8), 64 - block);
                for (int i = block; i < block + blocks; i++) {
                    filled(i, 1 + random.nextInt(100));
                }
                requests.add(request().write(file, (long) block * BLOCK, memory(block, blocks)));
                queue.add(requests.getLast());
                block += blocks;
            }
            byte[] expected = memory(0, 64).toArray(ValueLayout.JAVA_BYTE);
            settle();

            assertThat(requests).as("seed %d", seed).allSatisfy(done -> assertThat(done.state()).isEqualTo(IoRequest.State.DONE));
            assertThat(read("a")).as("seed %d", seed).isEqualTo(expected);
        }
    }

    @Test
    void shouldWriteWhatIsInABufferThatIsTouchedInFlight() {
        int touched = count(seed -> {
            start(seed, DiskSettings.quiet());
            IoFile file = durableFile("a", 1);
            queue.add(write(file, 0, 7));
            queue.submit();
            filled(0, 9);
            settle();
            return !isAll(bytes("a"), 7);
        });

        assertThat(touched).isBetween(SEEDS / 4, SEEDS - 1);
    }

    @Test
    void shouldFailAWriteWhoseMemoryIsFreedInFlight() {
        int failed = count(seed -> {
            start(seed, DiskSettings.quiet());
            IoFile file = durableFile("a", 1);
            IoRequest write = request();
            try (Arena arena = Arena.ofConfined()) {
                queue.add(write.write(file, 0, arena.allocate(BLOCK, BLOCK)));
                queue.submit();
            }
            settle();
            return write.errno() == Errno.EFAULT;
        });

        assertThat(failed).isBetween(SEEDS / 4, SEEDS - 1);
        assertThat(disk.situations().get("memory gone in flight")).isNotNull();
    }

    @Test
    void shouldNotRememberWhatABufferHoldsAfterCompletion() {
        for (int seed = 0; seed < 100; seed++) {
            start(seed, DiskSettings.quiet());
            IoFile file = durableFile("a", 1);
            queue.run(write(file, 0, 7));
            filled(0, 9);

            assertThat(isAll(bytes("a"), 7)).isTrue();
        }
    }

    @Test
    void shouldLetTimePassOnlyForWhoWaits() {
        start(1, DiskSettings.quiet());
        IoFile file = durableFile("a", 1);
        queue.add(write(file, 0, 7));
        queue.submit();
        IoRequest[] done = new IoRequest[4];
        IoEngine engine = queue.engine();

        assertThat(engine.reap(done, 0, SECOND_NS)).isZero();
        assertThat(engine.reap(done, 1, 0)).isZero();
        long beforeNs = disk.nowNs();
        assertThat(engine.reap(done, 1, SECOND_NS)).isEqualTo(1);
        assertThat(disk.nowNs() - beforeNs).isBetween(1L, SECOND_NS / 100);
        beforeNs = disk.nowNs();
        assertThat(engine.reap(done, 1, SECOND_NS / 2)).isZero();
        assertThat(disk.nowNs() - beforeNs).isBetween(SECOND_NS / 2, SECOND_NS);
        assertThat(engine.reap(done, 1, Long.MAX_VALUE)).isZero();
        engine.close();
    }

    @Test
    void shouldEndTheNextWaitWhenWoken() {
        start(1, DiskSettings.quiet());
        IoEngine engine = queue.engine();
        IoRequest[] done = new IoRequest[4];
        engine.wakeUp();
        assertThat(engine.reap(done, 0, 0)).isZero();
        long beforeNs = disk.nowNs();
        assertThat(engine.reap(done, 1, SECOND_NS)).isZero();
        assertThat(disk.nowNs() - beforeNs).isLessThan(SECOND_NS / 1000);
        assertThat(engine.reap(done, 1, SECOND_NS)).isZero();
        assertThat(disk.nowNs() - beforeNs).isGreaterThan(SECOND_NS);
    }

    @Test
    @Timeout(20)
    void shouldReallyWaitWhenThreaded() throws InterruptedException {
        start(1, DiskSettings.quiet().threaded());
        IoEngine engine = queue.engine();
        Thread waker = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 3; i++) {
                sleep();
                engine.wakeUp();
            }
        });
        long startNs = System.nanoTime();
        int waits = 0;
        while (waker.isAlive()) {
            engine.reap(new IoRequest[1], 1, SECOND_NS / 10);
            waits++;
        }
        waker.join();

        assertThat(waits).isLessThan(20);
        assertThat(System.nanoTime() - startNs).isGreaterThan(SECOND_NS / 10);
    }

    private static void sleep() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void shouldCompleteInAnyOrder() {
        int overtaken = count(seed -> {
            start(seed, DiskSettings.of(new Unfriendliness(0, 0, 0, 0, 0.5)));
            IoFile file = durableFile("a", 8);
            for (int i = 0; i < 8; i++) {
                queue.add(write(file, i, 1));
            }
            settle();
            return disk.situations().get("completion overtook") > 0;
        });

        assertThat(overtaken).isGreaterThan(SEEDS / 2);
    }

    @Test
    void shouldKeepTheOrderWhenQuiet() {
        start(1, DiskSettings.quiet());
        IoFile file = durableFile("a", 8);
        List<Long> order = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            queue.add(new IoRequest(done -> order.add(done.offset() / BLOCK)).write(file, (long) i * BLOCK, filled(i, 1)));
        }
        settle();

        assertThat(order).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
        assertThat(queue.submitCalls()).isEqualTo(1);
    }

    @Test
    void shouldNotWriteThroughAFileOpenedForReadingOrClosed() {
        start(1, DiskSettings.quiet());
        durableFile("a", 1).close();
        IoFile readOnly = directory.open("a", Access.READ);
        IoFile closed = directory.open("a", Access.WRITE);
        closed.close();
        IoRequest first = write(readOnly, 0, 7);
        IoRequest second = write(closed, 0, 7);
        queue.add(first);
        queue.add(second);
        settle();

        assertThat(first.errno()).isEqualTo(Errno.EBADF);
        assertThat(second.errno()).isEqualTo(Errno.EBADF);
        assertThat(isAll(bytes("a"), 0)).isTrue();
    }

    @Test
    void shouldReadUpToTheEnd() {
        start(1, DiskSettings.quiet());
        durableFile("a", 2).close();
        disk.damage(PATH).truncateTo("a", BLOCK + 100);
        IoFile file = directory.open("a", Access.READ);
        IoRequest read = request().read(file, 0, memory(0, 4));
        queue.run(read);
        IoRequest beyond = request().read(file, 8L * BLOCK, memory(0, 1));
        queue.run(beyond);

        assertThat(file.length()).isEqualTo(BLOCK + 100);
        assertThat(read.bytes()).isEqualTo(BLOCK + 100);
        assertThat(beyond.bytes()).isZero();
    }

    @Test
    void shouldRefuseToCloseForever() {
        start(1, DiskSettings.quiet());
        IoFile file = durableFile("a", 1);
        disk.faults().hang(Occasion.next(Operation.WRITE, "a"));
        queue.add(write(file, 0, 7));
        queue.submit();

        assertThatThrownBy(() -> queue.engine().close()).isInstanceOf(IllegalStateException.class).hasMessageContaining("hangs");
        disk.faults().release();
        queue.engine().close();
        assertThat(isAll(bytes("a"), 7)).isTrue();
    }
}
