package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.aio.request.RequestGroup;
import dev.varve.engine.aio.request.Waiting;
import dev.varve.engine.io.Errno;
import dev.varve.engine.linux.BuildTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows 6, 7 and 10: a submission is taken in whole, in part, or not just now. */
@Timeout(120)
class SubmissionRowsTest {
    private static final long SECOND = 1_000_000_000L;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private String outputOf(ChildJvm program, String... strace) throws IOException, InterruptedException {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        return program.traced(path.resolve("trace"), strace).output();
    }

    private Trace trace() throws IOException {
        return Trace.read(path.resolve("trace"));
    }

    @Test
    void row06TwoHundredAndFiftySixGoInOneCallAndComeBackOnceEach() throws Exception {
        String output = outputOf(ChildJvm.of(RowProgram.class, "one-call", path), "-e", "trace=io_submit");

        assertThat(output).contains("taken 256, reaped 256, distinct 256");
        List<String> calls = trace().matching("io_submit\\(.*PWRITE");
        assertThat(calls).hasSize(1);
        assertThat(calls.getFirst()).contains("256, [").endsWith(" = 256");
        Observed.note(6, "one io_submit of 256 that returned 256; 256 events, each of another request");
    }

    @Test
    void row07ABadDescriptorInTheMiddleFailsAloneAndTheRestGoesOnce() throws Exception {
        String output = outputOf(ChildJvm.of(RowProgram.class, "refused-request", path), "-e", "trace=io_submit");

        assertThat(output.lines()).containsExactly("DONE errno 0", "DONE errno 0", "FAILED EBADF", "DONE errno 0", "DONE errno 0");
        assertSubmittedOnce();
        Observed.note(7, "requests: EBADF for the third of 5; io_submit returned 2, EBADF, 2; no request twice");
    }

    @Test
    void row07TheLogsQueueFailsTheBadOneAlone() throws Exception {
        String output = outputOf(ChildJvm.of(RowProgram.class, "refused-in-queue", path), "-e", "trace=io_submit");

        assertThat(output.lines()).containsExactly("DONE errno 0", "DONE errno 0", "FAILED EBADF", "DONE errno 0", "DONE errno 0");
        assertSubmittedOnce();
        Observed.note(7, "the log's queue: EBADF for the third of 5; io_submit returned 2, EBADF, 2; no request twice");
    }

    /** The five writes went by three calls: two taken, one refused, two taken. */
    private void assertSubmittedOnce() throws IOException {
        List<String> calls = trace().matching("io_submit\\(.*PWRITE");
        assertThat(calls).hasSize(3);
        assertThat(calls.get(0)).contains(", 5, [").endsWith(" = 2");
        assertThat(calls.get(1)).contains(", 3, [").contains(" = -1 EBADF");
        assertThat(calls.get(2)).contains(", 2, [").endsWith(" = 2");
    }

    @Test
    void row10FourThreadsWantMoreThanThereIsRoomForAndLoseNothing() throws Exception {
        AtomicInteger callbacks = new AtomicInteger();
        AtomicInteger inFlightMax = new AtomicInteger();
        try (OpenFile open = new OpenFile(path, 256); AsyncIo io = AsyncIo.open(16, Runnable::run); AsyncFile file = open.in(io);
            ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> futures = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int number = t;
                futures.add(threads.submit(() -> {
                    int done = 0;
                    for (int round = 0; round < 50; round++) {
                        List<Operation> all = IntStream.range(0, 64).mapToObj(i -> open.write(file, number * 64 + i)).toList();
                        RequestGroup group = io.submitAll(all, Waiting.NOWAIT);
                        group.requests().forEach(request -> request.onOver(_ -> callbacks.incrementAndGet()));
                        inFlightMax.accumulateAndGet(io.pending(), Math::max);
                        done += (int) group.future().join().requests().stream().filter(request -> request.result() == OpenFile.BLOCK)
                            .count();
                    }
                    return done;
                }));
            }
            for (Future<Integer> future : futures) {
                assertThat(future.get()).isEqualTo(50 * 64);
            }
            assertThat(io.pending()).isZero();
        }
        assertThat(callbacks).hasValue(4 * 50 * 64);
        assertThat(inFlightMax.get()).isGreaterThan(16);
        Observed.note(10, "depth 16, at most " + inFlightMax + " pending, 12800 done, 12800 callbacks");
    }

    @Test
    void row10AContextTakesNoMoreThanItsDepthBeforeSomeAreReaped() throws IOException {
        try (OpenFile open = new OpenFile(path, 64); SharedContext<Integer> context = SharedContext.open(16)) {
            List<Submission<Integer>> all = IntStream.range(0, 64).mapToObj(open::write).toList();
            List<AioEvent<Integer>> events = new ArrayList<>();
            assertThat(context.submit(all)).isEqualTo(16);
            assertThat(context.submit(all.subList(16, 64))).isEqualTo(-Errno.EAGAIN);
            assertThat(context.reap(events, new ReapLimits(5, 5, 20 * SECOND))).isEqualTo(5);
            assertThat(context.submit(all.subList(16, 64))).isEqualTo(5);
            for (int from = 21; from < 64;) {
                context.reap(events, new ReapLimits(1, 64, 20 * SECOND));
                from += Math.max(0, context.submit(all.subList(from, 64)));
            }
            context.reap(events, new ReapLimits(64 - events.size(), 64, 20 * SECOND));
            assertThat(events).extracting(AioEvent::request).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 64).boxed().toList());
        }
        Observed.note(10, "depth 16: 16 of 64 taken, then EAGAIN; after 5 were reaped 5 more; 64 events, each once");
    }

    @Test
    void row10AKernelThatHasNoRoomAtTimesLosesNothing() throws Exception {
        ChildJvm rounds = ChildJvm.of(RowProgram.class, "rounds", path, 8);
        assertThat(outputOf(rounds, "-e", "trace=io_submit", "-e", "inject=io_submit:error=EAGAIN:when=2"))
            .contains("done 2048 pending 0 failed {}");
        // The tracer counts the calls of each thread: those of the main thread and of the one that reaps.
        assertThat(trace().matching("EAGAIN.*INJECTED").size()).isBetween(1, 2);

        assertThat(outputOf(rounds, "-e", "trace=io_submit", "-e", "inject=io_submit:error=EAGAIN:when=3+3"))
            .contains("done 2048 pending 0");
        int injected = trace().matching("EAGAIN.*INJECTED").size();
        assertThat(injected).isGreaterThan(5);
        Observed.note(10, "EAGAIN injected at call 2 of each thread, then at every third (" + injected + " times): 2048 of 2048 done");
    }

    @Test
    void row10ASubmissionThatASignalInterruptsIsMadeAgainAtOnce() throws Exception {
        assertThat(outputOf(ChildJvm.of(RowProgram.class, "rounds", path, 8), "-e", "trace=io_submit", "-e",
            "inject=io_submit:error=EINTR:when=2+2")).contains("done 2048 pending 0 failed {}");
        int requests = trace().matching("EINTR.*INJECTED").size();
        assertThat(requests).isGreaterThan(5);

        assertThat(outputOf(ChildJvm.of(RowProgram.class, "no-memory", path), "-e", "trace=io_submit", "-e",
            "inject=io_submit:error=EINTR:when=2+2").lines().filter("DONE"::equals)).hasSize(18);
        int inQueue = trace().matching("EINTR.*INJECTED").size();
        assertThat(inQueue).isGreaterThanOrEqualTo(3);
        Observed.note(10, "EINTR injected at every second io_submit: requests, " + requests + " times, 2048 of 2048 done; the log's queue, "
            + inQueue + " times, 18 of 18 done");
    }

    @Test
    void row10WithoutMemoryTheLogsQueueWaitsForWhatIsInFlightAndElseFailsOneByName() throws Exception {
        List<String> lines = outputOf(ChildJvm.of(RowProgram.class, "no-memory", path), "-e", "trace=io_submit", "-e",
            "inject=io_submit:error=ENOMEM:when=3+2").lines().toList();

        // Eight were refused while others were in flight, and are done all the same; the one that was alone is not.
        assertThat(lines).hasSize(19).endsWith("pending 0");
        assertThat(lines.subList(0, 16)).containsOnly("DONE");
        assertThat(lines.get(16)).startsWith("FAILED WRITE of ").contains("ENOMEM: the kernel is out of memory");
        assertThat(lines.get(17)).isEqualTo("DONE");
        assertThat(trace().matching("^io_submit\\(").stream().map(call -> call.replaceAll("(?s).*= (-1 E\\w+|\\d+).*", "$1")))
            .containsExactly("1", "8", "-1 ENOMEM", "8", "-1 ENOMEM", "1");
        Observed.note(10, "ENOMEM injected with 8 in flight: the other 8 went later; with nothing in flight: that one FAILED by ENOMEM, the"
            + " next went");
    }

    @Test
    void aRequestThatTheKernelHadNoRoomForDoesNotWaitForAPollThatNeverEnds() throws Exception {
        String output = outputOf(ChildJvm.of(RowProgram.class, "behind-a-poll", path), "-e", "trace=io_submit", "-e",
            "inject=io_submit:error=EAGAIN:when=2");

        assertThat(trace().matching("PWRITE.*EAGAIN.*INJECTED")).isNotEmpty();
        assertThat(output).isEqualTo("DONE\n");
    }

    @Test
    void row10WithoutMemoryRequestsGoLaterOrFailByNameAndNoneIsLost() throws Exception {
        String output = outputOf(ChildJvm.of(RowProgram.class, "rounds", path, 8), "-e", "trace=io_submit", "-e",
            "inject=io_submit:error=ENOMEM:when=2+3");
        Matcher counts = Pattern.compile("done (\\d+) pending 0 failed \\{ENOMEM=(\\d+)\\}").matcher(output);
        assertThat(counts.find()).as(output).isTrue();
        int failed = Integer.parseInt(counts.group(2));
        int injected = trace().matching("ENOMEM.*INJECTED").size();

        assertThat(Integer.parseInt(counts.group(1)) + failed).isEqualTo(2048);
        // The second call of the thread that submits comes when all of the first round is over: nothing in flight gives memory back.
        assertThat(failed).isBetween(1, injected);
        Observed.note(10, "ENOMEM injected " + injected + " times: " + counts.group(1) + " of 2048 done, " + failed + " FAILED by ENOMEM");
    }
}
