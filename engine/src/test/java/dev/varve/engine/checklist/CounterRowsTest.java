package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.Epoll;
import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.linux.BuildTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Row 22: completions are counted in an eventfd, and an epoll loop lives on it. */
@Timeout(120)
class CounterRowsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int DEPTH = 64;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private static Submission<Integer> counted(OpenFile open, EventCounter counter, int number) {
        int index = number % DEPTH;
        return new Submission<>(Iocb.pwrite(open.file().descriptor(), open.block(index), OpenFile.offset(index)).withResultCounter(counter), number);
    }

    @Test
    void row22TheCounterStandsAtTheNumberOfCompletions() throws IOException {
        try (OpenFile open = new OpenFile(path, DEPTH); SharedContext<Integer> context = SharedContext.open(DEPTH);
            EventCounter counter = EventCounter.open()) {
            List<Submission<Integer>> all = new ArrayList<>(IntStream.range(0, 40).mapToObj(i -> counted(open, counter, i)).toList());
            all.add(new Submission<>(Iocb.fdsync(open.file().descriptor()).withResultCounter(counter), 40));
            all.add(open.write(41));
            List<AioEvent<Integer>> events = new ArrayList<>();
            assertThat(context.submit(all)).isEqualTo(42);
            assertThat(context.reap(events, new ReapLimits(42, DEPTH, 20 * SECOND))).isEqualTo(42);
            assertThat(counter.take()).isEqualTo(41);
            assertThat(counter.take()).isZero();
        }
        Observed.note(22, "40 writes and an FDSYNC with RESFD, a write without: the counter stood at 41");
    }

    @Test
    void row22AnEpollLoopHandlesTenThousandRequests() throws IOException {
        int wanted = 10_000;
        BitSet seen = new BitSet(wanted);
        long counted = 0;
        int turns = 0;
        int submitted = 0;
        try (OpenFile open = new OpenFile(path, DEPTH); SharedContext<Integer> context = SharedContext.open(DEPTH);
            EventCounter counter = EventCounter.open(); Epoll epoll = new Epoll(4)) {
            epoll.watch(counter.descriptor(), 22);
            while (seen.cardinality() < wanted) {
                List<Submission<Integer>> batch = new ArrayList<>();
                // Two requests in flight never concern the same block: a number is only reused when all before it are over.
                for (int free = DEPTH - context.inFlight(); free == DEPTH && batch.size() < DEPTH && submitted < wanted; submitted++) {
                    batch.add(counted(open, counter, submitted));
                }
                assertThat(context.submit(batch)).isEqualTo(batch.size());
                assertThat(epoll.await(20 * SECOND)).containsExactly(22);
                counted += counter.take();
                List<AioEvent<Integer>> events = new ArrayList<>();
                context.reap(events, ReapLimits.now(DEPTH));
                for (AioEvent<Integer> event : events) {
                    assertThat(event.result()).isEqualTo(OpenFile.BLOCK);
                    assertThat(seen.get(event.request())).isFalse();
                    seen.set(event.request());
                }
                turns++;
            }
            // The kernel adds to the counter after the event is there to be reaped.
            for (int i = 0; i < 100 && counted < wanted && epoll.await(SECOND / 10).length > 0; i++) {
                counted += counter.take();
            }
        }
        assertThat(counted).isEqualTo(wanted);
        Observed.note(22, wanted + " requests, each once, in " + turns + " turns of an epoll loop; counted " + counted);
    }
}
