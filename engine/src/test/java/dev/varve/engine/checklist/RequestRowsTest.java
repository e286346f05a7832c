package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.Epoll;
import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.RwFlag;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.aio.request.AioRequest;
import dev.varve.engine.aio.request.AioRequest.State;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.CompletionQueue;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.aio.request.RequestGroup;
import dev.varve.engine.aio.request.RequestLoad;
import dev.varve.engine.aio.request.RequestMemory;
import dev.varve.engine.aio.request.Waiting;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.RawFile;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What POSIX AIO names, as {@code engine.aio.request} has it, on the disk of the build tree. */
@Timeout(60)
class RequestRowsTest {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 64;
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir(factory = BuildTree.class)
    private Path path;

    private final ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "callbacks"));
    private final AsyncIo io = AsyncIo.open(16, executor);
    private final RequestMemory memory = RequestMemory.allocate((long) BLOCKS * BLOCK, BLOCK);
    private Directory directory;
    private AsyncFile file;

    @BeforeEach
    void open() {
        directory = new KernelDisk().openDirectory(path, true);
        file = io.file(directory.create("file", (long) BLOCKS * BLOCK));
    }

    @AfterEach
    void close() {
        io.close();
        file.close();
        directory.close();
        memory.close();
        executor.shutdownNow();
    }

    private RequestMemory.Part block(int index) {
        return memory.part((long) index * BLOCK, BLOCK);
    }

    private Operation writeOf(int index) {
        return Operation.write(file, (long) index * BLOCK, block(index));
    }

    private AioRequest over(AioRequest request) throws Exception {
        return io.awaitAny(List.of(request), LONG);
    }

    @Test
    void row28AShortWriteIsToldAsSuchAndTheNextTellsTheError() throws Exception {
        Path folder = Files.createDirectory(path.resolve("folder"));
        Files.write(folder.resolve("file"), new byte[BLOCKS * BLOCK]);
        String output = ChildJvm.of(RequestLoad.class, "short", folder).limitedTo(20).output();

        assertThat(output.lines()).contains("DONE 0 20480", "FAILED 27 0");
        Observed.note(28, "ulimit -f 20: of 32768 bytes 20480 written, the next write EFBIG; the JVM lives through SIGXFSZ");
    }

    @Test
    void row29CallbacksRunInTheOrderOfCompletionAndWhatTheyThrowHarmsNobody() throws Exception {
        CompletionQueue completions = io.completions();
        ConcurrentLinkedQueue<AioRequest> called = new ConcurrentLinkedQueue<>();
        CountDownLatch end = new CountDownLatch(BLOCKS);
        try (EventCounter counter = EventCounter.open()) {
            // With every slot taken none is over before all have their callback.
            List<AioRequest> polls = IntStream.range(0, 16)
                .mapToObj(_ -> io.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN))).toList();
            for (int i = 0; i < BLOCKS; i++) {
                io.submit(writeOf(i)).onOver(request -> {
                    called.add(request);
                    end.countDown();
                    if (called.size() % 16 == 0) {
                        throw new IllegalStateException("thrown on purpose");
                    }
                });
            }
            counter.add();
            assertThat(end.await(30, TimeUnit.SECONDS)).isTrue();
            List<AioRequest> completed = new ArrayList<>();
            for (AioRequest one = completions.poll(); one != null; one = completions.poll()) {
                completed.add(one);
            }
            completed.removeAll(polls);
            assertThat(called).containsExactlyElementsOf(completed).hasSize(BLOCKS);
        }
        assertThat(over(io.submit(writeOf(0))).result()).isEqualTo(BLOCK);
        Observed.note(29, BLOCKS + " callbacks ran once each, in the order of completion; every 16th threw, the reaper went on");
    }

    @Test
    void row32AFileThatAppendsIgnoresTheOffsetSoNoneIsOpenedLikeThat() throws Exception {
        Path appended = path.resolve("appended");
        Files.write(appended, new byte[BLOCK]);
        try (SharedContext<String> context = SharedContext.open(1); RawFile raw = RawFile.direct(appended)) {
            List<AioEvent<String>> events = new ArrayList<>();
            Iocb append = Iocb.pwrite(raw.descriptor(), block(0).segment(), 0).withFlags(RwFlag.APPEND);
            context.submit(List.of(new Submission<>(append, "append")));
            context.reap(events, new ReapLimits(1, 1, LONG.toNanos()));
            assertThat(events.getFirst().result()).isEqualTo(BLOCK);
        }
        assertThat(Files.size(appended)).as("written to offset 0 of a file of one block").isEqualTo(2 * BLOCK);

        assertThatThrownBy(() -> writeOf(0).withFlags(RwFlag.APPEND)).isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("takes no flags [APPEND]");
        Observed.note(32, "RWF_APPEND, offset 0, length 4096: the file grew from 4096 to 8192; refused by the request layer");
    }

    @Test
    void row34AResultIsWhatReadWouldGiveAsOftenAsAskedAndRefusedBeforeTheEnd() throws Exception {
        Path odd = path.resolve("odd");
        Files.write(odd, new byte[5000]);
        AsyncFile direct = io.file(directory.open("odd", Access.READ));
        Map<Long, Long> results = new TreeMap<>();
        try (FileChannel channel = FileChannel.open(odd)) {
            for (long offset : new long[] {0, BLOCK, 2L * BLOCK, 8L * BLOCK}) {
                AioRequest read = over(direct.read(offset, memory.part(0, 2L * BLOCK)));
                long expected = Math.max(0, channel.read(ByteBuffer.allocate(2 * BLOCK), offset));
                assertThat(List.of(read.result(), read.result(), read.result())).containsOnly(expected);
                results.put(offset, read.result());
            }
        }
        try (EventCounter counter = EventCounter.open()) {
            AioRequest pending = io.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN));
            assertThatThrownBy(pending::result).isInstanceOf(IllegalStateException.class).hasMessageContaining("not over yet");
            counter.add();
            assertThat(over(pending).result()).isEqualTo(Iocb.POLLIN);
        }
        direct.close();
        Observed.note(34, "of 5000 bytes, by offset: " + results + "; IllegalStateException while pending");
    }

    @Test
    void row38AMixedListWaitsForTheLastAndTellsEachMembersOutcome() throws Exception {
        AsyncFile readOnly = io.file(directory.open("file", Access.READ));
        List<Operation> mixed = Arrays.asList(writeOf(0), null, Operation.nothing(), Operation.read(readOnly, BLOCK, block(1)),
            Operation.write(readOnly, 0, block(2)), null, Operation.dataSync(file));
        RequestGroup group = io.submitAll(mixed, Waiting.WAIT);
        assertThat(group.requests()).extracting(AioRequest::state)
            .containsExactly(State.DONE, State.DONE, State.DONE, State.FAILED, State.DONE);
        assertThat(group.failures().getFirst().errno()).isEqualTo(Errno.EBADF);
        readOnly.close();

        try (EventCounter counter = EventCounter.open()) {
            RequestGroup open = io.submitAll(List.of(writeOf(3), Operation.poll(counter.descriptor(), Iocb.POLLIN)), Waiting.NOWAIT);
            assertThat(open.isOver()).isFalse();
            counter.add();
            assertThat(open.future().get(30, TimeUnit.SECONDS).failures()).isEmpty();
        }
        Observed.note(38, "of 5 members beside 2 nulls one failed by EBADF; NOWAIT returned before the end");
    }

    @Test
    void row39SixtyFourRequestsAreOneSystemCall() throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        Path trace = path.resolve("trace");
        String output = ChildJvm.of(RequestLoad.class, "rounds", path, "10").traced(trace, "-e", "trace=io_submit").output();

        assertThat(output).contains("done 640 pending 0");
        List<String> large = Trace.read(trace).matching("io_submit\\(0x[0-9a-f]+, 64, .* = 64$");
        assertThat(large).hasSize(10);
        Observed.note(39, "10 rounds of 64 requests: " + large.size() + " calls of io_submit with 64 each");
    }

    @Test
    void row40RequestsComeIntoAnEpollLoopAndAreKnownByTheirTag() {
        CompletionQueue completions = io.completions();
        Set<Long> tags = new HashSet<>();
        int wakeUps = 0;
        try (Epoll epoll = new Epoll(1)) {
            epoll.watch(completions.counter().descriptor(), 40);
            for (int i = 0; i < BLOCKS; i++) {
                io.submit(writeOf(i).withTag(4000 + i));
            }
            while (tags.size() < BLOCKS) {
                assertThat(epoll.await(LONG.toNanos())).containsExactly(40);
                wakeUps++;
                for (long count = completions.counter().take(); count > 0; count--) {
                    assertThat(tags.add(completions.poll().operation().tag())).isTrue();
                }
            }
        }
        assertThat(tags).containsExactlyInAnyOrderElementsOf(IntStream.range(4000, 4000 + BLOCKS).mapToObj(i -> (long) i).toList());
        Observed.note(40, BLOCKS + " tags came back once each, by " + wakeUps + " waits of epoll");
    }

    @Test
    void row41AChainOfAThousandRunsFromCallbacksOnTheExecutor() throws Exception {
        CountDownLatch end = new CountDownLatch(1000);
        Set<String> threads = new HashSet<>();
        long startNs = System.nanoTime();
        chain(end, threads);
        assertThat(end.await(30, TimeUnit.SECONDS)).isTrue();
        long tookMs = (System.nanoTime() - startNs) / 1_000_000;

        executor.submit(() -> { }).get();
        assertThat(threads).containsExactly("callbacks");
        Observed.note(41, "1000 requests, each from the callback of the one before, in " + tookMs + " ms, all on the executor's thread");
    }

    private void chain(CountDownLatch end, Set<String> threads) {
        io.submit(writeOf(0)).onOver(_ -> {
            threads.add(Thread.currentThread().getName());
            end.countDown();
            if (end.getCount() > 0) {
                chain(end, threads);
            }
        });
    }

    @Test
    void row42NobodySpinsWhileNothingHappens() throws Exception {
        over(io.submit(writeOf(0)));
        try (EventCounter counter = EventCounter.open()) {
            AioRequest poll = io.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN));
            Thread waiter = Thread.ofPlatform().name("varve-row42-wait").start(() -> {
                try {
                    io.awaitAny(List.of(poll), LONG);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            long before = ticks("varve-aio-reap") + ticks("varve-row42-wai");
            Thread.sleep(2000);
            long ticks = ticks("varve-aio-reap") + ticks("varve-row42-wai") - before;
            counter.add();
            waiter.join();

            assertThat(ticks).as("hundredths of a second; a spinning thread would have some 200").isLessThanOrEqualTo(3);
            Observed.note(42, "a waiter and the reaper used " + 10 * ticks + " ms of processor in 2000 ms");
        }
    }

    /** Hundredths of a second that threads of a name have used; the kernel keeps 15 characters of it. */
    private static long ticks(String name) throws IOException {
        long sum = 0;
        try (var tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                if (Files.exists(task) && Files.readString(task.resolve("comm")).startsWith(name.substring(0, 14))) {
                    String[] fields = Files.readString(task.resolve("stat")).replaceAll(".*\\) ", "").split(" ", -1);
                    sum += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
                }
            }
        }
        return sum;
    }

    @Test
    void row44WhatIsNoRegularFileIsRefusedByName() throws Exception {
        LoopDisk.run("mkfifo", path.resolve("pipe").toString());
        Files.createDirectory(path.resolve("folder"));
        Files.createSymbolicLink(path.resolve("device"), Path.of("/dev/null"));
        Files.createSymbolicLink(path.resolve("link"), path.resolve("file"));
        // A socket's name must be short.
        Path socket = Files.createTempDirectory("varve").resolve("s");
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(socket));
            Files.createLink(path.resolve("socket"), socket);
        } catch (IOException e) {
            // Another file system: a link to it must do.
            Files.createSymbolicLink(path.resolve("socket"), socket);
        }
        List<String> refusals = new ArrayList<>();
        for (String name : List.of("pipe", "folder", "device", "link", "socket")) {
            assertThatThrownBy(() -> directory.open(name, Access.READ)).isInstanceOf(IoFailureException.class).hasMessageContaining(name)
                .satisfies(e -> refusals.add(name + (e.getMessage().contains("no regular file") ? ": no regular file" : ": link")));
        }
        Files.deleteIfExists(socket);
        Files.delete(socket.getParent());
        assertThat(refusals).contains("pipe: no regular file", "folder: no regular file", "device: link");
        Observed.note(44, String.join(", ", refusals));
    }

    @Test
    void row45OnlyTheKernelsOwnCallsAreMadeAndNoLibraryIsLoaded() throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        Path trace = path.resolve("trace");
        String output = ChildJvm.of(RequestLoad.class, "rounds", path, "3").traced(trace, "-e", "trace=/^io_").output();
        assertThat(output).contains("libaio false");
        Map<String, Integer> counts = new TreeMap<>();
        Trace.read(trace).matching("^\\w+\\(").forEach(call -> counts.merge(call.replaceAll("\\(.*", ""), 1, Integer::sum));
        assertThat(counts).containsOnlyKeys("io_setup", "io_submit", "io_getevents", "io_destroy").containsEntry("io_setup", 1)
            .containsEntry("io_destroy", 1);

        Path classes = Path.of(AsyncIo.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (var files = Files.walk(classes)) {
            assertThat(files.filter(Files::isRegularFile).map(Path::toString)).isNotEmpty().noneMatch(name -> name.endsWith(".so"));
        }
        Observed.note(45, "3 rounds of 64 requests: " + counts + ", no libaio mapped, no native file beside the classes");
    }
}
