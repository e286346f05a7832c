package dev.varve.engine.aio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.MappedMemory;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WakeUpTest {
    private static final long SECOND = 1_000_000_000L;

    private final KernelAioEngine engine = KernelAioEngine.open(8);
    private final IoRequest[] done = new IoRequest[8];

    @AfterEach
    void close() {
        engine.close();
    }

    private long reapedWithin(int min) {
        long startNs = System.nanoTime();
        assertThat(engine.reap(done, min, 20 * SECOND)).isZero();
        return System.nanoTime() - startNs;
    }

    @Test
    void shouldEndAWaitFromAnotherThread() throws InterruptedException {
        for (int min : new int[] {1, 8}) {
            Thread ringer = Thread.ofPlatform().start(() -> {
                pause(100);
                engine.wakeUp();
            });

            assertThat(reapedWithin(min)).isBetween(SECOND / 20, 5 * SECOND);
            ringer.join();
        }
    }

    @Test
    void shouldEndTheNextWaitAtOnce() {
        engine.wakeUp();
        engine.wakeUp();

        assertThat(engine.reap(done, 0, 0)).isZero();
        assertThat(reapedWithin(1)).isLessThan(SECOND);
        assertThat(engine.reap(done, 1, SECOND / 20)).isZero();
    }

    @Test
    void shouldEndOneWaitOnly() throws InterruptedException {
        Thread ringer = Thread.ofPlatform().start(() -> {
            pause(50);
            engine.wakeUp();
        });
        reapedWithin(1);
        ringer.join();

        long startNs = System.nanoTime();
        engine.reap(done, 1, SECOND / 10);
        assertThat(System.nanoTime() - startNs).isGreaterThanOrEqualTo(SECOND / 10);
    }

    @Test
    void shouldLoseNoRing() throws InterruptedException {
        long rounds = 20_000;
        AtomicLong asked = new AtomicLong();
        AtomicLong answered = new AtomicLong();
        AtomicBoolean isOver = new AtomicBoolean();
        Thread ringer = Thread.ofPlatform().start(() -> {
            for (long i = 1; i <= rounds; i++) {
                asked.set(i);
                engine.wakeUp();
                while (answered.get() < i && !isOver.get()) {
                    Thread.onSpinWait();
                }
            }
        });
        long seen = 0;
        while (seen < rounds) {
            long startNs = System.nanoTime();
            engine.reap(done, 1, 10 * SECOND);
            if (System.nanoTime() - startNs > 5 * SECOND) {
                break;
            }
            seen = asked.get();
            answered.set(seen);
        }
        isOver.set(true);
        ringer.join();

        assertThat(seen).isEqualTo(rounds);
    }

    @Test
    void shouldNotDisturbCompletions(@TempDir(factory = BuildTree.class) Path path) throws InterruptedException {
        AtomicBoolean isOver = new AtomicBoolean();
        Thread ringer = Thread.ofPlatform().start(() -> {
            while (!isOver.get()) {
                engine.wakeUp();
            }
        });
        QueuedRequests requests = new QueuedRequests();
        long count = 0;
        try (Directory directory = new KernelDisk().openDirectory(path, true);
             IoFile file = directory.create("segment", 8L * directory.blockSize());
             MappedMemory memory = MappedMemory.map(8L * directory.blockSize(), directory.blockSize())) {
            IoRequest[] offered = new IoRequest[8];
            for (int i = 0; i < 8; i++) {
                long at = (long) i * directory.blockSize();
                offered[i] = requests.queued(new IoRequest(request -> { })
                    .write(file, at, memory.segment().asSlice(at, directory.blockSize())));
            }
            for (int round = 0; round < 500; round++) {
                assertThat(engine.submit(offered, 0, 8)).isEqualTo(8);
                for (int reaped = 0; reaped < 8;) {
                    int some = engine.reap(done, 1, SECOND);
                    reaped += some;
                    count += some;
                }
            }
        } finally {
            isOver.set(true);
            ringer.join();
        }

        assertThat(count).isEqualTo(4000);
    }

    @Test
    void shouldBeHarmlessAfterClose() {
        engine.wakeUp();
        engine.close();
        engine.wakeUp();
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
