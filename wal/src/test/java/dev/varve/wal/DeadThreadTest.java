package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Fault 35: whatever is thrown wherever in the log's thread, everybody who waits is told, and the log can be closed and opened anew. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DeadThreadTest {
    private static final int RECORDS = 40;
    /** Every call is one too many for each build. */
    private static final int STEP = Boolean.getBoolean("varve.torture") ? 1 : 11;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
        .withLimits(new LogConfig.Limits(20_000, 1 << 20, 4)).withCommit(new LogConfig.Commit(1 << 14, 0, 50_000_000, 1_000_000_000L));
    private static final List<IntFunction<Throwable>> THROWN = List.of(n -> new OutOfMemoryError("as if, at call " + n),
        _ -> new StackOverflowError(), n -> new AssertionError("as if, at call " + n), n -> new IllegalStateException("at call " + n),
        _ -> new RejectedExecutionException(), _ -> new NoClassDefFoundError());

    private static <T extends Throwable> void raise(Throwable thrown) throws T {
        @SuppressWarnings("unchecked") // Thrown as what it is.
        T unchecked = (T) thrown;
        throw unchecked;
    }

    /** Throws at the n-th call of the log into the world around it, and at all later ones if wanted. Returns whether it came to that. */
    private static boolean course(int nth, boolean isLasting) {
        SimulatedDisk disk = new SimulatedDisk(nth, DiskSettings.quiet());
        BrokenWorld world = new BrokenWorld(disk, nth);
        SimulatedLog log = SimulatedLog.open(disk, CONFIG, world.environment());
        AtomicInteger calls = new AtomicInteger();
        world.hook(() -> {
            int call = calls.incrementAndGet();
            if (call == nth || (isLasting && call > nth)) {
                DeadThreadTest.<RuntimeException>raise(THROWN.get(nth % THROWN.size()).apply(call));
            }
        });
        Outcomes outcomes = new Outcomes();
        int accepted = 0;
        for (int i = 0; i < 2000 && accepted < RECORDS && !log.isFailed(); i++) {
            accepted += offer(log, outcomes) ? 1 : 0;
            log.turn();
        }
        int taken = accepted;
        for (int i = 0; i < 1000 && outcomes.appended().size() + outcomes.failures().size() < taken; i++) {
            log.turn();
        }
        assertThat(outcomes.appended().size() + outcomes.failures().size()).as("told, with a throw at call %d", nth).isEqualTo(taken);
        boolean isHit = calls.get() >= nth;
        assertThat(taken == RECORDS || log.isFailed()).isTrue();
        log.intake().close();
        log.driver().beginClosing();
        for (int i = 0; i < 100_000 && !log.isEnded() && !(isLasting && log.driver().isUnreapable()); i++) {
            log.turn();
        }
        assertThat(log.isEnded() || log.driver().isUnreapable()).as("ended, with a throw at call %d", nth).isTrue();
        disk.crash();
        SimulatedLog again = SimulatedLog.open(disk, CONFIG, 5);
        int found = 0;
        try (Cursor cursor = again.read()) {
            while (cursor.next()) {
                found++;
            }
        }
        assertThat(found).as("found, with a throw at call %d", nth).isGreaterThanOrEqualTo(outcomes.appended().size());
        assertThat(again.close()).isTrue();
        return isHit;
    }

    private static boolean offer(SimulatedLog log, Outcomes outcomes) {
        try {
            return log.offer(new byte[5000], AckLevel.DURABLE, outcomes) > 0;
        } catch (RuntimeException | Error e) {
            // The appending thread's own trouble: nothing was accepted.
            return false;
        }
    }

    @Test
    void fault35WhateverIsThrownAtAnyCallOfTheLogsThreadEverybodyIsToldAndNobodyHangs() {
        long seed = Long.getLong("varve.seed", new Random().nextLong());
        int once = 0;
        int lasting = 0;
        int first = 1 + new Random(seed).nextInt(STEP);
        for (int nth = first; course(nth, false); nth += STEP) {
            once++;
        }
        for (int nth = first; course(nth, true); nth += 3 * STEP) {
            lasting++;
        }
        System.out.println("thrown at calls of the log's thread, seed " + seed + ": " + once + " once, " + lasting + " from one on");
        assertThat(once).isGreaterThan(20);
    }

    @Test
    void fault35ThreadsThatWaitAreToldWhenTheLogsThreadDies() {
        SimulatedDisk disk = new SimulatedDisk(7, DiskSettings.quiet().threaded());
        for (int nth = 1; nth < 60; nth += 4) {
            BrokenWorld world = new BrokenWorld(disk, nth);
            WriteAheadLog log = WriteAheadLog.open(SimulatedLog.DIRECTORY, CONFIG.withExecutor(world.executor()), world.environment());
            AtomicInteger calls = new AtomicInteger();
            int last = nth;
            world.hook(() -> {
                if (calls.incrementAndGet() >= last && Thread.currentThread().getName().equals("varve-log")) {
                    throw new OutOfMemoryError("as if, for good");
                }
            });
            List<CompletableFuture<?>> waiting = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                waiting.add(CompletableFuture.runAsync(() -> {
                    for (int k = 0; k < 50; k++) {
                        log.append(new byte[1000]);
                    }
                }));
                waiting.add(appendUnlessFailed(log));
            }
            for (CompletableFuture<?> future : waiting) {
                try {
                    future.join();
                } catch (CompletionException e) {
                    assertThat(e.getCause()).isInstanceOfAny(IndeterminateAppendException.class, LogFailedException.class,
                        OutOfMemoryError.class);
                }
            }
            world.hook(() -> { });
            assertThat(log.close(Duration.ofSeconds(30))).isTrue();
        }
    }

    private static CompletableFuture<?> appendUnlessFailed(WriteAheadLog log) {
        try {
            return log.appendAsync(MemorySegment.ofArray(new byte[100]));
        } catch (LogFailedException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Test
    void fault35AnExecutorThatThrowsKeepsNobodyFromBeingTold() {
        SimulatedDisk disk = new SimulatedDisk(9, DiskSettings.quiet().threaded());
        LogConfig config = CONFIG.withExecutor(_ -> {
            throw new StackOverflowError();
        });
        try (WriteAheadLog log = WriteAheadLog.open(SimulatedLog.DIRECTORY, config, SimulatedLog.environment(disk, 1))) {
            for (int i = 0; i < 20; i++) {
                log.appendAsync(MemorySegment.ofArray(new byte[100])).join();
            }
            assertThat(log.health().state()).isEqualTo(LogHealth.State.OPEN);
        }
    }
}
