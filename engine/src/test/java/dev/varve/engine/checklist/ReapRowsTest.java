package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import dev.varve.engine.aio.request.CancelOutcome;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.Syscalls;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows 11 to 15 and 17: events are waited for, interrupted, cancelled and read. */
@Timeout(120)
class ReapRowsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MS = 1_000_000L;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private final List<AioEvent<Integer>> events = new ArrayList<>();

    private static long timeOf(IntSupplier call, int expected) {
        long startNs = System.nanoTime();
        assertThat(call.getAsInt()).isEqualTo(expected);
        return (System.nanoTime() - startNs) / MS;
    }

    @Test
    void row11ABatchOfAnySizeIsReapedFromMinToMaxAndTheRestStays() throws IOException {
        int batches = 0;
        try (OpenFile open = new OpenFile(path, 64); SharedContext<Integer> context = SharedContext.open(64)) {
            for (int count = 1; count <= 64; count++) {
                assertThat(context.submit(IntStream.range(0, count).mapToObj(open::write).toList())).isEqualTo(count);
                int min = (count + 1) / 2;
                int max = Math.min(count, min + 3);
                events.clear();
                assertThat(context.reap(events, new ReapLimits(min, max, 20 * SECOND))).isBetween(min, max);
                assertThat(context.inFlight()).isEqualTo(count - events.size());
                if (events.size() < count) {
                    context.reap(events, new ReapLimits(count - events.size(), 64, 20 * SECOND));
                }
                assertThat(events).extracting(AioEvent::request)
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, count).boxed().toList());
                batches++;
            }
            assertThat(context.reap(events, ReapLimits.now(64))).isZero();
        }
        Observed.note(11, batches + " batches of 1 to 64: never fewer than min or more than max, the rest with the next call");
    }

    @Test
    void row12OnlyAWaitForSomethingWithATimeBlocks() {
        try (SharedContext<Integer> context = SharedContext.open(4); KernelAioEngine engine = KernelAioEngine.open(4)) {
            long none = timeOf(() -> context.reap(events, new ReapLimits(0, 4, 20 * SECOND)), 0);
            long noTime = timeOf(() -> context.reap(events, new ReapLimits(1, 4, 0)), 0);
            long aTime = timeOf(() -> context.reap(events, new ReapLimits(1, 4, 200 * MS)), 0);
            long ofTheLog = timeOf(() -> engine.reap(new IoRequest[4], 1, 200 * MS), 0);

            assertThat(none).isLessThan(2000);
            assertThat(noTime).isLessThan(2000);
            assertThat(aTime).isBetween(199L, 5000L);
            assertThat(ofTheLog).isBetween(199L, 5000L);
            Observed.note(12, "min 0: 0 after " + none + " ms; timeout 0: 0 after " + noTime + " ms; min 1 and 200 ms: 0 after " + aTime
                + " ms, the log's engine after " + ofTheLog + " ms");
        }
    }

    @Test
    void row13AWaitWithoutEndIsEndedByClosing() throws InterruptedException {
        SharedContext<Integer> context = SharedContext.open(4);
        AtomicLong result = new AtomicLong(-1);
        Thread waiting = Thread.ofPlatform().start(() -> result.set(context.reap(events, new ReapLimits(1, 4, Long.MAX_VALUE))));
        Thread.sleep(200);
        assertThat(waiting.isAlive()).isTrue();
        long startNs = System.nanoTime();
        context.close();
        waiting.join(20_000);
        assertThat(waiting.isAlive()).isFalse();
        assertThat(result).hasValue(0);
        Observed.note(13, "a wait of 292 years: 0 events, " + (System.nanoTime() - startNs) / 1000 + " us after the close");
    }

    @Test
    void row13TheTimeIsRelativeAndNotWrittenBack() {
        Syscalls calls = Syscalls.open();
        long context = calls.ioSetup(1);
        assertThat(context).isPositive();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment timespec = arena.allocate(ValueLayout.JAVA_LONG, 2);
            timespec.setAtIndex(ValueLayout.JAVA_LONG, 1, 60 * MS);
            long took = timeOf(() -> calls.ioGetevents(context, 1, 1, arena.allocate(32, 8).address(), timespec.address()), 0);

            assertThat(took).isGreaterThanOrEqualTo(59);
            assertThat(timespec.toArray(ValueLayout.JAVA_LONG)).containsExactly(0, 60 * MS);
            Observed.note(13, "60 ms: 0 events after " + took + " ms, the timespec still 0 s 60000000 ns");
        } finally {
            calls.ioDestroy(context);
        }
    }

    @Test
    void row13ANegativeTimeIsRefusedAlthoughTheKernelWouldWaitForEver() throws IOException {
        try (OpenFile open = new OpenFile(path, 4); AsyncIo io = AsyncIo.open(4, Runnable::run); AsyncFile file = open.in(io);
            KernelAioEngine engine = KernelAioEngine.open(4)) {
            AioRequest request = io.submit(open.write(file, 0));
            assertThatThrownBy(() -> io.awaitAny(List.of(request), Duration.ofNanos(-1))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> engine.reap(new IoRequest[1], 1, -1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new ReapLimits(1, 1, -1)).isInstanceOf(IllegalArgumentException.class);
        }
        Observed.note(13, "-1 ns: IllegalArgumentException from requests, from the log's engine and from a context's limits");
    }

    @Test
    void row14InterruptedWaitsLoseNothing() throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        Path trace = path.resolve("trace");
        String output = ChildJvm.of(RowProgram.class, "rounds", path, 12).traced(trace, "-e", "trace=io_getevents",
            "-e", "inject=io_getevents:error=EINTR:when=2+2").output();

        assertThat(output).contains("done 3072 pending 0");
        int injected = Trace.read(trace).matching("EINTR.*INJECTED").size();
        assertThat(injected).isGreaterThan(10);
        Observed.note(14, "EINTR at every second io_getevents, " + injected + " times: 3072 of 3072 done");
    }

    @Test
    void row14TenSecondsOfLoadUnderThreadDumpsLoseNothing() throws Exception {
        Process process = ChildJvm.of(RowProgram.class, "seconds", path, 10).start();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(reader.readLine()).isEqualTo("ready");
            Thread asking = Thread.ofPlatform().daemon().start(() -> askForDumps(process));
            List<String> lines = reader.lines().toList();
            asking.interrupt();

            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            long dumps = lines.stream().filter(line -> line.startsWith("Full thread dump")).count();
            assertThat(dumps).isGreaterThan(20);
            String last = lines.stream().filter(line -> line.startsWith("asked ")).findFirst().orElseThrow();
            assertThat(last).matches("asked (\\d+) done \\1 pending 0");
            Observed.note(14, dumps + " thread dumps in 10 s of load: " + last);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void askForDumps(Process process) {
        try {
            while (process.isAlive()) {
                new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid())).start().waitFor();
                Thread.sleep(100);
            }
        } catch (IOException | InterruptedException e) {
            // Over; how many dumps there were is looked at.
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void row15TheKernelCancelsPollsAndNoWriteAndEveryEventComes() throws IOException {
        try (OpenFile open = new OpenFile(path, 64); SharedContext<Integer> context = SharedContext.open(64);
            EventCounter counter = EventCounter.open()) {
            assertThat(context.submit(IntStream.range(0, 32).mapToObj(open::write).toList())).isEqualTo(32);
            for (int i = 0; i < 32; i++) {
                assertThat(context.cancel(i)).isEqualTo(-Errno.EINVAL);
            }
            assertThat(context.submit(List.of(new Submission<>(Iocb.poll(counter.descriptor(), Iocb.POLLIN), 99)))).isEqualTo(1);
            assertThat(context.cancel(99)).isEqualTo(-Errno.EINPROGRESS);
            assertThat(context.reap(events, new ReapLimits(33, 64, 20 * SECOND))).isEqualTo(33);
            assertThat(events).allSatisfy(event -> assertThat(event.result()).isEqualTo(event.request() == 99 ? 0 : OpenFile.BLOCK));
            assertThat(context.cancel(99)).isEqualTo(-Errno.ENOENT);
        }
        Observed.note(15, "32 writes: EINVAL and 32 events of 4096; a poll: EINPROGRESS and an event of 0");
    }

    @Test
    void row15AQueuedWriteIsCancelledAndNeverWritten() throws Exception {
        byte[] before;
        try (OpenFile open = new OpenFile(path, 4); AsyncIo io = AsyncIo.open(1, Runnable::run); AsyncFile file = open.in(io);
            EventCounter counter = EventCounter.open()) {
            before = Files.readAllBytes(open.path());
            open.memory().segment().fill((byte) 7);
            AioRequest occupying = io.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN));
            AioRequest queued = io.submit(open.write(file, 1));
            assertThat(queued.state()).isEqualTo(AioRequest.State.QUEUED);
            assertThat(io.cancel(queued)).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(queued.state()).isEqualTo(AioRequest.State.CANCELLED);
            counter.add();
            assertThat(io.awaitAny(List.of(occupying), Duration.ofSeconds(20)).result()).isEqualTo(Iocb.POLLIN);
            assertThat(Files.readAllBytes(open.path())).isEqualTo(before);
        }
        Observed.note(15, "a queued write: CANCELLED, and the file is as before");
    }

    @Test
    void row17ErrorsAndShortReadsAreToldByResAndRes2IsNotLookedAt() throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        Path trace = path.resolve("trace");
        ChildJvm program = ChildJvm.of(RowProgram.class, "events", path);
        assertThat(program.traced(trace, "-e", "trace=io_getevents").output().lines())
            .containsExactly("result 0 4096", "result 1 4096", "result 2 0", "result 3 -22");
        Trace plain = Trace.read(trace);
        assertThat(plain.matching("\\{data=0, obj=0x[0-9a-f]+, res=4096, res2=0\\}")).hasSize(1);
        assertThat(plain.matching("\\{data=0x300000000, obj=0x[0-9a-f]+, res=-22, res2=0\\}")).hasSize(1);

        // The first event as the kernel never writes it: an error in res, and 4096 in res2.
        String event = "00".repeat(16) + "fbffffffffffffff" + "0010000000000000";
        assertThat(program.traced(trace, "-e", "trace=io_getevents", "-e", "inject=io_getevents:poke_exit=@arg4=" + event + ":when=1").output())
            .startsWith("result 0 -5\n");
        assertThat(Trace.read(trace).matching("res=-5, res2=4096")).hasSize(1);
        Observed.note(17, "full 4096, over the end 4096 of 8192, behind it 0, misaligned -22; of res -5 and res2 4096 the result is -5");
    }
}
