package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.LogLockedException;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Verdict;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Opening, closing and failing of a log with its own threads, on a simulated disk. */
@Timeout(60)
class LifecycleTest {
    private static final Path DIRECTORY = Path.of("log");
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
        .withLimits(new LogConfig.Limits(20_000, 1 << 20, 4));

    private final SimulatedDisk disk = new SimulatedDisk(11, DiskSettings.quiet().threaded());

    private WriteAheadLog open() {
        return open(MemorySource.collected(), disk::nowNs);
    }

    private WriteAheadLog open(MemorySource source, LongSupplier nanos) {
        return WriteAheadLog.open(DIRECTORY, CONFIG,
            new Environment(disk, source, new SplittableRandom(3), nanos, () -> disk.nowNs() / 1_000_000));
    }

    @Test
    void afterCloseEveryCallThrowsTheClosedErrorAndCloseIsIdempotent() {
        WriteAheadLog log = open();
        long lsn = log.append(new byte[1]);
        Claim claim = log.claim(10);
        Cursor cursor = log.read(0);
        assertThat(cursor.next()).isTrue();
        log.close();
        log.close();
        assertThat(log.close(Duration.ZERO)).isTrue();
        MemorySegment payload = MemorySegment.ofArray(new byte[1]);
        for (ThrowingCallable call : List.<ThrowingCallable>of(() -> log.append(new byte[1]), () -> log.append(1, payload),
            () -> log.append(new RecordBatch().add(new byte[1])), () -> log.append(new RecordBatch()),
            () -> log.append(new byte[20_001]), () -> log.appendAsync(payload),
            () -> log.appendAsync(new RecordBatch().add(new byte[1])), () -> log.appendAsync(new RecordBatch()), () -> log.claim(1),
            () -> log.claim(20_000), claim::commit, log::sync, () -> log.awaitDurable(lsn), () -> log.awaitDurable(-1),
            () -> log.read(0), cursor::next, log::durableLsn, log::headLsn, log::tailLsn, log::recovery, log::statistics)) {
            assertThatThrownBy(call).isInstanceOf(LogClosedException.class).hasMessageContaining("log in log is closed");
        }
        assertThat(log.offer(payload, null, null)).isEqualTo(WriteAheadLog.CLOSED);
        assertThat(log.offer(MemorySegment.ofArray(new byte[20_001]), null, null)).isEqualTo(WriteAheadLog.CLOSED);
        claim.close();
        assertThat(cursor.lsn()).as("the record it is on").isEqualTo(lsn);
        assertThat(cursor.length()).isEqualTo(1);
        cursor.close();
    }

    @Test
    void closeMakesDurableWhatNobodyWaitedFor() {
        WriteAheadLog log = open();
        List<CompletableFuture<Appended>> futures = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            futures.add(log.appendAsync(MemorySegment.ofArray(new byte[2000])));
            log.append(AppendOptions.defaults().withLevel(AckLevel.BUFFERED), MemorySegment.ofArray(new byte[10]));
        }
        log.close();
        futures.forEach(CompletableFuture::join);
        disk.crash();
        try (WriteAheadLog again = open()) {
            assertThat(again.recovery().verdict()).isEqualTo(Verdict.CLEAN);
            assertThat(Payloads.all(again)).hasSize(100);
        }
    }

    @Test
    void whileARequestHangsCloseReturnsAfterItsTimeoutAndTheLockStays() {
        WriteAheadLog log = open();
        log.append(new byte[1]);
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        CompletableFuture<Appended> future = log.appendAsync(MemorySegment.ofArray(new byte[2]));
        assertThat(log.close(Duration.ofMillis(100))).isFalse();
        assertThat(log.close(Duration.ofMillis(1))).isFalse();
        assertThat(log.close(Duration.ofSeconds(-1))).isFalse();
        assertThatThrownBy(this::open).isInstanceOf(LogLockedException.class);
        assertThatThrownBy(log::sync).isInstanceOf(LogClosedException.class);
        assertThat(future).isNotDone();
        disk.faults().release();
        assertThat(log.close(Duration.ofSeconds(Long.MAX_VALUE))).isTrue();
        assertThat(future.join().sequence()).isEqualTo(2);
        try (WriteAheadLog again = open()) {
            assertThat(Payloads.all(again)).hasSize(2);
        }
    }

    @Test
    void anInterruptedCloseClosesAllTheSame() {
        WriteAheadLog log = open();
        log.append(new byte[1]);
        Thread.currentThread().interrupt();
        assertThat(log.close(Duration.ofSeconds(20))).isTrue();
        assertThat(Thread.interrupted()).isTrue();
        try (WriteAheadLog again = open()) {
            assertThat(again.recovery().verdict()).isEqualTo(Verdict.CLEAN);
        }
    }

    @Test
    void aBlockedAppendIsIndeterminateWhenTheLogFailsAndTheLogCanBeOpenedAnewAfterClosing() {
        WriteAheadLog log = open();
        log.append(new byte[1]);
        disk.faults().fail(Occasion.next(Operation.WRITE, "*1.varve"), Errno.EIO);
        assertThatThrownBy(() -> log.append(new byte[2])).isInstanceOf(IndeterminateAppendException.class)
            .hasMessageContaining("indeterminate").hasMessageContaining("EIO").hasMessageContaining("1.varve")
            .hasMessageContaining("batch 2 at block 2");
        for (ThrowingCallable call : List.<ThrowingCallable>of(() -> log.append(new byte[1]), log::sync, () -> log.claim(1),
            () -> log.read(0), () -> log.appendAsync(MemorySegment.ofArray(new byte[1])))) {
            assertThatThrownBy(call).isInstanceOf(LogFailedException.class)
                .hasMessageContaining("open it anew");
        }
        assertThat(log.offer(MemorySegment.ofArray(new byte[1]), null, null)).isEqualTo(WriteAheadLog.FAILED);
        assertThat(log.durableLsn()).isPositive();
        log.close();
        try (WriteAheadLog again = open()) {
            assertThat(again.recovery().verdict()).isEqualTo(Verdict.CRASH_TAIL);
            assertThat(Payloads.all(again)).isNotEmpty();
        }
    }

    @RepeatedTest(30) // The agent may be anywhere when the clock breaks, asleep without the seat, too.
    void anErrorOutOfTheClockFailsTheLogAndTellsEverybody() {
        AtomicReference<Error> thrown = new AtomicReference<>();
        WriteAheadLog log = open(MemorySource.collected(), () -> {
            if (thrown.get() != null) {
                throw thrown.get();
            }
            return disk.nowNs();
        });
        log.append(new byte[1]);
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        CompletableFuture<Appended> future = log.appendAsync(MemorySegment.ofArray(new byte[2]));
        thrown.set(new AssertionError("the clock broke"));
        assertThatThrownBy(() -> log.append(new byte[3])).isInstanceOfAny(LogFailedException.class, IndeterminateAppendException.class)
            .hasMessageContaining("the clock broke");
        assertThatThrownBy(future::join).isInstanceOf(CompletionException.class).hasCauseInstanceOf(IndeterminateAppendException.class);
        disk.faults().release();
        log.close();
    }

    @Test
    void aPowerCutWhileThreadsWaitTellsThemAll() throws InterruptedException {
        WriteAheadLog log = open();
        log.append(new byte[1]);
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        AtomicReference<Throwable> waiter = new AtomicReference<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                log.append(new byte[2]);
            } catch (RuntimeException e) {
                waiter.set(e);
            }
        });
        CompletableFuture<Appended> future = log.appendAsync(MemorySegment.ofArray(new byte[2]));
        disk.crashAtStep(disk.steps());
        assertThatThrownBy(future::join).hasCauseInstanceOf(IndeterminateAppendException.class);
        thread.join();
        assertThat(waiter.get()).isInstanceOfAny(LogFailedException.class, IndeterminateAppendException.class);
        log.close(Duration.ofMillis(50));
        assertThat(disk.isStopped()).isTrue();
    }

    @Test
    void anInterruptOfTheLogsOwnThreadChangesNothing() {
        try (WriteAheadLog log = open()) {
            for (int i = 0; i < 20; i++) {
                Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals("varve-log"))
                    .forEach(Thread::interrupt);
                log.append(new byte[10]);
            }
            assertThat(Payloads.all(log)).hasSize(20);
        }
    }

    @Test
    void anOpeningThatFailsAtTheLastLeavesNoLockBehind() {
        AtomicBoolean isShort = new AtomicBoolean(true);
        MemorySource source = new MemorySource() {
            @Override
            public MemorySegment allocate(long length, int alignment) {
                if (isShort.get() && length > 256 * 1024 && length < 512 * 1024) {
                    throw new OutOfMemoryError("no memory, as if");
                }
                return MemorySource.collected().allocate(length, alignment);
            }

            @Override
            public void free(MemorySegment memory) {
                MemorySource.collected().free(memory);
            }
        };
        assertThatThrownBy(() -> open(source, disk::nowNs)).isInstanceOf(OutOfMemoryError.class);
        isShort.set(false);
        try (WriteAheadLog log = open(source, disk::nowNs)) {
            log.append(new byte[1]);
        }
    }

    @Test
    void withoutSpaceAppendsAreRefusedReadingAndClosingWorkAndWritingResumesByItself() {
        SimulatedDisk small = new SimulatedDisk(12, DiskSettings.quiet().threaded().withCapacity(6 << 16));
        WriteAheadLog log = WriteAheadLog.open(DIRECTORY, CONFIG,
            new Environment(small, MemorySource.collected(), new SplittableRandom(3), small::nowNs, () -> 0));
        int accepted = 0;
        NoSpaceException refusal = null;
        while (refusal == null) {
            try {
                log.append(new byte[15_000]);
                accepted++;
                assertThat(accepted).isLessThan(1000);
            } catch (NoSpaceException e) {
                refusal = e;
            }
        }
        assertThat(refusal).hasMessageContaining("nothing was written").hasMessageContaining("ENOSPC");
        assertThat(log.offer(MemorySegment.ofArray(new byte[15_000]), null, null)).isEqualTo(WriteAheadLog.FULL);
        assertThatThrownBy(() -> log.appendAsync(MemorySegment.ofArray(new byte[15_000]))).isInstanceOf(NoSpaceException.class);
        try (Claim claim = log.claim(15_000)) {
            assertThatThrownBy(claim::commit).isInstanceOf(NoSpaceException.class);
            assertThat(Payloads.all(log)).hasSize(accepted);
            log.sync();
            small.capacity(Long.MAX_VALUE);
            Outcomes.await(() -> log.offer(MemorySegment.ofArray(new byte[15_000]), null, null) > 0);
            assertThat(claim.commit()).as("the refused claim is still good").isPositive();
        }
        small.capacity(0);
        log.sync();
        assertThat(Payloads.all(log)).hasSize(accepted + 2);
        log.close();
        try (WriteAheadLog again = WriteAheadLog.open(DIRECTORY, CONFIG,
            new Environment(small, MemorySource.collected(), new SplittableRandom(4), small::nowNs, () -> 0))) {
            assertThat(again.recovery().verdict()).isEqualTo(Verdict.CLEAN);
            assertThat(Payloads.all(again)).hasSize(accepted + 2);
        }
    }
}
