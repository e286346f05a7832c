package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.KernelAioEngine;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.aio.request.AioRequest;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.aio.request.Waiting;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.linux.LinuxFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Row 9: wherever in a batch the bad ones are, each request is submitted exactly once or fails exactly once, and the error is its own. What
 * the kernel did is seen by its own count of completions and by the file.
 */
class RefusedAnywhereRowsTest {
    private static final int TRIES = 150;
    private static final int COUNT_MAX = 48;
    private static final long SECOND = 1_000_000_000L;

    private static OpenFile open;
    private static LinuxFile readOnly;
    private static long requests;
    private static long refusals;
    private static byte life;

    @BeforeContainer
    static void prepare() throws IOException {
        Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target", "files").toAbsolutePath()), "row09");
        open = new OpenFile(folder, COUNT_MAX);
        readOnly = open.openToRead();
    }

    @AfterContainer
    static void cleanUp() throws IOException {
        readOnly.close();
        open.close();
        Files.delete(open.path());
        Files.delete(open.path().getParent());
    }

    /** What memory holds of the next life of the file, all of it to be written but what is refused. */
    private static void fill() {
        life++;
        open.memory().segment().fill(life);
    }

    private static Set<Integer> writtenBlocks(int count) throws IOException {
        byte[] content = Files.readAllBytes(open.path());
        Set<Integer> written = new HashSet<>();
        for (int i = 0; i < count; i++) {
            if (content[i * OpenFile.BLOCK] == life) {
                written.add(i);
            }
        }
        return written;
    }

    private static Set<Integer> positions(List<Boolean> areBad, boolean bad) {
        Set<Integer> positions = new HashSet<>();
        for (int i = 0; i < areBad.size(); i++) {
            if (areBad.get(i) == bad) {
                positions.add(i);
            }
        }
        return positions;
    }

    private static void note(String who, List<Boolean> areBad) {
        requests += areBad.size();
        refusals += positions(areBad, true).size();
        Observed.note(9, who + ": so far " + requests + " requests at random, " + refusals + " of them bad; each once, errors its own");
    }

    /** Nobody was told twice or of anything else, and the file holds what was not refused. */
    private static void check(List<Boolean> areBad, AtomicIntegerArray told, IntFunction<Integer> errnos) throws IOException {
        for (int i = 0; i < areBad.size(); i++) {
            assertThat(told.get(i)).as("completions of request %d", i).isEqualTo(1);
            assertThat(errnos.apply(i)).as("errno of request %d", i).isEqualTo(areBad.get(i) ? Errno.EBADF : 0);
        }
        assertThat(writtenBlocks(areBad.size())).isEqualTo(positions(areBad, false));
    }

    @Property(tries = TRIES)
    void row09TheLogsQueueSubmitsOrFailsEachExactlyOnce(@ForAll @Size(min = 1, max = COUNT_MAX) List<Boolean> areBad) throws IOException {
        fill();
        AtomicIntegerArray told = new AtomicIntegerArray(areBad.size());
        List<IoRequest> all = new ArrayList<>();
        try (IoQueue queue = new IoQueue(KernelAioEngine.open(COUNT_MAX))) {
            for (int i = 0; i < areBad.size(); i++) {
                int index = i;
                IoRequest request = new IoRequest(_ -> told.incrementAndGet(index));
                all.add(request.write(areBad.get(i) ? readOnly : open.file(), OpenFile.offset(i), open.block(i)));
                queue.add(request);
            }
            all.forEach(queue::awaitSettled);
            assertThat(queue.pending()).isZero();
        }
        check(areBad, told, i -> all.get(i).errno());
        note("the log's queue", areBad);
    }

    @Property(tries = TRIES)
    void row09RequestsAreSubmittedOrFailEachExactlyOnce(@ForAll @Size(min = 1, max = COUNT_MAX) List<Boolean> areBad)
        throws IOException, InterruptedException, TimeoutException {
        fill();
        AtomicIntegerArray told = new AtomicIntegerArray(areBad.size());
        List<AioRequest> all;
        try (AsyncIo io = AsyncIo.open(COUNT_MAX, Runnable::run)) {
            AsyncFile file = io.file(open.file());
            AsyncFile bad = io.file(readOnly);
            List<Operation> operations = IntStream.range(0, areBad.size()).mapToObj(i -> open.write(areBad.get(i) ? bad : file, i)).toList();
            all = io.submitAll(operations, Waiting.NOWAIT).requests();
            for (int i = 0; i < all.size(); i++) {
                int index = i;
                all.get(i).onOver(_ -> told.incrementAndGet(index));
                io.awaitAny(List.of(all.get(i)), Duration.ofSeconds(20));
            }
        }
        check(areBad, told, i -> all.get(i).errno());
        note("requests", areBad);
    }

    @Property(tries = TRIES)
    void row09TheKernelCountsAsManyCompletionsAsWereTaken(@ForAll @Size(min = 1, max = COUNT_MAX) List<Boolean> areBad) throws IOException {
        fill();
        AtomicIntegerArray told = new AtomicIntegerArray(areBad.size());
        int[] errnos = new int[areBad.size()];
        try (SharedContext<Integer> context = SharedContext.open(COUNT_MAX); EventCounter counter = EventCounter.open()) {
            List<Submission<Integer>> batch = IntStream.range(0, areBad.size()).mapToObj(i -> new Submission<>(
                Iocb.pwrite((areBad.get(i) ? readOnly : open.file()).descriptor(), open.block(i), OpenFile.offset(i)).withResultCounter(counter), i))
                .toList();
            for (int from = 0; from < batch.size();) {
                int taken = context.submit(batch.subList(from, batch.size()));
                if (taken < 0) {
                    errnos[from] = -taken;
                    told.incrementAndGet(from);
                }
                from += Math.max(1, taken);
            }
            int good = positions(areBad, false).size();
            List<AioEvent<Integer>> events = new ArrayList<>();
            context.reap(events, new ReapLimits(good, COUNT_MAX, 20 * SECOND));
            events.forEach(event -> told.incrementAndGet(event.request()));
            assertThat(context.reap(events, ReapLimits.now(COUNT_MAX))).isZero();
            assertThat(counter.take()).isEqualTo(good);
        }
        check(areBad, told, i -> errnos[i]);
        note("a context", areBad);
    }
}
