package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who runs what is told to listeners and futures, and what they may do. */
@Timeout(60)
class CallbacksTest {
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 18, 1000);

    @TempDir(factory = BuildTree.class)
    private Path directory;

    /** Executors that a caller may configure, good and bad. */
    enum Given {
        NONE, SINGLE_THREAD, CALLER_RUNS, REJECTS, BREAKS, SHUT_DOWN;

        Executor executor() {
            return switch (this) {
                case NONE -> null;
                case SINGLE_THREAD -> Executors.newSingleThreadExecutor(task -> Thread.ofPlatform().daemon().name("given").unstarted(task));
                case CALLER_RUNS -> Runnable::run;
                case REJECTS -> _ -> {
                    throw new RejectedExecutionException("full");
                };
                case BREAKS -> _ -> {
                    throw new OutOfMemoryError("no thread, as if");
                };
                case SHUT_DOWN -> {
                    ExecutorService executor = Executors.newSingleThreadExecutor();
                    executor.shutdown();
                    yield executor;
                }
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void callbacksRunButNeverOnTheLogsOwnThreadsWhateverTheExecutorDoes(Given given) {
        List<String> threads = Collections.synchronizedList(new ArrayList<>());
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG.withExecutor(given.executor()))) {
            for (int i = 0; i < 20; i++) {
                CompletableFuture<Void> done = new CompletableFuture<>();
                log.offer(MemorySegment.ofArray(new byte[i]), new AppendListener() {
                    @Override
                    public void appended(long lsn, long sequence, Object attachment) {
                        threads.add(Thread.currentThread().getName());
                        // What would hang on the log's own thread.
                        log.append(new byte[1]);
                        done.complete(null);
                    }

                    @Override
                    public void failed(IndeterminateAppendException failure, Object attachment) {
                        done.completeExceptionally(failure);
                    }
                }, null);
                done.join();
            }
        }
        assertThat(threads).hasSize(20).doesNotContain("varve-log", "varve-housekeeping");
        if (given == Given.SINGLE_THREAD) {
            assertThat(threads).containsOnly("given");
        }
    }

    @Test
    void aCallbackThatAppendsAndWaitsFromWhichAnotherDoesDoesNotHang() throws Exception {
        int depth = 20;
        AtomicInteger reached = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(1);
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            appendDeeper(log, depth, reached, done);
            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(reached).hasValue(depth);
            log.sync();
            assertThat(Payloads.all(log)).hasSize(3 * depth);
        }
    }

    private static void appendDeeper(WriteAheadLog log, int depth, AtomicInteger reached, CountDownLatch done) {
        CompletableFuture<Void> callback = log.appendAsync(MemorySegment.ofArray(new byte[depth])).thenAccept(_ -> {
            log.append(new byte[1]);
            log.appendAsync(MemorySegment.ofArray(new byte[2])).join();
            if (reached.incrementAndGet() == depth) {
                done.countDown();
            } else {
                appendDeeper(log, depth, reached, done);
            }
        });
        assertThat(callback).isNotCancelled();
    }

    @Test
    void aListenerThatThrowsHarmsNobodyElse() {
        AppendListener throwing = new AppendListener() {
            @Override
            public void appended(long lsn, long sequence, Object attachment) {
                throw new AssertionError("on purpose, for the test");
            }

            @Override
            public void failed(IndeterminateAppendException failure, Object attachment) {
                throw new IllegalStateException("not expected", failure);
            }
        };
        Outcomes outcomes = new Outcomes();
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            for (int i = 0; i < 3; i++) {
                log.offer(MemorySegment.ofArray(new byte[1]), throwing, null);
                log.offer(MemorySegment.ofArray(new byte[2]), outcomes, null);
            }
            log.sync();
            Outcomes.await(() -> outcomes.appended().size() == 3);
            assertThat(log.append(new byte[3])).isPositive();
        }
    }

    @Test
    void aFutureCompletedOrCancelledByItsOwnerChangesNothing() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            assertThat(log.appendAsync(MemorySegment.ofArray(new byte[1])).cancel(true)).isIn(true, false);
            log.appendAsync(MemorySegment.ofArray(new byte[2])).complete(null);
            log.sync();
            assertThat(Payloads.all(log)).hasSize(2);
        }
    }

    @Test
    void anInterruptEndsTheWaitNotTheWrite() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            Thread.currentThread().interrupt();
            long[] lsn = new long[1];
            assertThatThrownBy(() -> log.append(new byte[5])).isInstanceOfSatisfying(IndeterminateAppendException.class, e -> {
                assertThat(e).hasMessageContaining("indeterminate").hasMessageContaining("interrupted")
                    .hasCauseInstanceOf(InterruptedException.class);
                lsn[0] = e.lsn();
                assertThat(e).hasMessageContaining("LSN " + e.lsn());
            });
            assertThat(Thread.interrupted()).as("the interrupt is the caller's to handle").isTrue();
            log.awaitDurable(lsn[0]);
            assertThat(Payloads.all(log)).extracting(Payloads.Read::lsn).containsExactly(lsn[0]);
            AppendOptions buffered = AppendOptions.defaults().withLevel(AckLevel.BUFFERED);
            long unsynced = log.append(buffered, MemorySegment.ofArray(new byte[6]));
            Thread.currentThread().interrupt();
            try {
                log.sync();
            } catch (IndeterminateAppendException e) {
                assertThat(e.endLsn()).isGreaterThan(unsynced);
            }
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
