package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.segment.SegmentAllocator.Resources;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class SegmentRecyclerTest {
    private static final int CHUNK = 65536;
    private static final long LENGTH = 2L * CHUNK;

    private final Deque<Runnable> housekeeping = new ArrayDeque<>();
    private final OnDisk on = new OnDisk(1);
    private final Resources resources = new Resources(on.directory(), on.queue(), housekeeping::add, OnDisk.memory(CHUNK));
    private final SegmentAllocator allocator = new SegmentAllocator(resources, LENGTH, 1);
    private final SegmentRecycler recycler = new SegmentRecycler(resources, allocator);

    private void dropped(long segment, long length) {
        on.directory().create(SegmentName.of(segment), length).close();
        on.directory().sync();
        recycler.free(segment);
    }

    private void runRecycler() {
        for (int i = 0; i < 1000 && !recycler.isIdle(); i++) {
            recycler.step();
            while (!housekeeping.isEmpty()) {
                housekeeping.remove().run();
            }
        }
        assertThat(recycler.isIdle()).isTrue();
        assertThat(recycler.isBusy()).isFalse();
    }

    private void runAllocator() {
        int idle = 0;
        for (int i = 0; i < 1000 && idle < 20; i++) {
            boolean isWorked = allocator.step(i, false);
            while (!housekeeping.isEmpty()) {
                housekeeping.remove().run();
                isWorked = true;
            }
            on.queue().submit();
            isWorked |= on.queue().reap(0, 0) > 0;
            idle = isWorked ? 0 : idle + 1;
            on.disk().advance(1_000_000);
        }
        assertThat(allocator.isBusy()).isFalse();
    }

    private List<String> names() {
        return on.disk().damage(OnDisk.PATH).names();
    }

    @Test
    void shouldMakeSparesWhileSomeAreWantedAndDeleteTheRestDurably() {
        for (long segment = 1; segment <= 5; segment++) {
            dropped(segment, LENGTH);
        }
        runRecycler();
        assertThat(allocator.spares()).as("one to keep and one for the next segment").isEqualTo(2);
        on.disk().crash(CrashMode.DROP_UNSYNCED);
        assertThat(names()).containsExactly("0000000000000001.spare", "0000000000000002.spare");
    }

    @Test
    void shouldGiveTheNextSegmentAFileThatSaysWhatItWas() {
        dropped(1, LENGTH);
        dropped(2, LENGTH);
        runRecycler();
        allocator.want(3);
        runAllocator();
        assertThat(allocator.takeNext()).extracting(PreparedSegment::segment, PreparedSegment::preparation)
            .containsExactly(3L, Preparation.RECYCLED);
        assertThat(names()).as("nothing was made").containsExactly("0000000000000002.spare", "0000000000000003.varve");
    }

    @Test
    void shouldDeleteAFileOfAnotherLength() {
        dropped(1, LENGTH + CHUNK);
        runRecycler();
        assertThat(allocator.spares()).isZero();
        assertThat(names()).isEmpty();
    }

    @Test
    void shouldGiveUpAFileInWorkWhenOneThatWasFreedTakesItsPlace() {
        allocator.want(9);
        runAllocator();
        allocator.takeNext();
        allocator.want(10);
        runAllocator();
        assertThat(allocator.takeNext()).isNotNull();
        allocator.want(11);
        while (allocator.zeroed() == 0 || allocator.next() == null) {
            allocator.step(0, false);
            while (!housekeeping.isEmpty()) {
                housekeeping.remove().run();
            }
            on.queue().submit();
            on.queue().reap(1, 1_000_000);
        }
        assertThat(names()).anyMatch(SegmentName::isPreparing);
        dropped(1, LENGTH);
        runRecycler();
        assertThat(allocator.spares()).isEqualTo(1);
        runAllocator();
        assertThat(names()).noneMatch(SegmentName::isPreparing);
        assertThat(allocator.spares()).isEqualTo(1);
        assertThat(allocator.noSpace()).as("that was no lack of space").isNull();
    }

    @Test
    void shouldDeleteSparesBeyondTheTarget() {
        allocator.want(9);
        runAllocator();
        for (long number = 30; number < 34; number++) {
            allocator.adopt(SegmentName.spare(number), on.directory().create(SegmentName.spare(number), LENGTH), Preparation.ZEROED);
        }
        runAllocator();
        assertThat(allocator.spares()).isEqualTo(1);
        assertThat(names()).hasSize(2);
    }

    @Test
    void shouldTryAgainWithTheNextOnesWhatCouldNotBeDone() {
        on.disk().faults().fail(Occasion.next(Operation.RENAME, "*1.varve"), Errno.EIO);
        dropped(1, LENGTH);
        runRecycler();
        assertThat(names()).containsExactly("0000000000000001.varve");
        assertThat(allocator.spares()).isZero();
        dropped(2, LENGTH);
        runRecycler();
        assertThat(allocator.spares()).isEqualTo(2);
        assertThat(names()).noneMatch(name -> SegmentName.segmentIn(name) > 0);
    }

    @Test
    void shouldBeContentWithAFileThatIsGone() {
        recycler.free(7);
        runRecycler();
        dropped(8, LENGTH);
        runRecycler();
        assertThat(allocator.spares()).isEqualTo(1);
    }

    @Test
    void shouldFailWhenTheDirectoryCannotBeSynced() {
        on.directory().create(SegmentName.of(1), LENGTH).close();
        on.directory().sync();
        on.disk().faults().fail(Occasion.next(Operation.DIRECTORY_SYNC, "*"), Errno.EIO);
        recycler.free(1);
        assertThatThrownBy(this::runRecycler).isInstanceOf(IoFailureException.class).hasMessageContaining("EIO");
        recycler.close();
        allocator.close();
    }
}
