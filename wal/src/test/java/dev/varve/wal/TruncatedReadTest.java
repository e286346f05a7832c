package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.OvertakenException;
import dev.varve.recovery.RecordReader;
import dev.varve.recovery.Recovery;
import dev.varve.recovery.RecoveryOptions.Progress;
import dev.varve.recovery.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers whose segments are given up: they go on, or learn where the log begins; they skip nothing and see nothing of a later life. */
@Timeout(60)
class TruncatedReadTest {
    private final SimulatedDisk disk = new SimulatedDisk(13, DiskSettings.quiet());
    private final SegmentedLog log = new SegmentedLog(disk).open();

    /** From now on each file that is given up lives on as a segment. */
    private void forbidNewFiles() {
        disk.faults().fail(Occasion.next(Operation.CREATE, "*.preparing").onwards(), Errno.ENOSPC);
    }

    /** Gives up all that can be, and lets the files live on. */
    private void recycle() {
        log.settle();
        forbidNewFiles();
        log.truncateAll();
        for (int i = 0; i < 4; i++) {
            log.fill(1).truncateAll();
        }
        assertThat(log.parts().builder().header().origin().preparation()).isEqualTo(Preparation.RECYCLED);
    }

    private void isOvertaken(Runnable read, long wantedLsn) {
        assertThatThrownBy(read::run).isInstanceOfSatisfying(OvertakenException.class, overtaken -> {
            assertThat(overtaken.firstLsn()).isEqualTo(log.parts().segments().headLsn());
            assertThat(overtaken.wantedLsn()).as("its block").isBetween(wantedLsn - BatchHeaderDescriptor.LENGTH, wantedLsn);
        }).hasMessageContaining("LSN " + log.parts().segments().headLsn());
    }

    @Test
    void aCursorThatBeginsBelowTheHeadLearnsWhereTheLogBeginsNow() {
        log.fill(3);
        long gone = log.lsns().getFirst();
        log.truncateAll();
        long headLsn = log.parts().segments().headLsn();
        try (Cursor cursor = log.log().read(gone)) {
            isOvertaken(cursor::next, gone);
            isOvertaken(cursor::next, gone);
        }
        assertThat(log.read(headLsn)).isEqualTo(log.retained()).isNotEmpty();
        assertThat(log.read(0)).as("from wherever it begins").isEqualTo(log.retained());
    }

    @Test
    void aCursorInASegmentThatIsGivenUpDeliversTheBatchItHasReadAndThenThrows() {
        log.fill(3);
        try (Cursor cursor = log.log().read(0)) {
            for (int i = 0; i < 2; i++) {
                assertThat(cursor.next()).isTrue();
            }
            recycle();
            isOvertaken(cursor::next, log.lsns().get(2));
        }
    }

    @Test
    void aCursorThatHasSeenAllRecordsThatWereGivenUpGoesOn() {
        log.fill(1);
        int first = log.lsns().size() - 1;
        List<Long> seen = new ArrayList<>();
        try (Cursor cursor = log.log().read(0)) {
            for (int i = 0; i < first; i++) {
                assertThat(cursor.next()).isTrue();
                seen.add(cursor.lsn());
            }
            assertThat(log.parts().segments().lowest().predecessor().exists()).isFalse();
            log.truncateAll();
            while (cursor.next()) {
                seen.add(cursor.lsn());
            }
            assertThat(seen).isEqualTo(log.lsns());
            log.fill(1);
            while (cursor.next()) {
                seen.add(cursor.lsn());
            }
            log.truncateAll();
            log.fill(1);
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.lsn()).isEqualTo(log.lsns().get(seen.size()));
        }
    }

    @Test
    void aCursorAtTheEndThatSleptThroughTwoSegmentsIsOvertakenAndDoesNotWaitForEver() {
        log.append(100);
        try (Cursor cursor = log.log().read(0)) {
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.next()).isFalse();
            log.fill(3).truncateAll();
            assertThatThrownBy(cursor::next).isInstanceOf(OvertakenException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 9})
    void aReaderWithoutTheLockIsOvertakenAndSeesNothingOfALaterLife(int read) {
        log.fill(4);
        try (Directory directory = disk.openDirectory(SimulatedLog.DIRECTORY, false)) {
            IoQueue queue = new IoQueue(disk.openEngine(8));
            Recovery.Resources resources = new Recovery.Resources(queue, MemorySource.collected(), new SplittableRandom(1));
            Inspection inspection = Recovery.inspect(directory, resources, new InspectionOptions(false, Progress.NONE));
            assertThat(inspection.report().verdict()).isEqualTo(Verdict.LIVE);
            try (RecordReader reader = RecordReader.open(directory, resources, inspection.chain(), log.lsns().getFirst())) {
                for (int i = 0; i < read; i++) {
                    assertThat(reader.next()).isTrue();
                    assertThat(reader.lsn()).isEqualTo(log.lsns().get(i));
                }
                recycle();
                int[] next = {read};
                assertThatThrownBy(() -> {
                    while (reader.next()) {
                        // What it had asked for before the file lived on is as good as ever.
                        assertThat(reader.lsn()).isEqualTo(log.lsns().get(next[0]++));
                    }
                }).isInstanceOfSatisfying(OvertakenException.class,
                    overtaken -> assertThat(overtaken.firstLsn()).isEqualTo(log.parts().segments().headLsn()));
                assertThat(next[0]).isLessThan(log.lsns().indexOf(log.retained().getFirst()));
            }
            queue.close();
        }
    }

    @Test
    void aReaderWithoutTheLockThatWantsAllBeginsWhereTheLogBeginsByThen() {
        log.fill(4);
        log.append(100);
        try (Directory directory = disk.openDirectory(SimulatedLog.DIRECTORY, false)) {
            IoQueue queue = new IoQueue(disk.openEngine(8));
            Recovery.Resources resources = new Recovery.Resources(queue, MemorySource.collected(), new SplittableRandom(1));
            Inspection inspection = Recovery.inspect(directory, resources, new InspectionOptions(false, Progress.NONE));
            log.truncateAll();
            try (RecordReader reader = RecordReader.open(directory, resources, inspection.chain(), 0)) {
                assertThat(reader.next()).isTrue();
                assertThat(reader.lsn()).isEqualTo(log.retained().getFirst());
            }
            queue.close();
        }
    }

    @Test
    void anInspectionOfALogWhoseSegmentsAreGivenUpMeanwhileFindsItWhole() {
        log.fill(4);
        try (Directory directory = disk.openDirectory(SimulatedLog.DIRECTORY, false)) {
            IoQueue queue = new IoQueue(disk.openEngine(8));
            Recovery.Resources resources = new Recovery.Resources(queue, MemorySource.collected(), new SplittableRandom(1));
            int[] calls = {0};
            Progress recycling = (done, total) -> {
                if (calls[0]++ == 1) {
                    recycle();
                }
            };
            Inspection inspection = Recovery.inspect(directory, resources, new InspectionOptions(true, recycling));
            assertThat(calls[0]).isGreaterThan(1);
            assertThat(inspection.report().verdict()).as(inspection.report().detail()).isEqualTo(Verdict.LIVE);
            assertThat(inspection.report().warnings()).isEmpty();
            queue.close();
        }
    }
}
