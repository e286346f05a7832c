package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.engine.simulation.Unfriendliness;
import dev.varve.recovery.RefusedLogException;
import dev.varve.recovery.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The fault model, number by number, where no other test has the number: what goes wrong, and what the log guarantees nevertheless. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DiskFaultsTest {
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
        .withLimits(new LogConfig.Limits(20_000, 1 << 20, 4)).withCommit(new LogConfig.Commit(1 << 14, 0, 50_000_000, 1_000_000_000L));
    private static final String FIRST = "0000000000000001.varve";
    private static final int BLOCK = 4096;

    private SimulatedDisk disk = new SimulatedDisk(7, DiskSettings.quiet());

    private SimulatedLog open() {
        return SimulatedLog.open(disk, CONFIG, 7);
    }

    /** Appends records one after the other, each a batch of its own, while the log lets it; the LSNs of those acknowledged. */
    private static List<Long> append(SimulatedLog log, int count) {
        Outcomes outcomes = new Outcomes();
        for (int i = 0; i < count && !log.isFailed(); i++) {
            log.turnUntil(() -> log.offer(new byte[1000], AckLevel.DURABLE, outcomes) > 0);
            log.drain();
        }
        for (int i = 0; i < 20; i++) {
            log.turn();
        }
        return outcomes.appended().stream().map(Appended::lsn).toList();
    }

    private static List<Long> read(SimulatedLog log, long fromLsn) {
        List<Long> lsns = new ArrayList<>();
        try (Cursor cursor = log.read(fromLsn)) {
            while (cursor.next()) {
                lsns.add(cursor.lsn());
            }
        }
        return lsns;
    }

    private void end(SimulatedLog log) {
        log.intake().close();
        log.driver().beginClosing();
        for (int i = 0; i < 10_000 && !log.isEnded(); i++) {
            log.turn();
        }
        assertThat(log.isEnded()).as("close returns").isTrue();
        log.release();
    }

    private void checkReopened(List<Long> acknowledged) {
        disk.faults().clear();
        disk.crash();
        SimulatedLog again = open();
        assertThat(read(again, 0)).containsAll(acknowledged);
        assertThat(append(again, 2)).hasSize(2);
        end(again);
    }

    @Test
    void fault18AnUnreadableBlockIsATypedErrorForItsRecordAndTheOthersAreRead() {
        SimulatedLog log = open();
        List<Long> lsns = append(log, 35);
        disk.damage(SimulatedLog.DIRECTORY).unreadable(FIRST, 3 * BLOCK, BLOCK);
        assertThatThrownBy(() -> read(log, 0)).hasMessageContaining("EIO").hasMessageContaining(FIRST);
        assertThat(read(log, lsns.get(20))).isEqualTo(lsns.subList(20, 35));
        assertThat(append(log, 1)).as("the writer keeps going").hasSize(1);
        String last = SegmentName.of(log.parts().builder().header().segment());
        disk.damage(SimulatedLog.DIRECTORY).unreadable(last, BLOCK, BLOCK);
        disk.crash();
        RefusedLogException refusal = catchThrowableOfType(RefusedLogException.class, this::open);
        assertThat(refusal.report().verdict()).as("never the end of the log").isIn(Verdict.UNREADABLE, Verdict.UNDECIDABLE);
    }

    @Test
    void fault19AndW6AFailedWriteFailsTheLogAndIsNotTriedAgain() {
        SimulatedLog log = open();
        List<Long> acknowledged = append(log, 3);
        disk.faults().fail(Occasion.next(Operation.WRITE, FIRST), Errno.EIO);
        assertThat(append(log, 1)).isEmpty();
        assertThat(log.isFailed()).isTrue();
        long writes = disk.faults().calls(Operation.WRITE);
        assertThat(log.offer(new byte[1], AckLevel.DURABLE, null)).isEqualTo(WriteAheadLog.FAILED);
        end(log);
        assertThat(disk.faults().calls(Operation.WRITE)).isEqualTo(writes);
        checkReopened(acknowledged);
    }

    @Test
    void fault20FailedSyncFailsTheLogForGoodAndNoLaterSyncAcknowledgesAnything() {
        SimulatedLog log = open();
        List<Long> acknowledged = append(log, 3);
        disk.faults().fail(Occasion.next(Operation.DATA_SYNC, "*"), Errno.EIO);
        Outcomes outcomes = new Outcomes();
        int taken = 0;
        for (int i = 0; i < 10_000 && !log.isFailed(); i++) {
            taken += log.offer(new byte[5000], AckLevel.DURABLE, outcomes) > 0 ? 1 : 0;
            log.turn();
        }
        assertThat(log.isFailed()).isTrue();
        int told = outcomes.appended().size();
        long syncs = disk.faults().calls(Operation.DATA_SYNC);
        end(log);
        assertThat(outcomes.appended()).hasSize(told);
        assertThat(outcomes.failures()).hasSize(taken - told);
        assertThat(disk.faults().calls(Operation.DATA_SYNC)).as("syncs tried after the failure").isEqualTo(syncs);
        checkReopened(acknowledged);
    }

    @Test
    void fault21AShortWriteIsContinuedAndOneThatGetsNoFurtherIsAnError() {
        SimulatedLog log = open();
        for (long bytes : new long[] {0, 512, BLOCK - 1, BLOCK}) {
            disk.faults().shorten(Occasion.next(Operation.WRITE, FIRST), bytes);
            assertThat(append(log, 1)).as("%d bytes", bytes).hasSize(1);
        }
        disk.faults().shorten(Occasion.next(Operation.WRITE, FIRST).onwards(), 0);
        assertThat(append(log, 1)).isEmpty();
        assertThat(log.isFailed()).isTrue();
        end(log);
        checkReopened(List.of());
    }

    @Test
    void w7NothingIsWrittenToASegmentBeforeItsHeaderIsDurable() {
        SimulatedLog log = open();
        disk.faults().hang(Occasion.next(Operation.WRITE, "*2.varve"));
        Outcomes outcomes = new Outcomes();
        int taken = 0;
        for (int turn = 0; turn < 2000; turn++) {
            taken += log.offer(new byte[3000], AckLevel.DURABLE, outcomes) > 0 ? 1 : 0;
            log.turn();
        }
        assertThat(log.parts().roll().isActive()).isTrue();
        assertThat(outcomes.appended().size()).isPositive().isLessThan(taken);
        long baseLsn = log.parts().segments().lowest().limitLsn();
        assertThat(outcomes.appended()).allSatisfy(appended -> assertThat(appended.lsn()).isLessThan(baseLsn));
        disk.faults().release();
        int all = taken;
        log.turnUntil(() -> outcomes.appended().size() == all);
        end(log);
    }

    @Test
    void w9BuffersAreTheKernelsUntilItGivesThemBackEvenIfTheLogHasFailed() {
        SimulatedLog log = open();
        List<Long> acknowledged = append(log, 3);
        disk.faults().hang(Occasion.next(Operation.WRITE, FIRST));
        log.offer(new byte[100], AckLevel.DURABLE, null);
        log.turn();
        log.driver().fail(new IllegalStateException("for the test"));
        log.intake().close();
        log.driver().beginClosing();
        for (int i = 0; i < 100; i++) {
            log.turn();
        }
        assertThat(log.isEnded()).isFalse();
        assertThat(log.parts().buffers().lent()).isPositive();
        disk.faults().release();
        end(log);
        assertThat(log.parts().buffers().lent()).isZero();
        checkReopened(acknowledged);
    }

    @Test
    void fault23And24And25PutOffPartlyTakenAndInterruptedSubmissionsLoseNothingAndKeepTheOrder() {
        for (int seed = 0; seed < 20; seed++) {
            disk = new SimulatedDisk(seed, DiskSettings.of(Unfriendliness.swarm(seed)));
            SimulatedLog log = open();
            for (int nth = 1; nth < 40; nth += 2) {
                disk.faults().fail(Occasion.nth(Operation.SUBMIT, "*", nth), nth % 4 == 1 ? Errno.EAGAIN : Errno.EINTR);
                disk.faults().fail(Occasion.nth(Operation.REAP, "*", 2L * nth), Errno.EINTR);
            }
            List<Long> lsns = append(log, 20);
            assertThat(lsns).hasSize(20).isSorted();
            assertThat(read(log, 0)).isEqualTo(lsns);
            end(log);
        }
    }

    @Test
    void fault23WhatIsPutOffForEverIsAnErrorInTheEnd() {
        SimulatedLog log = open();
        List<Long> acknowledged = append(log, 3);
        disk.faults().fail(Occasion.next(Operation.SUBMIT, "*").onwards(), Errno.EAGAIN);
        assertThat(append(log, 1)).isEmpty();
        assertThat(log.parts().position().failure()).hasMessageContaining("EAGAIN");
        end(log);
        checkReopened(acknowledged);
    }

    @Test
    void fault26ARefusedEngineIsATypedErrorAndLeavesNoFile() {
        disk.faults().fail(Occasion.next(Operation.OPEN_ENGINE, "*"), Errno.EAGAIN);
        assertThatThrownBy(this::open).isInstanceOf(StorageContractException.class).hasMessageContaining("EAGAIN");
        assertThat(disk.faults().calls(Operation.OPEN_DIRECTORY)).isZero();
        assertThat(disk.faults().calls(Operation.CREATE)).isZero();
        end(open());
    }

    @Test
    void fault27NothingIsAcknowledgedInASegmentWhoseNameIsNotDurable() {
        SimulatedLog log = open();
        append(log, 1);
        disk.faults().fail(Occasion.next(Operation.DIRECTORY_SYNC, "*"), Errno.EIO);
        List<Long> acknowledged = append(log, 60);
        assertThat(log.isFailed()).isTrue();
        assertThat(log.parts().roll().rolls()).isLessThanOrEqualTo(1);
        end(log);
        checkReopened(acknowledged);
    }

    @Test
    void fault28AClockThatStopsJumpsOrGoesBackChangesNothingButTimes() {
        for (long stride : new long[] {0, 3_600_000_000_000L, -1_000_000_000L}) {
            disk = new SimulatedDisk(9, DiskSettings.quiet());
            AtomicLong now = new AtomicLong(Long.MAX_VALUE - 10_000_000_000L);
            AtomicLong wall = new AtomicLong();
            Environment broken = new Environment(disk, MemorySource.collected(), new SplittableRandom(3), () -> now.addAndGet(stride),
                () -> wall.addAndGet(-1_000_000));
            SimulatedLog log = SimulatedLog.open(disk, CONFIG, broken);
            List<Long> lsns = append(log, 40);
            assertThat(lsns).as("stride %d", stride).hasSize(40);
            disk.crash();
            SimulatedLog again = open();
            assertThat(again.report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
            assertThat(read(again, 0)).isEqualTo(lsns);
        }
    }

    @Test
    void fault30AReadOnlyFileSystemOrALostPermissionFailsTheLogWhichIsStillRead() {
        for (int errno : new int[] {Errno.EROFS, Errno.EACCES}) {
            disk = new SimulatedDisk(errno, DiskSettings.quiet());
            SimulatedLog log = open();
            List<Long> acknowledged = append(log, 3);
            disk.faults().fail(Occasion.next(Operation.CREATE, "*").onwards(), errno);
            disk.faults().fail(Occasion.next(Operation.WRITE, "*").onwards(), errno);
            append(log, 30);
            assertThat(log.parts().position().failure()).hasMessageContaining(Errno.name(errno));
            assertThat(read(log, 0)).containsAll(acknowledged);
            end(log);
            disk.faults().fail(Occasion.next(Operation.LOCK, "*").onwards(), errno);
            assertThatThrownBy(this::open).hasMessageContaining(Errno.name(errno));
            checkReopened(acknowledged);
        }
    }

    @Test
    void fault30ASegmentThatMayNotBeCreatedIsNotWaitedFor() {
        SimulatedLog log = open();
        append(log, 3);
        log.idle(1_000_000_000L);
        disk.faults().fail(Occasion.next(Operation.CREATE, "*").onwards(), Errno.EACCES);
        append(log, 60);
        assertThat(log.parts().position().failure()).hasMessageContaining("EACCES");
        end(log);
    }

    @Test
    void fault31AfterAStormOfErrorsTheLogHasFailedWithinOneCompletionAndCloseReturns() {
        SimulatedLog log = open();
        List<Long> acknowledged = append(log, 3);
        for (Operation operation : List.of(Operation.READ, Operation.WRITE, Operation.SYNC, Operation.DATA_SYNC, Operation.CREATE,
            Operation.RENAME, Operation.DELETE, Operation.DIRECTORY_SYNC, Operation.OPEN, Operation.LIST)) {
            disk.faults().fail(Occasion.next(operation, "*").onwards(), Errno.ENODEV);
        }
        Outcomes outcomes = new Outcomes();
        assertThat(log.offer(new byte[100], AckLevel.DURABLE, outcomes)).isPositive();
        log.turnUntil(log::isFailed);
        assertThat(log.parts().position().failure()).hasMessageContaining("ENODEV");
        log.turn();
        assertThat(outcomes.failures()).hasSize(1);
        end(log);
        checkReopened(acknowledged);
    }

    @Test
    void fault37ABitThatFlipsInMemoryBeforeItIsWrittenIsFoundWhenTheRecordIsReadAndByRecovery() {
        SimulatedLog log = open();
        List<Long> lsns = append(log, 8);
        disk.damage(SimulatedLog.DIRECTORY).flipBit(FIRST, 3 * BLOCK + 200, 3);
        assertThatThrownBy(() -> read(log, 0)).hasMessageContaining(FIRST);
        assertThat(read(log, lsns.get(4))).hasSize(4);
        disk.crash();
        RefusedLogException refusal = catchThrowableOfType(RefusedLogException.class, this::open);
        assertThat(refusal.report().verdict()).isEqualTo(Verdict.CORRUPT);
    }
}
