package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.SegmentAllocator.Resources;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class SegmentAllocatorTest {
    private static final int CHUNK = 65536;
    private static final long LENGTH = 4L * CHUNK;
    private static final long RETRY_NS = 200_000_000L;

    private final Deque<Runnable> housekeeping = new ArrayDeque<>();
    private OnDisk on = new OnDisk(1);
    private long nowNs;

    private SegmentAllocator allocator(int spareTarget) {
        Resources resources = new Resources(on.directory(), on.queue(), housekeeping::add, OnDisk.memory(CHUNK));
        return new SegmentAllocator(resources, LENGTH, spareTarget);
    }

    /** One step, and what it waits for. */
    private boolean step(SegmentAllocator allocator, boolean yielding) {
        boolean isWorked = allocator.step(nowNs, yielding);
        if (!housekeeping.isEmpty()) {
            housekeeping.remove().run();
            isWorked = true;
        }
        on.queue().submit();
        return on.queue().reap(0, 0) > 0 || isWorked;
    }

    private void run(SegmentAllocator allocator) {
        int idle = 0;
        for (int i = 0; i < 1000 && idle < 20; i++) {
            idle = step(allocator, false) ? 0 : idle + 1;
            on.disk().advance(1_000_000);
        }
        assertThat(allocator.isBusy()).isFalse();
    }

    private List<String> names() {
        return on.disk().damage(OnDisk.PATH).names();
    }

    @Test
    void shouldPrepareTheNextSegmentThenASpare() {
        SegmentAllocator allocator = allocator(1);
        allocator.want(3);
        run(allocator);
        on.disk().crash(CrashMode.DROP_UNSYNCED);

        assertThat(names()).containsExactly("0000000000000002.spare", "0000000000000003.varve");
        assertThat(on.bytes("0000000000000003.varve", 0, (int) LENGTH).mismatch(OnDisk.memory((int) LENGTH))).isEqualTo(-1);
        assertThat(allocator.next().segment()).isEqualTo(3);
        assertThat(allocator.next().preparation()).isEqualTo(Preparation.ZEROED);
        assertThat(allocator.next().file().length()).isEqualTo(LENGTH);
        assertThat(allocator.isReady()).isTrue();
        assertThat(allocator.spares()).isEqualTo(1);
        assertThat(allocator.wakeAtNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void shouldDoNothingWhenNothingIsWanted() {
        SegmentAllocator allocator = allocator(0);

        assertThat(allocator.step(nowNs, false)).isFalse();
        assertThat(names()).isEmpty();
        assertThat(allocator.next()).isNull();
        assertThat(allocator.isReady()).isFalse();
    }

    @Test
    void shouldWriteZerosChunkByChunkAndYield() {
        SegmentAllocator allocator = allocator(1);
        step(allocator, false);
        assertThat(step(allocator, true)).as("the file is created").isTrue();
        for (int chunk = 0; chunk < 4; chunk++) {
            assertThat(allocator.zeroed()).isEqualTo((long) chunk * CHUNK);
            for (int i = 0; i < 3; i++) {
                assertThat(allocator.step(nowNs, true)).as("the log's own writes go first").isFalse();
            }
            assertThat(on.queue().pending()).isZero();
            assertThat(allocator.step(nowNs, false)).isTrue();
            assertThat(allocator.isBusy()).isTrue();
            assertThat(allocator.step(nowNs, false)).as("one chunk at a time").isFalse();
            assertThat(on.queue().pending()).isEqualTo(1);
            settle();
        }
        assertThat(allocator.step(nowNs, true)).as("the sync does not yield").isTrue();
        settle();
        run(allocator);
        assertThat(names()).containsExactly("0000000000000001.spare");
    }

    private void settle() {
        for (int i = 0; on.queue().pending() > 0 && i < 100; i++) {
            on.queue().submit();
            on.queue().reap(1, 1_000_000);
        }
        assertThat(on.queue().pending()).isZero();
    }

    @Test
    void shouldGiveAFileItsNameOnlyWhenItsContentIsSynced() {
        on.disk().faults().hang(Occasion.next(Operation.SYNC, "*"));
        SegmentAllocator allocator = allocator(0);
        allocator.want(1);
        for (int i = 0; i < 50; i++) {
            step(allocator, false);
            on.disk().advance(1_000_000);
        }
        assertThat(names()).containsExactly("0000000000000001.preparing");

        on.disk().faults().release();
        run(allocator);
        assertThat(names()).containsExactly("0000000000000001.varve");
    }

    @Test
    void shouldNotBeReadyBeforeASpareRemainsForRecovery() {
        SegmentAllocator allocator = allocator(1);
        allocator.want(1);
        while (allocator.next() == null) {
            step(allocator, false);
            on.disk().advance(1_000_000);
        }
        assertThat(allocator.isReady()).isFalse();

        run(allocator);
        assertThat(allocator.isReady()).isTrue();
    }

    @Test
    void shouldNameASpareAtOnce() {
        SegmentAllocator allocator = allocator(1);
        run(allocator);
        allocator.want(8);
        assertThat(step(allocator, true)).isTrue();
        step(allocator, true);

        assertThat(allocator.next().segment()).isEqualTo(8);
        assertThat(names()).containsExactly("0000000000000008.varve");
        assertThat(allocator.spares()).isZero();
    }

    @Test
    void shouldNeverNameAnotherFileAsTheOneItHandedOut() {
        SegmentAllocator allocator = allocator(2);
        allocator.want(1);
        run(allocator);
        PreparedSegment taken = allocator.takeNext();
        SegmentStarter starter = new SegmentStarter(on.queue(), OnDisk.memory(OnDisk.BLOCK));
        starter.start(taken.file(), SegmentStarter.origin(GoldenLog.ID,
            new SegmentStarter.NewLife(1, 1, new Geometry(4096, (int) (LENGTH / 4096), 4, 8), GoldenLog.FIRST.origin())));
        starter.await();
        run(allocator);

        assertThat(allocator.next()).isNull();
        assertThat(SegmentHeaderDescriptor.check(on.bytes(SegmentName.of(1), 0, 4096), 0)).as("still the file that was begun")
            .isEqualTo(Defect.NONE);
        allocator.want(2);
        run(allocator);
        assertThat(allocator.next().segment()).isEqualTo(2);
    }

    @Test
    void shouldOnlyAllocateWhenTheWriterIsInAHurry() {
        SegmentAllocator allocator = allocator(1);
        allocator.want(1);
        step(allocator, false);
        step(allocator, false);
        step(allocator, false);
        allocator.hurry();
        run(allocator);

        assertThat(allocator.zeroed()).isZero();
        assertThat(allocator.next().preparation()).isEqualTo(Preparation.ALLOCATED);
        assertThat(allocator.isReady()).isTrue();
        allocator.takeNext();
        allocator.want(2);
        run(allocator);
        assertThat(allocator.next().preparation()).as("a spare of the hurry").isEqualTo(Preparation.ALLOCATED);
        allocator.takeNext();
        allocator.want(3);
        run(allocator);
        assertThat(allocator.next().preparation()).as("no hurry any more").isEqualTo(Preparation.ZEROED);
    }

    @Test
    void shouldWaitForSpaceAndGoOnByItself() {
        on.disk().capacity(LENGTH);
        SegmentAllocator allocator = allocator(1);
        allocator.want(1);
        run(allocator);
        assertThat(allocator.next().segment()).isEqualTo(1);
        assertThat(allocator.noSpace().errno()).isEqualTo(Errno.ENOSPC);
        assertThat(allocator.wakeAtNs()).isEqualTo(nowNs + RETRY_NS);
        assertThat(names()).containsExactly("0000000000000001.varve");

        on.disk().capacity(4 * LENGTH);
        nowNs += RETRY_NS - 1;
        assertThat(allocator.step(nowNs, false)).as("not before the delay is over").isFalse();
        nowNs++;
        run(allocator);
        assertThat(allocator.noSpace()).isNull();
        assertThat(allocator.spares()).isEqualTo(1);
    }

    @Test
    void shouldNameASpareWhileThereIsNoSpace() {
        SegmentAllocator allocator = allocator(1);
        run(allocator);
        on.disk().capacity(0);
        allocator.want(5);
        run(allocator);

        assertThat(allocator.next().segment()).isEqualTo(5);
        assertThat(allocator.noSpace()).isNotNull();
        assertThat(allocator.isReady()).isFalse();
    }

    @Test
    void shouldDiscardAFileThatCannotBeWritten() {
        for (int errno : new int[] {Errno.EIO, Errno.ENOSPC}) {
            on = new OnDisk(errno);
            on.disk().faults().fail(Occasion.nth(Operation.WRITE, "*.preparing", 3), errno);
            SegmentAllocator allocator = allocator(1);
            run(allocator);
            assertThat(names()).isEmpty();
            assertThat(allocator.noSpace().errno()).isEqualTo(errno);
            assertThat(allocator.noSpace()).hasMessageContaining(Errno.name(errno));

            nowNs += RETRY_NS;
            run(allocator);
            assertThat(names()).containsExactly("0000000000000002.spare");
            assertThat(allocator.noSpace()).isNull();
        }
    }

    @Test
    void shouldTryAgainWhenAFileCannotBeCreated() {
        on.disk().faults().fail(Occasion.next(Operation.CREATE, "*"), Errno.EIO);
        SegmentAllocator allocator = allocator(1);
        run(allocator);
        assertThat(allocator.noSpace().errno()).isEqualTo(Errno.EIO);
        assertThat(allocator.spares()).isZero();

        nowNs += RETRY_NS;
        run(allocator);
        assertThat(allocator.spares()).isEqualTo(1);
    }

    @Test
    void shouldFailForGoodWhenASyncFails() {
        for (Operation operation : List.of(Operation.SYNC, Operation.DIRECTORY_SYNC, Operation.RENAME)) {
            on = new OnDisk(3);
            housekeeping.clear();
            on.disk().faults().fail(Occasion.next(operation, "*"), Errno.EIO);
            SegmentAllocator allocator = allocator(1);

            assertThatThrownBy(() -> run(allocator)).as("%s", operation).isInstanceOfSatisfying(IoFailureException.class,
                e -> assertThat(e.errno()).isEqualTo(Errno.EIO));
            assertThat(allocator.spares()).isZero();
        }
    }

    @Test
    void shouldAdoptWhatWasPreparedBefore() {
        IoFile spare = on.directory().create(SegmentName.spare(0x20), LENGTH);
        IoFile named = on.directory().create(SegmentName.of(7), LENGTH);
        on.directory().sync();
        SegmentAllocator allocator = allocator(2);
        allocator.adopt(SegmentName.spare(0x20), spare, Preparation.ZEROED);
        allocator.adopt(new PreparedSegment(7, named, Preparation.ALLOCATED));

        assertThat(allocator.isReady()).isTrue();
        assertThat(allocator.takeNext()).isEqualTo(new PreparedSegment(7, named, Preparation.ALLOCATED));
        allocator.want(8);
        run(allocator);
        assertThat(allocator.next().file()).isSameAs(spare);
        assertThat(names()).as("numbers of spares go on behind the highest")
            .containsExactly("0000000000000007.varve", "0000000000000008.varve", "0000000000000021.spare", "0000000000000022.spare");
    }

    @Test
    void shouldCloseWhereverItStands() {
        for (int steps = 0; steps < 60; steps++) {
            on = new OnDisk(steps);
            housekeeping.clear();
            SegmentAllocator allocator = allocator(2);
            allocator.want(1);
            for (int i = 0; i < steps; i++) {
                step(allocator, false);
                on.disk().advance(1_000_000);
            }
            settle();
            allocator.close();

            assertThat(names()).as("after %d steps", steps).noneMatch(SegmentName::isPreparing);
        }
    }

    @Test
    void shouldLeaveOnlyWholeFilesUnderFinalNamesWheneverThePowerIsCut() {
        int named = 0;
        for (int seed = 0; seed < 120; seed++) {
            on = new OnDisk(new SimulatedDisk(seed));
            housekeeping.clear();
            on.disk().crashAtStep(on.disk().steps() + 2 + seed);
            try {
                SegmentAllocator allocator = allocator(1);
                allocator.want(1);
                run(allocator);
            } catch (PowerCutException e) {
                assertThat(on.disk().isStopped()).isTrue();
            }
            on.disk().crash();
            on.reopen();
            for (String name : names()) {
                if (SegmentName.segmentIn(name) > 0 || SegmentName.spareIn(name) > 0) {
                    named++;
                    try (IoFile file = on.directory().open(name, Access.READ)) {
                        assertThat(file.length()).as("%s, %s", name, on.disk()).isEqualTo(LENGTH);
                    }
                    assertThat(on.bytes(name, 0, (int) LENGTH).mismatch(OnDisk.memory((int) LENGTH))).as("%s, %s", name, on.disk())
                        .isEqualTo(-1);
                }
            }
        }
        assertThat(named).as("files that got their name").isPositive();
    }
}
