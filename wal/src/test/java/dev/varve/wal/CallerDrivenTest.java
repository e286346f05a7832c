package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.segment.LogLockedException;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.engine.simulation.SimulatedMemory;
import dev.varve.recovery.Verdict;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A log without threads of its own: whoever waits drives it, and the same calls give the same disk. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CallerDrivenTest {
    private static final Path DIRECTORY = Path.of("log");
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
        .withLimits(new LogConfig.Limits(20_000, 1 << 20, 4))
        .withCommit(new LogConfig.Commit(1 << 14, 2_000_000, 50_000_000, 1_000_000_000L));

    private final SimulatedMemory memory = new SimulatedMemory();

    private WriteAheadLog open(SimulatedDisk disk) {
        return WriteAheadLog.open(DIRECTORY, CONFIG, Environment.deterministic(disk, memory, disk.seed(), disk::nowNs));
    }

    private static MemorySegment payload(int length) {
        return MemorySegment.ofArray(new byte[length]);
    }

    @Test
    void everyCallThatWaitsDrivesIt() {
        SimulatedDisk disk = new SimulatedDisk(1);
        List<Thread> tellers = new ArrayList<>();
        try (WriteAheadLog log = open(disk)) {
            for (AckLevel level : AckLevel.values()) {
                log.append(AppendOptions.defaults().withLevel(level), payload(10));
            }
            long lsn = log.offer(payload(10), new AppendListener() {
                @Override
                public void appended(long at, long sequence, Object attachment) {
                    tellers.add(Thread.currentThread());
                }

                @Override
                public void failed(IndeterminateAppendException failure, Object attachment) {
                    throw new AssertionError(failure);
                }
            }, null);
            log.awaitDurable(lsn);
            assertThat(log.durableLsn()).isGreaterThan(lsn);
            try (Claim claim = log.claim(100)) {
                claim.commit();
            }
            List<CompletableFuture<Appended>> futures = new ArrayList<>();
            for (int i = 0; i < 300; i++) { // More than the buffers and a segment hold.
                futures.add(log.appendAsync(payload(4000)));
            }
            log.sync();
            assertThat(futures).allSatisfy(future -> assertThat(future).isCompleted());
            assertThat(tellers).as("no other thread has driven it").containsExactly(Thread.currentThread());
        }
        assertThat(memory.allocated()).as("all memory was given back").isZero();
        try (WriteAheadLog log = open(disk); Cursor cursor = log.read(0)) {
            assertThat(log.recovery().verdict()).isEqualTo(Verdict.CLEAN);
            int count = 0;
            while (cursor.next()) {
                count++;
            }
            assertThat(count).isEqualTo(306);
        }
    }

    @Test
    void aCallbackMayAppendAndWait() {
        SimulatedDisk disk = new SimulatedDisk(2);
        List<Long> told = new ArrayList<>();
        try (WriteAheadLog log = open(disk)) {
            CompletableFuture<Void> appended = log.appendAsync(payload(1)).thenAccept(_ -> told.add(log.append(new byte[2])));
            log.sync();
            assertThat(appended).isCompleted();
            assertThat(told).hasSize(1);
        }
    }

    @Test
    void theSameCallsGiveTheSameTrace() {
        List<Long> hashes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            SimulatedDisk disk = new SimulatedDisk(3);
            try (WriteAheadLog log = open(disk)) {
                for (int j = 0; j < 100; j++) {
                    log.append(new byte[j * 10]);
                }
            }
            hashes.add(disk.traceHash());
        }
        assertThat(hashes.getFirst()).isEqualTo(hashes.getLast());
    }

    @Test
    void afterAPowerCutAppendersAreToldAndCloseReturns() {
        for (int step = 1; step < 300; step += 7) {
            SimulatedDisk disk = new SimulatedDisk(step);
            disk.crashAtStep(step);
            try (WriteAheadLog log = open(disk)) {
                for (int i = 0; i < 1000; i++) {
                    log.append(new byte[3000]);
                }
                assertThat(disk.isStopped()).as("the power was cut on the way").isTrue();
            } catch (RuntimeException e) {
                assertThat(disk.isStopped()).as(e.toString()).isTrue();
            }
            disk.crash();
            open(disk).close();
        }
    }

    @Test
    void aHangingRequestKeepsCloseOnlyAsLongAsItIsTold() {
        SimulatedDisk disk = new SimulatedDisk(4, DiskSettings.quiet());
        WriteAheadLog log = open(disk);
        disk.faults().hang(Occasion.next(Operation.WRITE, "*.varve"));
        assertThat(log.appendAsync(payload(10))).isNotDone();
        assertThat(log.close(Duration.ofSeconds(30))).isFalse();
        assertThatThrownBy(() -> open(disk)).isInstanceOf(LogLockedException.class);
        disk.faults().release();
        assertThat(log.close(Duration.ofSeconds(30))).isTrue();
        open(disk).close();
    }
}
