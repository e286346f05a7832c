package dev.varve.engine.aio.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.aio.AioLimits;
import dev.varve.engine.aio.Epoll;
import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.IoPriority;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.aio.RwFlag;
import dev.varve.engine.aio.request.AioRequest.State;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.MisalignedRequestException;
import dev.varve.engine.linux.BuildTree;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What POSIX AIO offers, on the real kernel and disk. Rows are those of the checklist of what kernel AIO is. */
@Timeout(60)
class AsyncIoTest {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 256;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final long SECOND = 1_000_000_000L;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private final ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "callbacks"));
    private final AsyncIo io = AsyncIo.open(8, executor);
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

    private AioRequest write(int index) {
        return file.write((long) index * BLOCK, block(index));
    }

    private Operation writeOf(int index) {
        return Operation.write(file, (long) index * BLOCK, block(index));
    }

    private AioRequest over(AioRequest request) throws InterruptedException, TimeoutException {
        return io.awaitAny(List.of(request), LONG);
    }

    /** A request that keeps the kernel busy until the counter is added to. */
    private AioRequest pollOf(EventCounter counter) {
        return io.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN));
    }

    /** Fills every slot, so that whatever follows is queued until the counter is added to. */
    private List<AioRequest> occupyAllSlots(EventCounter counter) {
        return IntStream.range(0, 8).mapToObj(_ -> pollOf(counter)).toList();
    }

    @Test
    void row18ShouldReadBackWhatWasWritten() throws Exception {
        byte[] content = new byte[BLOCKS * BLOCK];
        new Random(18).nextBytes(content);
        memory.segment().copyFrom(MemorySegment.ofArray(content));
        assertThat(io.submitAll(IntStream.range(0, BLOCKS).mapToObj(this::writeOf).toList(), Waiting.WAIT).failures()).isEmpty();
        memory.segment().fill((byte) 0);
        List<Operation> reads = new ArrayList<>();
        for (int i = BLOCKS - 1; i >= 0; i--) {
            reads.add(Operation.read(file, (long) i * BLOCK, block(i)));
        }
        assertThat(io.submitAll(reads, Waiting.WAIT).failures()).isEmpty();

        assertThat(memory.segment().mismatch(MemorySegment.ofArray(content))).isEqualTo(-1);
        assertThat(Files.readAllBytes(path.resolve("file"))).isEqualTo(content);
    }

    @Test
    void row20ShouldTransferPartsInTheirOrder() throws Exception {
        block(0).segment().fill((byte) 1);
        block(7).segment().fill((byte) 2);

        assertThat(over(file.write(0, block(7), block(0))).result()).isEqualTo(2 * BLOCK);
        assertThat(over(file.read(0, block(20), block(10))).result()).isEqualTo(2 * BLOCK);
        assertThat(block(20).segment().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 2);
        assertThat(block(10).segment().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 1);
    }

    @Test
    void row20ShouldRefuseUnfitPartsBeforeTheKernelSeesThem() {
        assertThatThrownBy(() -> Operation.write(file, 0)).isInstanceOf(IllegalArgumentException.class);
        RequestMemory.Part[] tooMany = new RequestMemory.Part[1025];
        Arrays.fill(tooMany, block(0));
        assertThatThrownBy(() -> Operation.write(file, 0, tooMany)).isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("1025");
        assertThatThrownBy(() -> Operation.write(file, 0, block(0), memory.part(BLOCK, 100)))
            .isInstanceOf(MisalignedRequestException.class);
    }

    @Test
    void row24ShouldRefuseEveryMisalignedRequestByName() {
        for (int i = 0; i < 1024; i++) {
            RequestMemory.Part row = memory.part(16 + i % 256 * 1024L, 1024);
            long offset = i * 1024L;
            assertThatThrownBy(() -> file.write(offset, row)).isInstanceOf(MisalignedRequestException.class)
                .hasMessageContaining("offset " + offset + ", length 1024").hasMessageContaining("0x").hasMessageContaining("4096")
                .hasMessageContaining("file");
        }
        assertThat(io.pending()).isZero();
    }

    @Test
    void row07And25ShouldFailOneMemberOfAGroupByItsErrnoAndNoOther() throws Exception {
        AsyncFile readOnly = io.file(directory.open("file", Access.READ));
        List<Operation> all = new ArrayList<>(List.of(writeOf(0), writeOf(1), writeOf(3), writeOf(4)));
        all.add(2, Operation.write(readOnly, 0, block(2)));
        RequestGroup group = io.submitAll(all, Waiting.WAIT);

        assertThat(group.requests()).extracting(AioRequest::state).containsExactly(State.DONE, State.DONE, State.FAILED, State.DONE, State.DONE);
        AioRequest failed = group.failures().getFirst();
        assertThat(failed).isSameAs(group.requests().get(2));
        assertThat(failed.errno()).isEqualTo(Errno.EBADF);
        assertThatThrownBy(failed::result).isInstanceOf(IoFailureException.class).hasMessageContaining("EBADF")
            .hasMessageContaining("WRITE of " + readOnly.path()).hasMessageContaining("length 4096");
        assertThatThrownBy(() -> failed.future().get(30, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(IoFailureException.class);
        readOnly.close();
    }

    @Test
    void row10ShouldQueueWhatTheKernelHasNoRoomForFromManyThreads() throws Exception {
        List<Future<Integer>> futures = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int t = 0; t < 4; t++) {
                int number = t;
                futures.add(threads.submit(() -> {
                    int done = 0;
                    for (int round = 0; round < 20; round++) {
                        List<Operation> all = IntStream.range(0, 64).mapToObj(i -> writeOf(number * 64 + i)).toList();
                        done += io.submitAll(all, Waiting.WAIT).failures().isEmpty() ? 64 : 0;
                    }
                    return done;
                }));
            }
            for (Future<Integer> future : futures) {
                assertThat(future.get()).isEqualTo(20 * 64);
            }
        }
        assertThat(io.pending()).isZero();
    }

    @Test
    void row15And36ShouldCancelQueuedRequestsAndLeaveTheirFileAlone() throws Exception {
        block(1).segment().fill((byte) 7);
        try (EventCounter counter = EventCounter.open()) {
            List<AioRequest> polls = occupyAllSlots(counter);
            AioRequest queued = write(1);
            assertThat(queued.state()).isEqualTo(State.QUEUED);

            assertThat(io.cancel(queued)).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(queued.state()).isEqualTo(State.CANCELLED);
            assertThat(io.cancel(queued)).isEqualTo(CancelOutcome.ALL_DONE);
            assertThatThrownBy(queued::result).isInstanceOf(CancellationException.class);
            assertThatThrownBy(() -> queued.future().get(30, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
            counter.add();
            for (AioRequest poll : polls) {
                assertThat(over(poll).result()).isEqualTo(Iocb.POLLIN);
            }
        }
        assertThat(Files.readAllBytes(path.resolve("file"))).containsOnly((byte) 0);
    }

    @Test
    void row15ShouldCancelAPollInFlight() throws Exception {
        try (EventCounter counter = EventCounter.open()) {
            AioRequest poll = pollOf(counter);
            assertThat(poll.state()).isEqualTo(State.IN_FLIGHT);

            assertThat(io.cancel(poll)).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(over(poll).state()).isEqualTo(State.CANCELLED);
        }
    }

    @Test
    void row15And31And36ShouldReturnBeforeTheEndAndNotCancelWhatTheKernelHas() throws Exception {
        // Whether one is caught in flight is the disk's business; an outcome is true in any case.
        boolean isCaught = false;
        for (int i = 0; i < 500 && !isCaught; i++) {
            AioRequest large = file.write(0, memory.whole());
            CancelOutcome outcome = io.cancelAll(file);
            isCaught = outcome == CancelOutcome.NOT_CANCELLED;
            assertThat(outcome).isIn(CancelOutcome.NOT_CANCELLED, CancelOutcome.ALL_DONE);
            assertThat(over(large).result()).isEqualTo((long) BLOCKS * BLOCK);
        }
        assertThat(isCaught).isTrue();
        assertThat(io.cancelAll(file)).isEqualTo(CancelOutcome.ALL_DONE);
    }

    @Test
    void row36ShouldCancelAllOfAFileAndNothingOfAnother() throws Exception {
        AsyncFile other = io.file(directory.create("other", (long) BLOCKS * BLOCK));
        try (EventCounter counter = EventCounter.open()) {
            occupyAllSlots(counter);
            List<AioRequest> mine = List.of(write(0), write(1), file.dataSync());
            AioRequest others = other.write(0, block(2));

            assertThat(file.cancelAll()).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(mine).extracting(AioRequest::state).containsOnly(State.CANCELLED);
            assertThat(others.state()).isEqualTo(State.QUEUED);
            counter.add();
            assertThat(over(others).result()).isEqualTo(BLOCK);
        }
        other.close();
    }

    @Test
    void row30And43ShouldRefuseMemoryThatARequestHas() throws Exception {
        try (EventCounter counter = EventCounter.open()) {
            occupyAllSlots(counter);
            Operation operation = writeOf(3);
            AioRequest first = io.submit(operation);

            assertThatThrownBy(() -> io.submit(operation)).isInstanceOf(IllegalStateException.class).hasMessageContaining("in use");
            assertThatThrownBy(() -> file.read(0, memory.part(2L * BLOCK, 3L * BLOCK))).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> io.submitAll(List.of(writeOf(5), writeOf(3)), Waiting.NOWAIT)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(memory::close).isInstanceOf(IllegalStateException.class).hasMessageContaining("in use by 1");
            counter.add();
            over(first);
            assertThat(over(io.submit(operation)).result()).isEqualTo(BLOCK);
            assertThat(over(write(5)).result()).isEqualTo(BLOCK);
        }
    }

    @Test
    void row43ShouldRefuseFreedMemoryAndEveryLaterAccess() {
        RequestMemory freed = RequestMemory.allocate(BLOCK, BLOCK);
        Operation operation = Operation.write(file, 0, freed.whole());
        MemorySegment segment = freed.segment();
        freed.close();
        freed.close();

        assertThatThrownBy(() -> io.submit(operation)).isInstanceOf(IllegalStateException.class).hasMessageContaining("freed");
        assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        assertThat(io.pending()).isZero();
    }

    @Test
    void row33And34ShouldTellStateAndResultAnyNumberOfTimes() throws Exception {
        try (EventCounter counter = EventCounter.open()) {
            List<AioRequest> polls = occupyAllSlots(counter);
            AioRequest queued = write(0);
            assertThat(polls).extracting(AioRequest::state).containsOnly(State.IN_FLIGHT);
            assertThat(queued.state()).isEqualTo(State.QUEUED);
            assertThatThrownBy(queued::result).isInstanceOf(IllegalStateException.class).hasMessageContaining("not over");
            assertThatThrownBy(polls.getFirst()::result).isInstanceOf(IllegalStateException.class);
            counter.add();
            over(queued);
            for (int i = 0; i < 3; i++) {
                assertThat(queued.result()).isEqualTo(BLOCK);
                assertThat(queued.state()).isEqualTo(State.DONE);
                assertThat(queued.errno()).isZero();
            }
        }
    }

    @Test
    void row34ShouldGiveTheBytesThatReadWouldGive() throws Exception {
        Files.write(path.resolve("odd"), new byte[5000]);
        AsyncFile odd = io.file(directory.open("odd", Access.READ));

        assertThat(over(odd.read(0, memory.part(0, 2L * BLOCK))).result()).isEqualTo(5000);
        assertThat(over(odd.read(BLOCK, memory.part(0, 2L * BLOCK))).result()).isEqualTo(904);
        assertThat(over(odd.read(8L * BLOCK, memory.part(0, 2L * BLOCK))).result()).isZero();
        odd.close();
    }

    @Test
    void row35ShouldAwaitAnyOfAListWithNullsUntilATimeout() throws Exception {
        try (EventCounter early = EventCounter.open(); EventCounter never = EventCounter.open()) {
            AioRequest first = pollOf(never);
            AioRequest second = pollOf(early);
            List<AioRequest> list = Arrays.asList(null, first, null, second);

            assertThatThrownBy(() -> io.awaitAny(list, Duration.ZERO)).isInstanceOf(TimeoutException.class);
            long startNs = System.nanoTime();
            assertThatThrownBy(() -> io.awaitAny(list, Duration.ofMillis(200))).isInstanceOf(TimeoutException.class);
            assertThat(System.nanoTime() - startNs).isBetween(SECOND / 5, 5 * SECOND);
            Thread adder = Thread.ofPlatform().start(() -> {
                sleep(50);
                early.add();
            });
            assertThat(io.awaitAny(list, LONG)).isSameAs(second);
            assertThat(io.awaitAny(list, Duration.ZERO)).isSameAs(second);
            adder.join();
            assertThatThrownBy(() -> io.awaitAny(list, Duration.ofMillis(-1))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> io.awaitAny(Arrays.asList(null, null), LONG)).isInstanceOf(IllegalArgumentException.class);
            io.cancel(first);
            over(first);
        }
    }

    @Test
    void row35ShouldEndAWaitByAnInterrupt() throws Exception {
        try (EventCounter never = EventCounter.open()) {
            AioRequest poll = pollOf(never);
            Thread waiter = Thread.currentThread();
            Thread interrupter = Thread.ofPlatform().start(() -> {
                sleep(50);
                waiter.interrupt();
            });
            assertThatThrownBy(() -> io.awaitAny(List.of(poll), LONG)).isInstanceOf(InterruptedException.class);
            interrupter.join();
            io.cancel(poll);
            over(poll);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void row37ShouldHoldASyncBackUntilEveryEarlierWriteIsOver() throws Exception {
        ConcurrentLinkedQueue<AioRequest> order = new ConcurrentLinkedQueue<>();
        try (EventCounter counter = EventCounter.open()) {
            List<AioRequest> polls = occupyAllSlots(counter);
            AioRequest earlier = write(0);
            AioRequest sync = file.dataSync();
            AioRequest full = file.sync();
            List.of(earlier, sync, full).forEach(request -> request.onOver(order::add));
            // Room for two: were the sync not held back, both it and the write would be with the kernel.
            io.cancel(polls.get(0));
            io.cancel(polls.get(1));
            over(earlier);
            over(sync);
            over(full);
            assertThat(List.of(earlier.result(), sync.result(), full.result())).containsExactly((long) BLOCK, 0L, 0L);
            counter.add();
            executor.submit(() -> { }).get();
            assertThat(order.peek()).isSameAs(earlier);
        }
    }

    @Test
    void row37ShouldSyncAlthoughAnEarlierWriteWasCancelled() throws Exception {
        try (EventCounter counter = EventCounter.open()) {
            occupyAllSlots(counter);
            AioRequest earlier = write(0);
            AioRequest sync = file.sync();
            assertThat(io.cancel(earlier)).isEqualTo(CancelOutcome.CANCELLED);
            counter.add();
            assertThat(over(sync).result()).isZero();
        }
    }

    @Test
    void row38ShouldSubmitMixedListsWithNullsAndNothings() throws Exception {
        AsyncFile readOnly = io.file(directory.open("file", Access.READ));
        List<Operation> mixed = Arrays.asList(writeOf(0), null, Operation.nothing(), Operation.read(readOnly, BLOCK, block(1)),
            Operation.write(readOnly, 0, block(2)), Operation.dataSync(file));
        RequestGroup group = io.submitAll(mixed, Waiting.WAIT);

        assertThat(group.isOver()).isTrue();
        assertThat(group.requests()).extracting(request -> request.operation().kind()).containsExactly(Operation.Kind.WRITE,
            Operation.Kind.NOTHING, Operation.Kind.READ, Operation.Kind.WRITE, Operation.Kind.DATA_SYNC);
        assertThat(group.requests()).extracting(AioRequest::state)
            .containsExactly(State.DONE, State.DONE, State.DONE, State.FAILED, State.DONE);
        assertThat(group.failures()).hasSize(1);
        assertThat(io.submitAll(Arrays.asList(null, null), Waiting.WAIT).future()).isDone();
        readOnly.close();
    }

    @Test
    void row38ShouldReturnBeforeTheEndWhenNotToWaitAndTellTheGroupOnce() throws Exception {
        try (EventCounter counter = EventCounter.open()) {
            ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
            RequestGroup group = io.submitAll(List.of(writeOf(0), Operation.poll(counter.descriptor(), Iocb.POLLIN)), Waiting.NOWAIT);
            CompletableFuture<Void> end = group.future().thenAccept(_ -> told.add(Thread.currentThread().getName()));
            assertThat(group.isOver()).isFalse();
            assertThat(told).isEmpty();
            counter.add();
            end.get(30, TimeUnit.SECONDS);

            assertThat(told).containsExactly("callbacks");
            assertThat(group.isOver()).isTrue();
        }
    }

    @Test
    void row29ShouldOutliveCallbacksThatThrowAndExecutorsThatRefuse() throws Exception {
        AioRequest first = write(0);
        first.onOver(_ -> {
            throw new IllegalStateException("thrown on purpose");
        });
        assertThat(over(first).result()).isEqualTo(BLOCK);
        try (AsyncIo inline = AsyncIo.open(4, Runnable::run); AsyncIo refused = AsyncIo.open(4, _ -> {
            throw new RejectedExecutionException("refused on purpose");
        })) {
            for (AsyncIo one : List.of(inline, refused)) {
                AsyncFile same = one.file(directory.open("file", Access.WRITE));
                AioRequest request = same.write(0, block(0));
                request.onOver(_ -> {
                    throw new AssertionError("thrown on purpose");
                });
                one.awaitAny(List.of(request), LONG);
                AioRequest next = same.write(0, block(0));
                assertThat(one.awaitAny(List.of(next), LONG).result()).isEqualTo(BLOCK);
                same.close();
            }
        }
    }

    @Test
    void row41ShouldRunCallbacksOnTheExecutorAndSubmitTheNextFromThere() throws Exception {
        int links = 1000;
        CountDownLatch end = new CountDownLatch(links);
        Set<String> threads = new HashSet<>();
        chain(end, threads);

        assertThat(end.await(30, TimeUnit.SECONDS)).isTrue();
        executor.submit(() -> { }).get();
        assertThat(threads).containsExactly("callbacks");
    }

    private void chain(CountDownLatch end, Set<String> threads) {
        write(0).onOver(_ -> {
            threads.add(Thread.currentThread().getName());
            end.countDown();
            if (end.getCount() > 0) {
                chain(end, threads);
            }
        });
    }

    @Test
    void row41ShouldRefuseToWaitInTheReapingThread() throws Exception {
        ConcurrentLinkedQueue<Throwable> refusals = new ConcurrentLinkedQueue<>();
        try (AsyncIo inline = AsyncIo.open(4, Runnable::run); EventCounter counter = EventCounter.open()) {
            AioRequest poll = inline.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN));
            poll.onOver(_ -> {
                try {
                    inline.submitAll(List.of(Operation.nothing()), Waiting.WAIT);
                } catch (IllegalStateException | InterruptedException e) {
                    refusals.add(e);
                }
            });
            counter.add();
            inline.awaitAny(List.of(poll), LONG);
        }
        assertThat(refusals).singleElement().isInstanceOfSatisfying(IllegalStateException.class,
            e -> assertThat(e).hasMessageContaining("reaping thread"));
    }

    @Test
    void row40ShouldBringRequestsIntoAnEpollLoopByTheirTag() {
        CompletionQueue completions = io.completions();
        Set<Long> tags = new HashSet<>();
        try (Epoll epoll = new Epoll(1)) {
            epoll.watch(completions.counter().descriptor(), 40);
            for (int i = 0; i < 100; i++) {
                io.submit(writeOf(i).withTag(1000 + i));
            }
            while (tags.size() < 100) {
                assertThat(epoll.await(30 * SECOND)).containsExactly(40);
                for (long count = completions.counter().take(); count > 0; count--) {
                    AioRequest request = completions.poll();
                    assertThat(request.state()).isEqualTo(State.DONE);
                    assertThat(tags.add(request.operation().tag())).isTrue();
                }
            }
        }
        assertThat(tags).allSatisfy(tag -> assertThat(tag).isBetween(1000L, 1099L));
        assertThat(completions.poll()).isNull();
    }

    @Test
    void row42ShouldUseNoProcessorWhileNothingHappens() throws IOException {
        Path stat = reaperStat();
        long before = ticks(stat);
        sleep(1500);

        // A tick is 10 ms; a spinning thread would use some 100.
        assertThat(ticks(stat) - before).isLessThanOrEqualTo(3);
    }

    private static Path reaperStat() throws IOException {
        try (var tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.filter(task -> nameOf(task).startsWith("varve-aio-reap")).findFirst().orElseThrow().resolve("stat");
        }
    }

    private static String nameOf(Path task) {
        try {
            return Files.readString(task.resolve("comm"));
        } catch (IOException e) {
            return "";
        }
    }

    private static long ticks(Path stat) throws IOException {
        String[] fields = Files.readString(stat).replaceAll(".*\\) ", "").split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    @Test
    void row44ShouldTakeRegularFilesOnly() {
        assertThatThrownBy(() -> io.file(new IoFile() {
            @Override
            public String path() {
                return "a socket";
            }

            @Override
            public long length() {
                return 0;
            }

            @Override
            public int blockSize() {
                return BLOCK;
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        })).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("a socket").hasMessageContaining("no regular file");
    }

    @Test
    void row16ShouldWriteAtomicallyOnlyWhereStatxAllowsIt() throws Exception {
        assertThatThrownBy(() -> Operation.write(file, 0, memory.part(0, 3L * BLOCK)).withFlags(RwFlag.ATOMIC))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("powers of two");
        assertThatThrownBy(() -> Operation.write(file, BLOCK, memory.part(0, 2L * BLOCK)).withFlags(RwFlag.ATOMIC))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("multiples of their length");
        assertThatThrownBy(() -> Operation.read(file, 0, block(0)).withFlags(RwFlag.ATOMIC)).isInstanceOf(IllegalArgumentException.class);
        if (file.atomicWriteLengthMax() < BLOCK) {
            assertThatThrownBy(() -> writeOf(1).withFlags(RwFlag.ATOMIC)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most " + file.atomicWriteLengthMax() + " bytes");
        } else {
            assertThat(over(io.submit(writeOf(1).withFlags(RwFlag.ATOMIC))).result()).isEqualTo(BLOCK);
        }
    }

    @Test
    void row32ShouldRefuseToAppend() throws Exception {
        assertThatThrownBy(() -> writeOf(0).withFlags(RwFlag.APPEND)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Operation.sync(file).withFlags(RwFlag.DSYNC)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Operation.sync(file).withPriority(IoPriority.IDLE)).isInstanceOf(IllegalArgumentException.class);
        assertThat(over(io.submit(writeOf(0).withFlags(RwFlag.DSYNC).withPriority(IoPriority.IDLE))).result()).isEqualTo(BLOCK);
    }

    @Test
    void row05ShouldFinishWhatIsInFlightAndCancelTheRestWhenClosed() throws Exception {
        memory.segment().fill((byte) 5);
        try (EventCounter counter = EventCounter.open()) {
            AioRequest poll = pollOf(counter);
            List<AioRequest> writes = IntStream.range(0, BLOCKS).mapToObj(this::write).toList();
            List<CompletableFuture<Long>> futures = writes.stream().map(AioRequest::future).toList();
            io.close();
            io.close();

            assertThat(poll.state()).isEqualTo(State.CANCELLED);
            assertThat(writes).allSatisfy(write -> assertThat(write.state()).isIn(State.DONE, State.CANCELLED));
            for (CompletableFuture<Long> future : futures) {
                assertThatCode(() -> future.handle((_, _) -> 0).get(30, TimeUnit.SECONDS)).doesNotThrowAnyException();
            }
            byte[] content = Files.readAllBytes(path.resolve("file"));
            for (int i = 0; i < BLOCKS; i++) {
                boolean isDone = writes.get(i).state() == State.DONE;
                assertThat(content[i * BLOCK]).as("block %d %s", i, writes.get(i)).isEqualTo((byte) (isDone ? 5 : 0));
            }
        }
        assertThatThrownBy(() -> write(0)).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        memory.close();
    }

    @Test
    void row49ShouldWaitForAFilesRequestsWhenItIsClosed() {
        List<AioRequest> writes = IntStream.range(0, BLOCKS).mapToObj(this::write).toList();
        file.close();

        assertThat(writes).allSatisfy(write -> assertThat(write.state()).isIn(State.DONE, State.CANCELLED));
        assertThatThrownBy(() -> write(0)).isInstanceOf(IllegalStateException.class).hasMessageContaining("is closed");
        assertThat(io.pending()).isZero();
    }

    @Test
    void row03ShouldGiveItsShareOfTheMachineBack() {
        // Other processes come and go, so one quiet moment of many has to do.
        boolean isSeen = false;
        for (int i = 0; i < 100 && !isSeen; i++) {
            long before = AioLimits.current().used();
            AsyncIo extra = AsyncIo.open(100, executor);
            long during = AioLimits.current().used();
            extra.close();
            isSeen = during == before + 101 && AioLimits.current().used() == before;
        }
        assertThat(isSeen).isTrue();
    }
}
