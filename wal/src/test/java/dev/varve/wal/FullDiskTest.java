package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Fault 22: a crash on a full disk. The log opens, reads and closes without a free byte, and writes as soon as there is room. */
@Timeout(60)
class FullDiskTest {
    private static final int SEGMENT_LENGTH = 1 << 16;
    private static final ValueLayout.OfInt NUMBER = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(SEGMENT_LENGTH, 20_000)
        .withCommit(new LogConfig.Commit(1 << 14, 0, 50_000_000, 10_000_000_000L));

    /** A log with a few records on a disk without a free byte and without a spare, as a crash has left it. */
    private static SimulatedDisk full(long seed, int records) {
        SimulatedDisk disk = new SimulatedDisk(seed, DiskSettings.quiet());
        SimulatedLog log = SimulatedLog.open(disk, CONFIG, seed);
        for (int i = 0; i < records; i++) {
            int number = i;
            log.turnUntil(() -> log.offer(payload(number), AckLevel.DURABLE, null) > 0);
            log.drain();
        }
        disk.crash();
        dropSpares(disk);
        disk.capacity(0);
        return disk;
    }

    private static void dropSpares(SimulatedDisk disk) {
        List<String> names = new ArrayList<>(disk.damage(SimulatedLog.DIRECTORY).names());
        names.removeIf(name -> name.endsWith(".varve") || name.equals(SegmentName.MANIFEST) || name.equals(SegmentName.LOCK));
        names.forEach(disk.damage(SimulatedLog.DIRECTORY)::remove);
    }

    private static byte[] payload(int number) {
        return ByteBuffer.allocate(3000).putInt(number).array();
    }

    private static int readAll(SimulatedLog log) {
        int count = 0;
        try (Cursor cursor = log.read()) {
            while (cursor.next()) {
                assertThat(cursor.payload().get(NUMBER, 0)).isEqualTo(count);
                count++;
            }
        }
        return count;
    }

    @Test
    void fault22AnOpeningWithoutSpaceHasDecidedReadsAndClosesAndChangesNothing() {
        SimulatedDisk disk = full(1, 5);
        byte[] manifest = disk.damage(SimulatedLog.DIRECTORY).bytes(SegmentName.MANIFEST);
        List<String> names = disk.damage(SimulatedLog.DIRECTORY).names();
        SimulatedLog log = SimulatedLog.open(disk, CONFIG, 2);
        assertThat(log.report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        assertThat(readAll(log)).isEqualTo(5);
        assertThat(log.offer(payload(5), AckLevel.DURABLE, null)).isEqualTo(WriteAheadLog.FULL);
        assertThatThrownBy(() -> log.intake().accept(log.intake().record(AppendOptions.defaults(), MemorySegment.ofArray(payload(5))), null,
            Deadline.NEVER))
            .isInstanceOf(NoSpaceException.class).hasMessageContaining("nothing was written").hasMessageContaining("in log")
            .hasMessageContaining(SEGMENT_LENGTH + " bytes of free space are needed").hasMessageContaining("truncate");
        log.idle(1_000_000_000L);
        assertThat(log.isFailed()).isFalse();
        assertThat(log.close()).isTrue();
        disk.crash();
        assertThat(disk.damage(SimulatedLog.DIRECTORY).bytes(SegmentName.MANIFEST)).isEqualTo(manifest);
        assertThat(disk.damage(SimulatedLog.DIRECTORY).names()).isEqualTo(names);
    }

    @Test
    void fault22AppendsAreTakenUpWithoutReopeningWhenSpaceForOneSegmentReturns() {
        SimulatedDisk disk = full(3, 5);
        SimulatedLog log = SimulatedLog.open(disk, CONFIG, 4);
        assertThat(log.offer(payload(5), AckLevel.DURABLE, null)).isEqualTo(WriteAheadLog.FULL);
        long used = disk.damage(SimulatedLog.DIRECTORY).names().stream()
            .mapToLong(name -> disk.damage(SimulatedLog.DIRECTORY).bytes(name).length).sum();
        disk.capacity(used + SEGMENT_LENGTH);
        log.turnUntil(() -> log.offer(payload(5), AckLevel.DURABLE, null) > 0);
        log.drain();
        assertThat(readAll(log)).isEqualTo(6);
        for (int i = 6; log.offer(payload(i), AckLevel.DURABLE, null) > 0; i++) {
            log.drain();
        }
        assertThat(log.isFailed()).isFalse();
        int count = readAll(log);
        assertThat(count).as("a segment's worth").isGreaterThan(10);
        assertThat(log.close()).isTrue();
        SimulatedLog again = SimulatedLog.open(disk, CONFIG, 5);
        assertThat(again.report().verdict()).isEqualTo(Verdict.CLEAN);
        assertThat(readAll(again)).isEqualTo(count);
        disk.capacity(Long.MAX_VALUE);
        again.turnUntil(() -> again.offer(payload(count), AckLevel.DURABLE, null) > 0);
        again.drain();
        assertThat(again.close()).isTrue();
    }

    @Test
    void fault22TruncatingGivesAFullLogTheSegmentItNeeds() {
        SimulatedDisk disk = full(20, 39);
        SimulatedLog usesWhatWasPrepared = SimulatedLog.open(disk, CONFIG, 20);
        assertThat(usesWhatWasPrepared.offer(payload(39), AckLevel.DURABLE, null)).isPositive();
        usesWhatWasPrepared.drain();
        disk.crash();
        SimulatedLog log = SimulatedLog.open(disk, CONFIG, 21);
        assertThat(log.offer(payload(40), AckLevel.DURABLE, null)).isEqualTo(WriteAheadLog.FULL);
        assertThat(log.parts().health().state()).isEqualTo(LogHealth.State.FULL);
        CompletableFuture<Void> truncated = log.parts().truncation().ask(log.parts().segments().lowest().limitLsn());
        log.turnUntil(() -> log.offer(payload(40), AckLevel.DURABLE, null) > 0);
        log.drain();
        assertThat(truncated).isCompleted();
        assertThat(log.parts().health()).isEqualTo(LogHealth.OPEN);
        disk.crash();
        SimulatedLog again = SimulatedLog.open(disk, CONFIG, 22);
        assertThat(again.report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        try (Cursor cursor = again.read()) {
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.payload().get(NUMBER, 0)).as("the head has moved").isPositive();
            int last = 0;
            do {
                last = cursor.payload().get(NUMBER, 0);
            } while (cursor.next());
            assertThat(last).isEqualTo(40);
        }
    }

    @Test
    void fault22ASpareServesAnOpeningOnAFullDisk() {
        SimulatedDisk disk = full(6, 5);
        disk.damage(SimulatedLog.DIRECTORY).restore(SegmentName.spare(9), new byte[SEGMENT_LENGTH]);
        SimulatedLog log = SimulatedLog.open(disk, CONFIG, 7);
        assertThat(log.offer(payload(5), AckLevel.DURABLE, null)).isPositive();
        log.drain();
        assertThat(readAll(log)).isEqualTo(6);
        assertThat(log.close()).isTrue();
    }

    @Test
    void fault22ALogWithOtherMeasuresOpensOnAFullDiskAndTakesThemUpLater() {
        SimulatedDisk disk = full(8, 5);
        LogConfig other = LogConfig.defaults().withSegmentAndRecordLength(3 * SEGMENT_LENGTH, 40_000)
            .withLimits(new LogConfig.Limits(40_000, 1 << 20, 7));
        SimulatedLog log = SimulatedLog.open(disk, other, 9);
        assertThat(log.offer(payload(5), AckLevel.DURABLE, null)).isEqualTo(WriteAheadLog.FULL);
        disk.capacity(Long.MAX_VALUE);
        for (int i = 5; i < 200; i++) {
            int number = i;
            log.turnUntil(() -> log.offer(payload(number), AckLevel.DURABLE, null) > 0);
        }
        log.drain();
        disk.crash();
        SimulatedLog again = SimulatedLog.open(disk, other, 10);
        assertThat(again.report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        assertThat(readAll(again)).isEqualTo(200);
    }

    @Test
    void fault22ACleanEndStaysCleanWhileThereIsNoSpaceToGoOnBehindIt() {
        SimulatedDisk disk = new SimulatedDisk(11, DiskSettings.quiet());
        SimulatedLog first = SimulatedLog.open(disk, CONFIG, 11);
        first.offer(payload(0), AckLevel.DURABLE, null);
        first.drain();
        assertThat(first.close()).isTrue();
        dropSpares(disk);
        disk.capacity(0);
        LogConfig other = CONFIG.withLimits(new LogConfig.Limits(20_000, 1 << 20, 7));
        for (int i = 0; i < 3; i++) {
            SimulatedLog log = SimulatedLog.open(disk, other, 12 + i);
            assertThat(log.report().verdict()).isEqualTo(Verdict.CLEAN);
            assertThat(log.offer(payload(1), AckLevel.DURABLE, null)).isEqualTo(WriteAheadLog.FULL);
            assertThat(log.close()).isTrue();
        }
    }

    @Test
    void fault22ASyncThatFailsForLackOfSpaceIsAFailedSync() {
        SimulatedDisk disk = full(15, 5);
        disk.capacity(Long.MAX_VALUE);
        disk.faults().fail(Occasion.next(Operation.SYNC, "*.preparing"), Errno.ENOSPC);
        assertThatThrownBy(() -> SimulatedLog.open(disk, CONFIG, 16)).isInstanceOf(NoSpaceException.class);
    }

    /** Opens without space, makes room, appends, closes. Returns how many records were acknowledged at the most. */
    private static int course(SimulatedDisk disk, long seed, int present) {
        int acknowledged = present;
        try {
            SimulatedLog log = SimulatedLog.open(disk, CONFIG, seed);
            assertThat(readAll(log)).isGreaterThanOrEqualTo(present);
            disk.capacity(Long.MAX_VALUE);
            for (int i = readAll(log); i < present + 3 && !disk.isStopped() && !log.isFailed(); i++) {
                int number = i;
                log.turnUntil(() -> log.offer(payload(number), AckLevel.DURABLE, null) > 0);
                log.drain();
                boolean isDurable = !disk.isStopped() && !log.isFailed();
                acknowledged += isDurable ? 1 : 0;
            }
            log.close();
        } catch (PowerCutException e) {
            assertThat(disk.isStopped()).isTrue();
        }
        return acknowledged;
    }

    @Test
    void fault22ACrashAtEveryStepOfAnOpeningWithoutSpaceLosesNothingAndCanBeRepeated() {
        int cuts = 0;
        for (int present : new int[] {1, 5, 14}) {
            SimulatedDisk prepared = full(17, present);
            long seed = 100;
            boolean isCut = true;
            for (int step = 0; isCut; step++) {
                SimulatedDisk disk = prepared.fork(seed++);
                disk.crash();
                disk.capacity(0);
                disk.crashAtStep(disk.steps() + step);
                int acknowledged = course(disk, seed, present);
                isCut = disk.isStopped();
                cuts += isCut ? 1 : 0;
                disk.crashAtStep(Long.MAX_VALUE);
                disk.crash();
                boolean isFullAgain = step % 2 == 0;
                disk.capacity(isFullAgain ? 0 : Long.MAX_VALUE);
                SimulatedLog log = SimulatedLog.open(disk, CONFIG, seed);
                assertThat(log.report().verdict().isOpenable()).as("cut at step %d of %d records", step, present).isTrue();
                int found = readAll(log);
                assertThat(found).as("cut at step %d of %d records", step, present).isGreaterThanOrEqualTo(acknowledged);
                disk.capacity(Long.MAX_VALUE);
                log.turnUntil(() -> log.offer(payload(found), AckLevel.DURABLE, null) > 0);
                log.drain();
                assertThat(readAll(log)).isEqualTo(found + 1);
                assertThat(log.close()).isTrue();
            }
        }
        System.out.println("crashes on a full disk, at every step: " + cuts);
        assertThat(cuts).isGreaterThan(200);
    }
}
