package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Verdict;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole segments are given up at the beginning of a log: what goes, what stays, and where the space is afterwards. */
@Timeout(60)
class TruncationTest {
    private static final long SEGMENT = SegmentedLog.SEGMENT;

    private final SimulatedDisk disk = new SimulatedDisk(11, DiskSettings.quiet());
    private final SegmentedLog log = new SegmentedLog(disk).open();

    @Test
    void wholeSegmentsBelowTheLsnGoAndTheRestStays() {
        List<Long> lsns = log.fill(4).lsns();
        for (int i = 0; i < lsns.size(); i++) {
            long wanted = lsns.get(i);
            SegmentHeader holds = log.parts().segments().containing(wanted);
            log.truncate(wanted);
            assertThat(log.parts().segments().lowest()).as("record %d", i).isEqualTo(holds);
            assertThat(log.read(0)).isEqualTo(log.retained()).contains(wanted);
            assertThat(log.read(wanted)).isEqualTo(lsns.subList(i, lsns.size()));
        }
    }

    @Test
    void theEndOfASegmentIsEnoughToGiveItUpAndAnLsnBeforeItIsNot() {
        log.fill(3);
        SegmentHeader second = log.parts().segments().after(1);
        log.truncate(second.predecessor().endLsn() - 1);
        assertThat(log.parts().segments().lowest().segment()).isEqualTo(1);
        log.truncate(second.predecessor().endLsn());
        assertThat(log.parts().segments().lowest()).isEqualTo(second);
        log.truncate(0);
        assertThat(log.parts().segments().lowest()).as("it never goes back").isEqualTo(second);
    }

    @Test
    void theSegmentBeingWrittenStaysWhateverIsAskedFor() {
        log.fill(2).truncateAll();
        assertThat(log.parts().segments().count()).isEqualTo(1);
        assertThat(log.parts().segments().lowest()).isEqualTo(log.parts().builder().header());
        assertThat(log.read(0)).isEqualTo(log.retained()).isNotEmpty();
        log.append(100);
        assertThat(log.log().close()).isTrue();
        assertThat(log.open().log().report().verdict()).isEqualTo(Verdict.CLEAN);
        assertThat(log.read(0)).isEqualTo(log.retained());
    }

    @Test
    void bothSlotsOfTheManifestNameTheNewBeginningBeforeAnyFileIsTouched() {
        log.fill(3).settle();
        List<String> before = log.names();
        CompletableFuture<Void> done = log.parts().truncation().ask(log.parts().placement().tailLsn());
        long generation = log.parts().recovered().manifest().current().generation();
        log.log().turnUntil(() -> !log.names().equals(before));
        assertThat(log.parts().recovered().manifest().current().generation()).isGreaterThanOrEqualTo(generation + 2);
        assertThat(done.isDone() || log.parts().truncation().isActive()).isTrue();
        for (long slot : List.of(0L, 1L)) {
            SimulatedDisk damaged = disk.fork(5);
            damaged.crash(CrashMode.DROP_UNSYNCED);
            damaged.damage(SimulatedLog.DIRECTORY).garbleBlock(SegmentName.MANIFEST, slot * 16);
            SegmentedLog opened = new SegmentedLog(damaged).open();
            assertThat(opened.parts().segments().lowest().segment()).as("without slot %d", slot).isEqualTo(4);
        }
    }

    @Test
    void givenUpFilesBecomeSparesWhileSomeAreWantedAndTheRestGo() {
        log.fill(6).settle();
        log.truncateAll();
        log.settle();
        assertThat(log.names()).filteredOn(name -> SegmentName.segmentIn(name) > 0).as("the one being written and the next").hasSize(2);
        assertThat(log.allocatedBeyond()).isEqualTo(2 * SEGMENT);
    }

    /** No new file can be made from now on, so that whatever is needed comes from what is given up. */
    private void forbidNewFiles() {
        disk.faults().fail(Occasion.next(Operation.CREATE, "*.preparing").onwards(), Errno.ENOSPC);
    }

    @Test
    void aGivenUpFileLivesOnUnderAnotherNumberAndSalt() {
        log.fill(2).settle();
        forbidNewFiles();
        List<Long> salts = log.parts().recovered().segments().stream().map(SegmentHeader::salt).toList();
        int recycled = 0;
        for (int i = 0; i < 10; i++) {
            log.fill(1);
            SegmentHeader begun = log.parts().builder().header();
            assertThat(salts).doesNotContain(begun.salt());
            recycled += begun.origin().preparation() == Preparation.RECYCLED ? 1 : 0;
            log.truncateAll();
        }
        assertThat(recycled).as("all but those prepared before").isBetween(8, 9);
        assertThat(log.read(0)).isEqualTo(log.retained());
    }

    @Test
    void aSpareThatWasASegmentIsKnownForOneAfterReopening() {
        log.fill(2).settle();
        forbidNewFiles();
        log.fill(1).truncateAll();
        log.fill(1).truncateAll();
        log.settle();
        assertThat(log.log().close()).isTrue();
        disk.faults().clear();
        log.open();
        assertThat(log.parts().recovered().spares()).isNotEmpty()
            .allMatch(spare -> spare.preparation() == Preparation.RECYCLED);
        SegmentedLog fresh = new SegmentedLog(new SimulatedDisk(3, DiskSettings.quiet())).open();
        fresh.settle();
        assertThat(fresh.log().close()).isTrue();
        assertThat(fresh.open().parts().recovered().spares()).isNotEmpty().allMatch(spare -> spare.preparation() == Preparation.ZEROED);
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 20_000})
    void aThousandTruncationsOfOneRecordEachUseUpNeitherSparesNorDisk(int length) {
        long mostBeyond = 0;
        for (int i = 0; i < 1000; i++) {
            long lsn = log.append(length);
            assertThat(lsn).as("record %d", i).isPositive();
            log.truncate(lsn);
            mostBeyond = Math.max(mostBeyond, log.allocatedBeyond());
        }
        assertThat(log.log().isFailed()).isFalse();
        assertThat(mostBeyond).isLessThan(4 * SEGMENT);
        assertThat(log.parts().segments().count()).isLessThanOrEqualTo(2);
        log.settle();
        assertThat(log.parts().allocator().spares()).isEqualTo(1);
        assertThat(log.allocatedBeyond()).isEqualTo(2 * SEGMENT);
    }

    @Test
    void twoHundredCyclesOfTenRecordsAndAKillKeepSpaceBelowFourSegmentsBeyondLiveData() {
        long mostBeyond = 0;
        for (int cycle = 0; cycle < 200; cycle++) {
            for (int i = 0; i < 10; i++) {
                log.append(200);
            }
            log.truncate(log.lsns().getLast());
            mostBeyond = Math.max(mostBeyond, log.allocatedBeyond());
            disk.kill();
            log.open();
            mostBeyond = Math.max(mostBeyond, log.allocatedBeyond());
            assertThat(log.read(0)).isEqualTo(log.retained()).contains(log.lsns().getLast());
            assertThat(log.parts().segments().count()).isLessThanOrEqualTo(3);
        }
        assertThat(mostBeyond).isLessThan(4 * SEGMENT);
    }

    @Test
    void recordsOfAnEarlierLifeNeverAppearAgain() {
        log.fill(2).settle();
        forbidNewFiles();
        for (int i = 0; i < 4; i++) {
            log.fill(1).truncateAll();
        }
        assertThat(log.parts().builder().header().origin().preparation()).isEqualTo(Preparation.RECYCLED);
        log.append(SegmentedLog.RECORD);
        disk.faults().clear();
        disk.crash(CrashMode.KEEP_ALL);
        log.open();
        assertThat(log.log().report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        assertThat(log.log().report().evidence().stop().defect()).as("the earlier life's batch lies there").isEqualTo(Defect.SALT);
        assertThat(log.log().report().evidence().later().headers()).isZero();
        assertThat(log.read(0)).isEqualTo(log.retained()).contains(log.lsns().getLast());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void theLogFailsIfTheManifestCannotBeWrittenAndNoFileIsTouched(long nth) {
        log.fill(3).settle();
        List<String> names = log.names();
        disk.faults().fail(Occasion.nth(Operation.WRITE, SegmentName.MANIFEST, nth), Errno.EIO);
        CompletableFuture<Void> done = log.parts().truncation().ask(log.lsns().getLast());
        log.log().turnUntil(done::isDone);
        for (int i = 0; i < 10; i++) {
            log.log().turn();
        }
        assertThat(log.log().isFailed()).isTrue();
        assertThatThrownBy(done::join).isInstanceOf(CompletionException.class).hasCauseInstanceOf(LogFailedException.class);
        assertThat(log.names()).isEqualTo(names);
        disk.faults().clear();
        disk.crash();
        log.open();
        assertThat(log.parts().segments().lowest().segment()).isIn(1L, 4L);
        assertThat(log.read(0)).isEqualTo(log.retained()).contains(log.lsns().getLast());
    }

    @ParameterizedTest
    @ValueSource(strings = {"DELETE", "RENAME", "OPEN"})
    void aFileThatCannotBeGivenUpStaysAndTheLogGoesOn(String operation) {
        log.fill(5).settle();
        forbidNewFiles();
        log.fill(1);
        disk.faults().fail(Occasion.next(Operation.valueOf(operation), "*.varve").onwards(), Errno.EIO);
        log.truncateAll();
        assertThat(log.log().isFailed()).isFalse();
        disk.faults().clear();
        assertThat(log.allocatedBeyond()).isGreaterThan(4 * SEGMENT);
        log.settle();
        log.fill(1).truncateAll();
        log.settle();
        assertThat(log.allocatedBeyond()).as("the next truncation tries again").isEqualTo(2 * SEGMENT);
        assertThat(log.read(0)).isEqualTo(log.retained());
    }

    @Test
    void whatCouldNotBeGivenUpTheNextOpeningSeesTo() {
        log.fill(6).settle();
        disk.faults().fail(Occasion.next(Operation.DELETE, "*.varve").onwards(), Errno.EIO);
        log.truncateAll();
        assertThat(log.log().close()).isTrue();
        disk.faults().clear();
        log.open().settle();
        assertThat(log.allocatedBeyond()).isEqualTo(2 * SEGMENT);
        assertThat(log.read(0)).isEqualTo(log.retained());
    }

    @Test
    void theLogFailsIfTheDirectoryCannotBeSynced() {
        log.fill(3).settle();
        disk.faults().fail(Occasion.next(Operation.DIRECTORY_SYNC, "*"), Errno.EIO);
        CompletableFuture<Void> done = log.parts().truncation().ask(log.lsns().getLast());
        log.log().turnUntil(done::isDone);
        assertThat(log.log().isFailed()).isTrue();
        log.log().turn();
        assertThatThrownBy(done::join).hasCauseInstanceOf(LogFailedException.class);
    }

    @Test
    void aFullDiskIsGivenSpaceAndTheLogGoesOnByItself() {
        log.fill(1).settle();
        disk.capacity(log.allocated() + SEGMENT + 200_000);
        while (log.append(SegmentedLog.RECORD) > 0) {
            // Until the disk is full.
        }
        assertThat(log.parts().full()).isNotNull();
        int before = log.lsns().size();
        for (int i = 0; i < 20; i++) {
            log.truncate(log.lsns().getLast());
            assertThat(log.append(SegmentedLog.RECORD)).as("append %d", i).isPositive();
        }
        assertThat(log.lsns()).hasSize(before + 20);
        assertThat(log.read(0)).isEqualTo(log.retained());
    }

    @Test
    void whoAsksTogetherIsServedTogether() {
        log.fill(4).settle();
        long writes = log.parts().manifest().writes();
        CompletableFuture<Void> first = log.parts().truncation().ask(log.lsns().get(6));
        CompletableFuture<Void> second = log.parts().truncation().ask(log.lsns().get(2));
        log.log().turnUntil(() -> first.isDone() && second.isDone());
        assertThat(log.parts().segments().lowest()).isEqualTo(log.parts().segments().containing(log.lsns().get(6)));
        assertThat(log.parts().manifest().writes()).isEqualTo(writes + 2);
    }

    @Test
    void closingWaitsForATruncationThatWasAskedFor() {
        log.fill(4).settle();
        CompletableFuture<Void> done = log.parts().truncation().ask(log.lsns().getLast());
        assertThat(log.log().close()).isTrue();
        assertThat(done).isCompleted();
        assertThatThrownBy(() -> log.parts().truncation().askAndAwait(log.lsns().getLast())).isInstanceOf(LogClosedException.class);
        log.open();
        assertThat(log.log().report().verdict()).isEqualTo(Verdict.CLEAN);
        assertThat(log.read(0)).isEqualTo(log.retained());
        assertThat(log.parts().segments().count()).isEqualTo(1);
    }
}
