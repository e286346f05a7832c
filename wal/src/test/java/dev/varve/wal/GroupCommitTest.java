package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Manifest.DurablePlace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Which batches a sync covers, with an engine that completes what the test says, when it says so. */
class GroupCommitTest {
    private static final int K = 4;
    private static final int PART = 256 * 1024;

    private final ScriptedEngine engine = new ScriptedEngine();
    private final IoQueue queue = new IoQueue(engine);
    private final ScriptedEngine.Named file = new ScriptedEngine.Named("segment", 1L << 30);
    private final GroupCommit commit = new GroupCommit(queue, K, DurablePlace.NONE);
    private final MemorySegment memory = Arena.ofAuto().allocate(4L * PART, 4096);
    private int submitted;
    private int block = 1;

    private BatchHeader header(int batch, int blocks) {
        BatchHeader.Content content = new BatchHeader.Content(block, blocks, 1, batch, 1);
        return new BatchHeader(BatchHeader.Kind.DATA, new BatchHeader.Life(5, 1, 7), 1, batch, content, 0, 0, 0, batch * 31, 0);
    }

    private List<IoRequest> submit(int blocks, boolean isDurable) {
        List<IoRequest> before = new ArrayList<>(engine.inFlight());
        BatchHeader header = header(++submitted, blocks);
        block += blocks;
        commit.submit(new GroupCommit.Built(null, header, block * 4096L), file, memory.asSlice(0, blocks * 4096L), isDurable);
        queue.submit();
        List<IoRequest> added = new ArrayList<>(engine.inFlight());
        added.removeAll(before);
        return added;
    }

    private IoRequest sync() {
        assertThat(commit.startSync(file)).isTrue();
        queue.submit();
        IoRequest sync = engine.inFlight().getLast();
        assertThat(sync.kind()).isEqualTo(IoRequest.Kind.DATA_SYNC);
        return sync;
    }

    private void succeed(IoRequest request) {
        engine.succeed(request);
        queue.reap(0, 0);
    }

    private void fail(IoRequest request, int errno) {
        engine.finish(request, -errno);
        queue.reap(0, 0);
    }

    private long advanceAll() {
        while (commit.advance() != null) {
            assertThat(commit.durable().batch()).isLessThanOrEqualTo(submitted);
        }
        return commit.durable().batch();
    }

    @Test
    void aDurableWriteCoversItselfWhenItIsReapedAndNotBefore() {
        IoRequest write = submit(1, true).getFirst();
        assertThat(write.isDurable()).isTrue();
        assertThat(commit.startSync(file)).isFalse();
        assertThat(advanceAll()).isZero();
        engine.succeed(write);
        assertThat(advanceAll()).as("not reaped yet").isZero();
        queue.reap(0, 0);
        assertThat(commit.startSync(file)).as("needs no sync").isFalse();
        assertThat(advanceAll()).isEqualTo(1);
        assertThat(commit.durable().batch()).isEqualTo(1);
        assertThat(commit.durable().segment()).isEqualTo(7);
        assertThat(commit.durable().block()).isEqualTo(1);
        assertThat(commit.syncs()).isEqualTo(1);
    }

    @Test
    void aSyncCoversOnlyWhatWasReapedBeforeItWasSubmitted() {
        IoRequest first = submit(1, false).getFirst();
        IoRequest second = submit(1, false).getFirst();
        assertThat(commit.startSync(file)).as("nothing is written yet").isFalse();
        succeed(first);
        IoRequest sync = sync();
        succeed(second);
        assertThat(commit.startSync(file)).as("one sync at a time").isFalse();
        succeed(sync);
        assertThat(advanceAll()).isEqualTo(1);
        succeed(sync());
        assertThat(advanceAll()).isEqualTo(2);
        assertThat(commit.syncs()).isEqualTo(2);
    }

    @Test
    void theDurableEndNeverPassesABatchThatIsNotCovered() {
        IoRequest first = submit(1, false).getFirst();
        IoRequest second = submit(1, false).getFirst();
        succeed(second);
        succeed(sync());
        assertThat(advanceAll()).isZero();
        assertThat(commit.advanceWritten()).as("nor is it told as written").isNull();
        succeed(first);
        assertThat(commit.advanceWritten().header().batch()).isEqualTo(1);
        assertThat(commit.advanceWritten().header().batch()).isEqualTo(2);
        assertThat(commit.advanceWritten()).isNull();
        succeed(sync());
        assertThat(advanceAll()).isEqualTo(2);
    }

    @Test
    void aBatchOfSeveralWritesIsCoveredByASyncBehindItsLastOne() {
        List<IoRequest> writes = submit(130, false);
        assertThat(writes).extracting(IoRequest::length).containsExactly((long) PART, (long) PART, 2 * 4096L);
        assertThat(writes).extracting(IoRequest::offset).containsExactly(4096L, 4096L + PART, 4096L + 2 * PART);
        succeed(writes.get(2));
        succeed(writes.get(0));
        assertThat(commit.startSync(file)).isFalse();
        succeed(writes.get(1));
        succeed(sync());
        assertThat(advanceAll()).isEqualTo(1);
    }

    @Test
    void shortWritesAreContinuedAndTheBatchIsNotWrittenBefore() {
        IoRequest write = submit(2, true).getFirst();
        engine.finish(write, 4096);
        queue.reap(0, 0);
        assertThat(advanceAll()).isZero();
        queue.submit();
        assertThat(engine.inFlight()).containsExactly(write);
        succeed(write);
        assertThat(advanceAll()).isEqualTo(1);
    }

    @Test
    void atMostKBatchesAreUnsynced() {
        for (int i = 0; i < K; i++) {
            assertThat(commit.hasRoom()).isTrue();
            submit(1, false);
        }
        assertThat(commit.hasRoom()).isFalse();
        assertThat(commit.unsynced()).isEqualTo(K);
        succeed(engine.inFlight().getFirst());
        succeed(sync());
        assertThat(advanceAll()).isEqualTo(1);
        assertThat(commit.hasRoom()).isTrue();
    }

    @Test
    void aFailedWriteIsKnownWithBatchAndSegmentAndCoversNothing() {
        IoRequest write = submit(1, true).getFirst();
        fail(write, Errno.EIO);
        assertThat(commit.failure()).hasMessageContaining("batch 1 at block 1 of segment 0000000000000007.varve")
            .hasMessageContaining("EIO");
        assertThat(commit.failure().errno()).isEqualTo(Errno.EIO);
        assertThat(advanceAll()).isZero();
        assertThat(commit.abandon().header().batch()).isEqualTo(1);
        assertThat(commit.abandon()).isNull();
        assertThat(commit.durable().batch()).isZero();
    }

    @Test
    void oneFailedWriteOfSeveralSpoilsTheBatch() {
        List<IoRequest> writes = submit(70, false);
        fail(writes.get(0), Errno.EIO);
        succeed(writes.get(1));
        assertThat(commit.failure()).isNotNull();
        assertThat(commit.startSync(file)).isFalse();
        assertThat(advanceAll()).isZero();
    }

    @Test
    void aFailedSyncCoversNothingAndIsNotForgotten() {
        succeed(submit(1, false).getFirst());
        fail(sync(), Errno.EIO);
        assertThat(commit.failure().errno()).isEqualTo(Errno.EIO);
        assertThat(advanceAll()).isZero();
        assertThat(commit.syncs()).isZero();
    }

    @Test
    void anAbandonedBatchIsNotGivenBackWhileTheKernelHasIt() {
        List<IoRequest> writes = submit(70, false);
        fail(writes.get(0), Errno.EIO);
        assertThat(commit.abandon()).isNull();
        succeed(writes.get(1));
        assertThat(commit.abandon()).isNotNull();
    }

    /** Against a model: what was reaped when the last successful sync was submitted. */
    @Test
    void whateverTheOrderOfCompletionsTheDurableEndIsTheLongestCoveredPrefix() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("group commit seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        Map<IoRequest, Integer> owners = new HashMap<>();
        Map<Integer, Integer> pending = new HashMap<>();
        Set<Integer> durableInThemselves = new HashSet<>();
        Set<Integer> covered = new HashSet<>();
        Set<Integer> inSync = new HashSet<>();
        IoRequest sync = null;
        for (int step = 0; step < 20_000; step++) {
            int choice = random.nextInt(4);
            if (choice == 0 && commit.hasRoom() && block < 200_000) {
                boolean isDurable = random.nextInt(3) == 0;
                List<IoRequest> writes = submit(isDurable ? 1 : 1 + random.nextInt(2) * 64, isDurable);
                writes.forEach(write -> owners.put(write, submitted));
                pending.put(submitted, writes.size());
                if (isDurable) {
                    durableInThemselves.add(submitted);
                }
            } else if (choice == 1 && sync == null) {
                inSync.clear();
                pending.forEach((batch, count) -> {
                    if (count == 0 && !covered.contains(batch)) {
                        inSync.add(batch);
                    }
                });
                assertThat(commit.startSync(file)).isEqualTo(!inSync.isEmpty());
                queue.submit();
                sync = inSync.isEmpty() ? null : engine.inFlight().getLast();
            } else if (choice >= 2 && !engine.inFlight().isEmpty()) {
                IoRequest done = engine.inFlight().get(random.nextInt(engine.inFlight().size()));
                succeed(done);
                if (done == sync) {
                    covered.addAll(inSync);
                    sync = null;
                } else {
                    int batch = owners.remove(done);
                    if (pending.merge(batch, -1, Integer::sum) == 0 && durableInThemselves.contains(batch)) {
                        covered.add(batch);
                    }
                }
            }
            int expected = (int) commit.durable().batch();
            while (covered.contains(expected + 1)) {
                expected++;
            }
            assertThat(advanceAll()).isEqualTo(expected);
        }
        assertThat(commit.durable().batch()).isGreaterThan(1000);
    }
}
