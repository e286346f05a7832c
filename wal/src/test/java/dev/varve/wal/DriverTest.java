package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the driver does and when, turn by turn: closing of batches, levels, the anchor, rolls, the manifest, the clean end. */
@Timeout(60)
class DriverTest {
    private static final long ANCHOR_NS = 50_000_000;
    private static final long DELAY_NS = 2_000_000;

    private final SimulatedDisk disk = new SimulatedDisk(51, DiskSettings.quiet());
    private final LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
        .withCommit(new LogConfig.Commit(1 << 13, DELAY_NS, ANCHOR_NS, 10_000_000_000L));
    private final SimulatedLog log = SimulatedLog.open(disk, config, 51);
    private final Outcomes outcomes = new Outcomes();

    private long offer(AckLevel level) {
        return offer(100, level);
    }

    private long offer(int length, AckLevel level) {
        long lsn = log.offer(new byte[length], level, outcomes);
        assertThat(lsn).isPositive();
        return lsn;
    }

    /** Turns until everything that a new log prepares is prepared. */
    private void settle() {
        log.turnUntil(() -> log.parts().roll().offered() != null && log.parts().manifest().isUpToDate()
            && log.parts().allocator().spares() == 1 && !log.parts().allocator().isBusy());
    }

    private Manifest manifest() {
        return log.parts().recovered().manifest().current();
    }

    @Test
    void aLoneRecordIsWrittenAtOnceByOneDurableWrite() {
        settle();
        long startNs = disk.nowNs();
        offer(AckLevel.DURABLE);
        log.drain();
        assertThat(disk.nowNs() - startNs).as("one request, no delay").isLessThan(DELAY_NS);
        assertThat(log.parts().counters().snapshot().batches()).isEqualTo(1);
        assertThat(log.parts().counters().snapshot().syncs()).isEqualTo(1);
    }

    @Test
    void whileABatchIsUnsyncedRecordsGatherInTheNextUntilItIsCovered() {
        settle();
        offer(AckLevel.DURABLE);
        log.turn();
        for (int i = 0; i < 20; i++) {
            offer(AckLevel.DURABLE);
        }
        log.turn();
        assertThat(log.parts().commit().unsynced()).isEqualTo(1);
        log.drain();
        assertThat(log.parts().counters().snapshot().batches()).as("twenty shared a commit").isEqualTo(2);
    }

    @Test
    void aFullBatchIsNotHeldBackAndAtMostKAreUnsynced() {
        settle();
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        for (int i = 0; i < 40; i++) {
            if (log.offer(new byte[1000], AckLevel.DURABLE, outcomes) > 0) {
                log.turn();
            }
            assertThat(log.parts().commit().unsynced()).isLessThanOrEqualTo(4);
        }
        assertThat(log.parts().commit().unsynced()).isEqualTo(4);
        assertThat(outcomes.appended()).as("nothing behind the one that hangs").isEmpty();
        disk.faults().release();
        log.drain();
        assertThat(outcomes.appended()).hasSize(40);
    }

    @Test
    void theDelayEndsTheGatheringEvenIfTheBatchBeforeHangs() {
        settle();
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        offer(AckLevel.DURABLE);
        log.turn();
        offer(AckLevel.DURABLE);
        log.turn();
        assertThat(log.parts().commit().unsynced()).isEqualTo(1);
        log.idle(2 * DELAY_NS);
        assertThat(log.parts().commit().unsynced()).isEqualTo(2);
        disk.faults().release();
        log.drain();
    }

    @Test
    void levelsAreToldInTheirOrder() {
        settle();
        long isProtected = offer(AckLevel.PROTECTED);
        long isDurable = offer(AckLevel.DURABLE);
        long isWritten = offer(AckLevel.WRITTEN);
        log.turnUntil(() -> outcomes.appended().size() == 3);
        assertThat(outcomes.appended()).extracting(Appended::lsn).containsExactly(isWritten, isDurable, isProtected);
    }

    @Test
    void aWrittenRecordIsToldBeforeItsSync() {
        settle();
        disk.faults().hang(Occasion.next(Operation.DATA_SYNC, "*1.varve"));
        offer(AckLevel.DURABLE);
        log.turn();
        long lsn = offer(8000, AckLevel.WRITTEN);
        offer(8000, AckLevel.DURABLE);
        log.turnUntil(() -> outcomes.appended().stream().anyMatch(appended -> appended.lsn() == lsn));
        assertThat(log.parts().position().durableLsn()).isLessThanOrEqualTo(lsn);
        disk.faults().release();
        log.drain();
        assertThat(log.parts().position().durableLsn()).isGreaterThan(lsn);
    }

    @Test
    void aReaderDoesNotSeeWhatIsWrittenAndNotSynced() {
        settle();
        disk.faults().hang(Occasion.next(Operation.DATA_SYNC, "*1.varve"));
        long durable = offer(AckLevel.DURABLE);
        log.turn();
        long written = offer(8000, AckLevel.DURABLE);
        offer(8000, AckLevel.DURABLE);
        log.turnUntil(() -> log.parts().position().endLsn(AckLevel.WRITTEN) > written);
        assertThat(log.parts().position().durableLsn()).isBetween(durable, written);
        try (Cursor cursor = log.read()) {
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.lsn()).isEqualTo(durable);
            assertThat(cursor.next()).isFalse();
            disk.faults().release();
            log.drain();
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.lsn()).isEqualTo(written);
        }
    }

    @Test
    void theManifestNamesTheLastBatchAfterAnIdleWhile() {
        settle();
        offer(AckLevel.DURABLE);
        log.drain();
        long batch = log.parts().commit().durable().batch();
        long startNs = disk.nowNs();
        log.idle(ANCHOR_NS / 2);
        assertThat(manifest().durable().batch()).isLessThan(batch);
        log.turnUntil(() -> manifest().durable().batch() == batch);
        assertThat(disk.nowNs() - startNs).isBetween(ANCHOR_NS, 2 * ANCHOR_NS);
        assertThat(manifest().durable()).isEqualTo(log.parts().commit().durable());
        long writes = log.parts().manifest().writes();
        log.idle(10 * ANCHOR_NS);
        assertThat(log.parts().manifest().writes()).as("once is enough").isEqualTo(writes);
        assertThat(log.parts().counters().snapshot().anchors()).isEqualTo(writes);
    }

    @Test
    void theManifestNamesNoBatchThatIsNotSynced() {
        settle();
        offer(AckLevel.DURABLE);
        log.drain();
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        offer(AckLevel.DURABLE);
        log.idle(3 * ANCHOR_NS);
        assertThat(log.parts().commit().unsynced()).isEqualTo(1);
        assertThat(manifest().durable().batch()).isLessThanOrEqualTo(1);
        disk.faults().release();
        log.drain();
        log.turnUntil(() -> manifest().durable().batch() == 2);
    }

    @Test
    void protectionComesWithTheManifestAtOnceIfTheLogIsIdle() {
        settle();
        long startNs = disk.nowNs();
        offer(AckLevel.PROTECTED);
        log.turnUntil(() -> manifest().durable().batch() == 1);
        assertThat(disk.nowNs() - startNs).isLessThan(ANCHOR_NS / 2);
        assertThat(outcomes.appended()).isEmpty();
        log.turn();
        assertThat(outcomes.appended()).hasSize(1);
        assertThat(manifest().durable()).isEqualTo(log.parts().commit().durable());
    }

    @Test
    void protectionComesWithALaterDurableHeaderIfTheLogIsBusy() {
        settle();
        disk.faults().hang(Occasion.next(Operation.WRITE, "MANIFEST"));
        long lsn = offer(AckLevel.PROTECTED);
        log.drain();
        for (int i = 0; i < 3; i++) {
            offer(AckLevel.DURABLE);
            log.drain();
        }
        assertThat(outcomes.appended()).extracting(Appended::lsn).contains(lsn);
        disk.faults().release();
    }

    @Test
    void noPlaceIsGivenOutInASegmentThatTheManifestDoesNotNameAndNoneWithoutASpareBehindIt() {
        assertThat(log.parts().roll().offered()).isNull();
        for (int i = 0; log.parts().roll().offered() == null && i < 10_000; i++) {
            log.turn();
        }
        SegmentPlace next = log.parts().roll().offered();
        assertThat(next.segment()).isEqualTo(2);
        assertThat(manifest().highestSegment()).isGreaterThanOrEqualTo(2);
        assertThat(log.parts().allocator().spares()).isGreaterThanOrEqualTo(1);
    }

    @Test
    void aRollSealsWithEverythingDurableAndTheHeaderSaysWhatAppendersWereTold() {
        settle();
        SegmentPlace told = log.parts().roll().offered();
        SegmentHeader before = log.parts().builder().header();
        while (log.parts().roll().rolls() == 0) {
            if (log.offer(new byte[3000], AckLevel.DURABLE, outcomes) < 0) {
                log.turn();
            }
            log.turn();
            if (log.parts().roll().isActive()) {
                assertThat(log.parts().builder().header()).as("nothing is built in the next before it is begun").isEqualTo(before);
            }
        }
        SegmentHeader begun = log.parts().builder().header();
        assertThat(SegmentPlace.of(begun)).isEqualTo(told);
        assertThat(begun.predecessor().segment()).isEqualTo(1);
        assertThat(begun.predecessor().batch()).isEqualTo(begun.baseBatch() - 1);
        assertThat(log.parts().segments().count()).isEqualTo(2);
        assertThat(log.parts().segments().lowest().segment()).isEqualTo(1);
        assertThat(log.parts().segments().after(1)).isEqualTo(begun);
        assertThat(log.parts().segments().after(2)).isNull();
        assertThat(log.parts().segments().containing(0).segment()).isEqualTo(1);
        assertThat(log.parts().segments().containing(begun.baseLsn() - 1).segment()).isEqualTo(1);
        assertThat(log.parts().segments().containing(begun.baseLsn()).segment()).isEqualTo(2);
        assertThat(log.parts().segments().containing(begun.limitLsn())).isNull();
        log.drain();
    }

    @Test
    void noSegmentIsBegunWhileABatchOfTheOneBeforeItIsNotSynced() {
        settle();
        while (!log.parts().roll().isActive()) {
            // Of whichever batch comes last before the roll, or of its SEAL, the write hangs.
            disk.faults().clear();
            disk.faults().release();
            disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
            log.offer(new byte[3000], AckLevel.DURABLE, outcomes);
            log.turn();
        }
        log.idle(10 * DELAY_NS);
        assertThat(log.parts().commit().unsynced()).isPositive();
        assertThat(log.parts().builder().header().segment()).isEqualTo(1);
        assertThat(disk.damage(SimulatedLog.DIRECTORY).bytes("0000000000000002.varve")).containsOnly(0);
        disk.faults().release();
        log.drain();
        assertThat(log.parts().builder().header().segment()).isEqualTo(2);
    }

    @Test
    void theCleanEndIsACloseBatchThatTheManifestNames() {
        settle();
        offer(AckLevel.DURABLE);
        assertThat(log.close()).isTrue();
        assertThat(manifest().cleanClose()).isTrue();
        assertThat(manifest().durable()).isEqualTo(log.parts().commit().durable());
        assertThat(manifest().durable().batch()).isEqualTo(2);
        disk.crash();
        SimulatedLog again = SimulatedLog.open(disk, config, 52);
        assertThat(again.report().verdict()).isEqualTo(Verdict.CLEAN);
        assertThat(again.parts().recovered().manifest().current().cleanClose()).isFalse();
    }

    @Test
    void closingWaitsForARollThatIsUnderWay() {
        settle();
        List<Long> lsns = new ArrayList<>();
        for (int i = 0; !log.parts().roll().isActive() && i < 10_000; i++) {
            long lsn = log.offer(new byte[3000], AckLevel.DURABLE, outcomes);
            if (lsn > 0) {
                lsns.add(lsn);
            }
            log.turn();
        }
        assertThat(log.parts().roll().isActive()).isTrue();
        assertThat(log.close()).isTrue();
        assertThat(outcomes.appended()).extracting(Appended::lsn).isEqualTo(lsns);
        SimulatedLog again = SimulatedLog.open(disk, config, 53);
        assertThat(again.report().verdict()).isEqualTo(Verdict.CLEAN);
    }

    @Test
    void aLogThatIsClosedAndOpenedManyTimesEndsCleanlyEachTimeWhateverItsSegmentsFill() {
        assertThat(log.close()).isTrue();
        for (int life = 0; life < 60; life++) {
            SimulatedLog next = SimulatedLog.open(disk, config, 100 + life);
            assertThat(next.report().verdict()).as("life %d", life).isEqualTo(Verdict.CLEAN);
            if (life % 4 == 0) {
                assertThat(next.offer(new byte[5000], AckLevel.DURABLE, null)).isPositive();
            }
            assertThat(next.close()).as("life %d", life).isTrue();
        }
    }
}
