package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What may happen while the driver's seat changes hands between the log's thread and a blocking appender. The clock that every driver reads
 * is where the test slips in.
 */
@Timeout(60)
class HandOverTest {
    /** Long before a sleeping driver would look by itself. */
    private static final long SOON_MS = 600;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
        .withCommit(new LogConfig.Commit(1 << 13, 0, 10_000_000_000L, 10_000_000_000L));

    private final SimulatedDisk disk = new SimulatedDisk(31, DiskSettings.quiet().threaded());
    private final AtomicReference<Runnable> meanwhile = new AtomicReference<>();
    private volatile BooleanSupplier isMoment = () -> false;

    private WriteAheadLog open(LogConfig config) {
        return WriteAheadLog.open(Path.of("log"), config, new Environment(disk, MemorySource.collected(), new SplittableRandom(3),
            this::nowNs, () -> disk.nowNs() / 1_000_000));
    }

    private long nowNs() {
        Runnable action = meanwhile.get();
        if (action != null && isMoment.getAsBoolean() && meanwhile.compareAndSet(action, null)) {
            action.run();
        }
        return disk.nowNs();
    }

    private static boolean isLyingDown() {
        return StackWalker.getInstance().walk(frames -> frames.anyMatch(
            frame -> frame.getClassName().equals(LogAgent.class.getName()) && frame.getMethodName().equals("rest")));
    }

    @Test
    void aLargeRecordThatComesAsTheLogsThreadLiesDownIsNotLeftLying() {
        AtomicReference<CompletableFuture<Appended>> large = new AtomicReference<>();
        try (WriteAheadLog log = open(CONFIG)) {
            isMoment = HandOverTest::isLyingDown;
            meanwhile.set(() -> large.set(log.appendAsync(MemorySegment.ofArray(new byte[15_000]))));
            log.append(new byte[1]);
            Outcomes.await(() -> large.get() != null);
            assertThatCode(() -> large.get().get(SOON_MS, TimeUnit.MILLISECONDS)).doesNotThrowAnyException();
        }
    }

    @Test
    void aCallbackThatAppendsAndWaitsDoesNotRunOnTheCallerThatDrives() {
        Thread caller = Thread.currentThread();
        CompletableFuture<Thread> told = new CompletableFuture<>();
        try (WriteAheadLog log = open(CONFIG.withExecutor(Runnable::run))) {
            AppendListener listener = new AppendListener() {
                @Override
                public void appended(long lsn, long sequence, Object attachment) {
                    if (!Thread.currentThread().equals(caller)) {
                        log.append(new byte[3]);
                    }
                    told.complete(Thread.currentThread());
                }

                @Override
                public void failed(IndeterminateAppendException failure, Object attachment) {
                    told.completeExceptionally(failure);
                }
            };
            isMoment = () -> Thread.currentThread().equals(caller);
            meanwhile.set(() -> log.offer(MemorySegment.ofArray(new byte[2]), listener, null));
            while (meanwhile.get() != null) {
                log.append(new byte[1]);
            }
            assertThat(told.join()).isNotEqualTo(caller);
        }
    }
}
