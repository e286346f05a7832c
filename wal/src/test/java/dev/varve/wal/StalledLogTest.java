package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Faults 32 and 33: storage that does not answer, and calls that should not block and do. Waiting is bounded, and the log says why. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StalledLogTest {
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
        .withLimits(new LogConfig.Limits(20_000, 1 << 20, 4)).withCommit(new LogConfig.Commit(1 << 14, 0, 50_000_000, 100_000_000));
    private static final AppendOptions SHORT = AppendOptions.defaults().withTimeout(Duration.ofMillis(300));

    private final SimulatedDisk disk = new SimulatedDisk(11, DiskSettings.quiet().threaded());

    private WriteAheadLog open() {
        return WriteAheadLog.open(SimulatedLog.DIRECTORY, CONFIG, SimulatedLog.environment(disk, 3));
    }

    private static MemorySegment payload(int length) {
        return MemorySegment.ofArray(new byte[length]);
    }

    private static IndeterminateAppendException timedOut(WriteAheadLog log) {
        return catchThrowableOfType(IndeterminateAppendException.class, () -> log.append(SHORT, payload(100)));
    }

    @Test
    void fault32AHungWriteStallsTheLogAppendsTimeOutAsIndeterminateAndItIsOpenAgainWhenTheStorageAnswers() {
        try (WriteAheadLog log = open()) {
            log.append(new byte[100]);
            assertThat(log.health()).isEqualTo(new LogHealth(LogHealth.State.OPEN, ""));
            disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
            IndeterminateAppendException first = timedOut(log);
            assertThat(first).hasMessageContaining("not DURABLE after 300 ms").hasMessageContaining("WRITE of").hasCauseInstanceOf(
                TimeoutException.class);
            Outcomes.await(() -> log.health().state() == LogHealth.State.STALLED);
            assertThat(log.health().reason()).contains("WRITE of log").contains("at offset 8192").contains("length 4096")
                .contains("segment 0000000000000001.varve").containsPattern("with the kernel for [0-9]{3,} ms");
            IndeterminateAppendException second = timedOut(log);
            assertThat(second.lsn()).as("taken, in order").isGreaterThan(first.lsn());
            disk.faults().release();
            log.awaitDurable(second.lsn());
            log.awaitDurable(first.lsn());
            Outcomes.await(() -> log.health().state() == LogHealth.State.OPEN);
            log.append(new byte[100]);
            assertThat(Payloads.all(log)).hasSize(4);
        }
    }

    @Test
    void fault32WhenTheBuffersAreFullAnAppendWithATimeoutWritesNothingAndSaysSo() {
        try (WriteAheadLog log = open()) {
            log.append(new byte[100]);
            disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
            int taken = 0;
            AppendTimeoutException refusal = null;
            AppendOptions hasty = AppendOptions.defaults().withLevel(AckLevel.BUFFERED).withTimeout(Duration.ofMillis(200));
            while (refusal == null) {
                try {
                    log.append(hasty, payload(10_000));
                    taken++;
                    assertThat(taken).isLessThan(1000);
                } catch (AppendTimeoutException e) {
                    refusal = e;
                }
            }
            assertThat(refusal).hasMessageContaining("nothing was written").hasMessageContaining("200 ms").hasMessageContaining("WRITE of");
            try (Claim claim = log.claim(hasty, 15_000)) {
                assertThat(catchThrowableOfType(AppendTimeoutException.class, claim::commit)).isNotNull();
                disk.faults().release();
                log.sync();
                assertThat(claim.commit()).as("the claim that found no room is still good").isPositive();
            }
            log.sync();
            assertThat(Payloads.all(log)).hasSize(taken + 2);
        }
    }

    @Test
    void fault32CloseReturnsInTimeAndSaysWhatIsInFlightWhoseBuffersStayTheKernels() {
        WriteAheadLog log = open();
        log.append(new byte[100]);
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        CompletableFuture<Appended> future = log.appendAsync(payload(100));
        assertThat(log.close(Duration.ofMillis(50))).isFalse();
        assertThat(log.close(Duration.ofMillis(50))).isFalse();
        Outcomes.await(() -> log.health().state() == LogHealth.State.STALLED);
        assertThat(log.health().reason()).contains("WRITE of").contains("offset 8192");
        assertThat(future).isNotDone();
        disk.faults().release();
        assertThat(log.close(Duration.ofSeconds(20))).isTrue();
        assertThat(log.health()).isEqualTo(new LogHealth(LogHealth.State.CLOSED, ""));
        assertThat(future.join().lsn()).isPositive();
        try (WriteAheadLog again = open()) {
            assertThat(Payloads.all(again)).hasSize(2);
        }
    }

    @Test
    void fault32AHungSyncOfTheManifestStallsTheLogToo() {
        try (WriteAheadLog log = open()) {
            disk.faults().hang(Occasion.next(Operation.WRITE, "MANIFEST"));
            log.append(new byte[100]);
            Outcomes.await(() -> log.health().state() == LogHealth.State.STALLED);
            assertThat(log.health().reason()).contains("MANIFEST");
            disk.faults().release();
            Outcomes.await(() -> log.health().state() == LogHealth.State.OPEN);
        }
    }

    @Test
    void fault33WhileACallThatSubmitsBlocksAppendersAreBlockedNoFurtherThanTheBuffersReach() throws InterruptedException {
        BrokenWorld world = new BrokenWorld(disk, 4);
        CountDownLatch isBlocking = new CountDownLatch(1);
        CountDownLatch isOver = new CountDownLatch(1);
        Environment environment = world.environment();
        LogConfig config = CONFIG.withExecutor(Runnable::run);
        WriteAheadLog log = WriteAheadLog.open(SimulatedLog.DIRECTORY, config,
            new Environment(world, environment.memory(), environment.random(), System::nanoTime, System::currentTimeMillis));
        log.append(new byte[100]);
        log.appendAsync(payload(100)).join();
        world.hook(() -> {
            if (!Thread.currentThread().getName().equals("varve-log")) {
                return;
            }
            isBlocking.countDown();
            try {
                isOver.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        Outcomes outcomes = new Outcomes();
        int taken = 0;
        try {
            log.offer(payload(100), outcomes, null);
            isBlocking.await();
            long startNs = System.nanoTime();
            for (taken = 1; log.offer(payload(10_000), outcomes, null) > 0; taken++) {
                assertThat(taken).isLessThan(1000);
            }
            assertThat(System.nanoTime() - startNs).as("nobody waited").isLessThan(10_000_000_000L);
            assertThat(taken).isGreaterThan(1);
            Outcomes.await(() -> log.health().state() == LogHealth.State.STALLED);
            assertThat(log.health().reason()).contains("log's thread");
        } finally {
            world.hook(() -> { });
            isOver.countDown();
        }
        log.sync();
        int all = taken;
        Outcomes.await(() -> outcomes.appended().size() == all);
        Outcomes.await(() -> log.health().state() == LogHealth.State.OPEN);
        log.close();
    }
}
