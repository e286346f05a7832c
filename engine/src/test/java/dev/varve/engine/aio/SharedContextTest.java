package dev.varve.engine.aio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.LinuxFile;
import dev.varve.engine.linux.MappedMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The kernel's own habits, on the real kernel and disk. Rows are those of the checklist of what kernel AIO is. */
@Timeout(60)
class SharedContextTest {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 64;
    private static final long SECOND = 1_000_000_000L;
    private static final int CLOSED_FD = -1;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private final SharedContext<Integer> context = SharedContext.open(BLOCKS);
    private final MappedMemory memory = MappedMemory.map((long) BLOCKS * BLOCK, BLOCK);
    private final List<AioEvent<Integer>> events = new ArrayList<>();
    private Directory directory;
    private LinuxFile file;

    @BeforeEach
    void open() {
        directory = new KernelDisk().openDirectory(path, true);
        file = (LinuxFile) directory.create("file", (long) BLOCKS * BLOCK);
    }

    @AfterEach
    void close() {
        context.close();
        file.close();
        directory.close();
        memory.close();
    }

    private MemorySegment block(int index) {
        return memory.segment().asSlice((long) index * BLOCK, BLOCK);
    }

    private Submission<Integer> write(int index) {
        return new Submission<>(Iocb.pwrite(file.descriptor(), block(index), (long) index * BLOCK), index);
    }

    private static Submission<Integer> bad(int index) {
        return new Submission<>(Iocb.fsync(CLOSED_FD), index);
    }

    private void submitAll(List<Submission<Integer>> all) {
        assertThat(context.submit(all)).isEqualTo(all.size());
    }

    private List<AioEvent<Integer>> reap(int count) {
        assertThat(context.reap(events, new ReapLimits(count, count, 20 * SECOND))).isEqualTo(count);
        return events;
    }

    @Test
    void row06ShouldTakeManyInOneCallAndGiveEachBackOnce() {
        submitAll(IntStream.range(0, BLOCKS).mapToObj(this::write).toList());
        assertThat(context.inFlight()).isEqualTo(BLOCKS);

        assertThat(reap(BLOCKS)).extracting(AioEvent::request).containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, BLOCKS).boxed().toList());
        assertThat(events).extracting(AioEvent::result).containsOnly((long) BLOCK);
        assertThat(context.inFlight()).isZero();
    }

    @Test
    void row07ShouldTellWhichOfABatchWasRefused() {
        List<Submission<Integer>> batch = List.of(write(0), write(1), bad(2), write(3), write(4));

        assertThat(context.submit(batch)).isEqualTo(2);
        assertThat(context.submit(batch.subList(2, 5))).isEqualTo(-Errno.EBADF);
        assertThat(context.submit(batch.subList(3, 5))).isEqualTo(2);
        assertThat(reap(4)).extracting(AioEvent::request).containsExactlyInAnyOrder(0, 1, 3, 4);
    }

    @Test
    void row08ShouldRefuseTheFirstAndAllAfterTheEnd() {
        assertThat(context.submit(List.of(bad(0), write(1)))).isEqualTo(-Errno.EBADF);
        assertThat(context.inFlight()).isZero();
        assertThat(context.submit(List.of())).isZero();

        context.close();
        context.close();
        assertThatThrownBy(() -> context.submit(List.of(write(1)))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> context.reap(events, ReapLimits.now(1))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> context.cancel(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void row09ShouldSubmitOrRefuseEachExactlyOnceWhereverTheBadOnesAre() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            HashSet<Integer> refused = new HashSet<>();
            List<Submission<Integer>> batch = new ArrayList<>();
            int count = 1 + random.nextInt(BLOCKS);
            for (int i = 0; i < count; i++) {
                batch.add(random.nextInt(4) == 0 ? bad(i) : write(i));
            }
            for (int from = 0; from < count;) {
                int taken = context.submit(batch.subList(from, count));
                if (taken < 0) {
                    assertThat(taken).as("seed %d", seed).isEqualTo(-Errno.EBADF);
                    assertThat(refused.add(from)).isTrue();
                }
                from += Math.max(1, taken);
            }
            events.clear();
            reap(count - refused.size());
            List<Integer> all = new ArrayList<>(refused);
            events.forEach(event -> all.add(event.request()));
            assertThat(all).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(IntStream.range(0, count).boxed().toList());
            assertThat(context.reap(events, ReapLimits.now(1))).isZero();
        }
    }

    @Test
    void row10ShouldHaveNoRoomBeforeSomeAreReaped() {
        submitAll(IntStream.range(0, BLOCKS).mapToObj(this::write).toList());

        assertThat(context.submit(List.of(write(0)))).isEqualTo(-Errno.EAGAIN);
        reap(2);
        assertThat(context.submit(List.of(write(0), write(1), write(2)))).isEqualTo(2);
        reap(BLOCKS);
    }

    @Test
    void row11ShouldReapFromMinToMaxAndKeepTheRest() {
        submitAll(IntStream.range(0, 20).mapToObj(this::write).toList());
        int total = 0;
        for (int max = 1; total < 20; max++) {
            int wanted = Math.min(max, 20 - total);
            int count = context.reap(events, new ReapLimits(wanted, max, 20 * SECOND));
            assertThat(count).isBetween(wanted, max);
            total += count;
        }

        assertThat(events).extracting(AioEvent::request).doesNotHaveDuplicates().hasSize(20);
    }

    @Test
    void row12ShouldWaitOnlyWhereWaitingWasAskedFor() {
        long startNs = System.nanoTime();
        assertThat(context.reap(events, new ReapLimits(0, 1, Long.MAX_VALUE))).isZero();
        assertThat(context.reap(events, new ReapLimits(1, 1, 0))).isZero();
        assertThat(context.reap(events, new ReapLimits(0, 0, SECOND))).isZero();
        assertThat(System.nanoTime() - startNs).isLessThan(SECOND / 10);

        startNs = System.nanoTime();
        assertThat(context.reap(events, new ReapLimits(1, 1, SECOND / 5))).isZero();
        assertThat(System.nanoTime() - startNs).isBetween(SECOND / 5, 2 * SECOND);

        submitAll(List.of(write(0), write(1), write(2)));
        startNs = System.nanoTime();
        assertThat(context.reap(events, new ReapLimits(5, 5, SECOND / 5))).isEqualTo(3);
        assertThat(System.nanoTime() - startNs).isBetween(SECOND / 5, 2 * SECOND);
    }

    @Test
    void row13ShouldEndAWaitWithoutEndByCloseAndRefuseNegativeOnes() throws InterruptedException {
        Thread closer = Thread.ofPlatform().start(() -> {
            sleep(100);
            context.close();
        });
        long startNs = System.nanoTime();
        assertThat(context.reap(events, new ReapLimits(1, 1, Long.MAX_VALUE))).isZero();
        assertThat(System.nanoTime() - startNs).isBetween(SECOND / 20, 10 * SECOND);
        closer.join();

        assertThatThrownBy(() -> new ReapLimits(1, 1, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ReapLimits(2, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ReapLimits(-1, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void row14ShouldReapWithAnotherSignalMask() {
        long all = -1;
        submitAll(List.of(write(0), write(1), write(2)));
        while (events.size() < 3) {
            assertThat(context.reapMasked(events, new ReapLimits(1, 3, 20 * SECOND), all)).isBetween(0, 3);
        }
        long startNs = System.nanoTime();
        assertThat(context.reapMasked(events, new ReapLimits(1, 3, SECOND / 5), 0)).isZero();
        assertThat(System.nanoTime() - startNs).isBetween(SECOND / 5, 2 * SECOND);
    }

    @Test
    void row13ShouldEndAMaskedWaitByClose() throws InterruptedException {
        Thread closer = Thread.ofPlatform().start(() -> {
            sleep(100);
            context.close();
        });
        assertThat(context.reapMasked(events, new ReapLimits(1, 1, 30 * SECOND), -1)).isZero();
        closer.join();
    }

    @Test
    void row15ShouldCancelPollsAndNothingElse() {
        try (EventCounter counter = EventCounter.open()) {
            submitAll(List.of(new Submission<>(Iocb.poll(counter.descriptor(), Iocb.POLLIN), 1000)));
            assertThat(context.cancel(1000)).isEqualTo(-Errno.EINPROGRESS);
            assertThat(reap(1)).containsExactly(new AioEvent<>(1000, 0));
            assertThat(context.cancel(1000)).isEqualTo(-Errno.ENOENT);

            submitAll(List.of(write(7)));
            assertThat(context.cancel(7)).isEqualTo(-Errno.EINVAL);
            events.clear();
            assertThat(reap(1)).containsExactly(new AioEvent<>(7, BLOCK));
        }
    }

    @Test
    void row17ShouldTellErrorsAndShortReadsByTheFirstResult() throws IOException {
        Files.write(path.resolve("odd"), new byte[5000]);
        try (LinuxFile odd = (LinuxFile) directory.open("odd", Access.READ)) {
            MemorySegment two = memory.segment().asSlice(0, 2L * BLOCK);
            submitAll(List.of(new Submission<>(Iocb.pread(odd.descriptor(), two, 0), 1)));
            assertThat(reap(1)).containsExactly(new AioEvent<>(1, 5000));
            events.clear();
            submitAll(List.of(new Submission<>(Iocb.pread(odd.descriptor(), two, 8L * BLOCK), 2)));
            assertThat(reap(1)).containsExactly(new AioEvent<>(2, 0));
            events.clear();
            // What is misaligned is refused by the event, not by the submission.
            submitAll(List.of(new Submission<>(Iocb.pread(odd.descriptor(), block(0).asSlice(1, 100), 0), 3)));
            assertThat(reap(1)).containsExactly(new AioEvent<>(3, -Errno.EINVAL));
            assertThat(context.submit(List.of(new Submission<>(Iocb.pwrite(odd.descriptor(), two, 0), 4)))).isEqualTo(-Errno.EBADF);
            assertThat(context.submit(List.of(new Submission<>(Iocb.pread(odd.descriptor(), two, -BLOCK), 5))))
                .isEqualTo(-Errno.EINVAL);
        }
    }

    @Test
    void row18ShouldReadBackWhatWasWritten() {
        byte[] content = new byte[BLOCKS * BLOCK];
        new Random(18).nextBytes(content);
        memory.segment().copyFrom(MemorySegment.ofArray(content));
        submitAll(IntStream.range(0, BLOCKS).mapToObj(this::write).toList());
        reap(BLOCKS);
        memory.segment().fill((byte) 0);
        submitAll(IntStream.range(0, BLOCKS).mapToObj(i -> new Submission<>(
            Iocb.pread(file.descriptor(), block(BLOCKS - 1 - i), (BLOCKS - 1L - i) * BLOCK), i)).toList());
        reap(BLOCKS);

        assertThat(memory.segment().mismatch(MemorySegment.ofArray(content))).isEqualTo(-1);
    }

    @Test
    void row19ShouldSyncFilesAndRefuseSyncsWithFlags() {
        submitAll(List.of(new Submission<>(Iocb.fsync(file.descriptor()), 1), new Submission<>(Iocb.fdsync(file.descriptor()), 2)));

        assertThat(reap(2)).containsExactlyInAnyOrder(new AioEvent<>(1, 0), new AioEvent<>(2, 0));
        assertThat(context.submit(List.of(new Submission<>(Iocb.fsync(file.descriptor()).withFlags(RwFlag.DSYNC), 1))))
            .isEqualTo(-Errno.EINVAL);
    }

    @Test
    void row20ShouldTransferPiecesOfMemoryInTheirOrder() {
        for (int count : new int[] {1, 2, BLOCKS}) {
            for (int i = 0; i < count; i++) {
                block(i).fill((byte) (count + i));
            }
            // Backwards, so that order shows.
            IoVectors backwards = IoVectors.of(IntStream.range(0, count).mapToObj(i -> block(count - 1 - i)).toList());
            events.clear();
            submitAll(List.of(new Submission<>(Iocb.pwritev(file.descriptor(), backwards, 0), 0)));
            assertThat(reap(1)).containsExactly(new AioEvent<>(0, (long) count * BLOCK));
            memory.segment().fill((byte) 0);
            events.clear();
            IoVectors forwards = IoVectors.of(IntStream.range(0, count).mapToObj(this::block).toList());
            submitAll(List.of(new Submission<>(Iocb.preadv(file.descriptor(), forwards, 0), 0)));
            reap(1);
            for (int i = 0; i < count; i++) {
                assertThat(block(i).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) (count + count - 1 - i));
            }
        }
    }

    @Test
    void row20ShouldTransferAsManyPiecesAsTheKernelTakes() {
        IoVectors most = IoVectors.of(IntStream.range(0, IoVectors.COUNT_MAX).mapToObj(_ -> block(0)).toList());
        submitAll(List.of(new Submission<>(Iocb.pwritev(file.descriptor(), most, 0), 0)));

        assertThat(reap(1)).containsExactly(new AioEvent<>(0, (long) IoVectors.COUNT_MAX * BLOCK));
        assertThat(path.resolve("file")).hasSize((long) IoVectors.COUNT_MAX * BLOCK);
    }

    @Test
    void row21ShouldPollAnyDescriptor() {
        try (EventCounter counter = EventCounter.open()) {
            submitAll(List.of(new Submission<>(Iocb.poll(counter.descriptor(), Iocb.POLLIN), 1)));
            assertThat(context.reap(events, ReapLimits.now(1))).isZero();
            counter.add();
            assertThat(reap(1)).containsExactly(new AioEvent<>(1, Iocb.POLLIN));
            assertThat(counter.take()).isEqualTo(1);
        }
    }

    @Test
    void row22ShouldCountCompletionsInAnEventCounter() {
        try (EventCounter counter = EventCounter.open(); Epoll epoll = new Epoll(4)) {
            epoll.watch(counter.descriptor(), 22);
            assertThat(epoll.await(SECOND / 20)).isEmpty();
            int submitted = 0;
            int counted = 0;
            while (counted < 10_000) {
                while (submitted < 10_000 && context.inFlight() < BLOCKS / 2) {
                    Submission<Integer> write = write(submitted % BLOCKS);
                    submitAll(List.of(new Submission<>(write.iocb().withResultCounter(counter), submitted++)));
                }
                assertThat(epoll.await(20 * SECOND)).containsExactly(22);
                int count = (int) counter.take();
                // What was counted is there: no wait, and no fewer.
                assertThat(context.reap(events, new ReapLimits(count, count, 0))).isEqualTo(count);
                counted += count;
            }
            assertThat(counter.take()).isZero();
            assertThat(events).extracting(AioEvent::request).hasSize(10_000).doesNotHaveDuplicates();
            epoll.forget(counter.descriptor());
        }
    }

    @Test
    void row16ShouldPassFlagsAndPriorityOn() {
        submitAll(List.of(
            new Submission<>(write(0).iocb().withFlags(RwFlag.DSYNC), 0),
            new Submission<>(write(1).iocb().withFlags(RwFlag.SYNC, RwFlag.HIPRI), 1),
            new Submission<>(write(2).iocb().withPriority(IoPriority.IDLE), 2),
            new Submission<>(write(3).iocb().withPriority(IoPriority.NORMAL), 3)));
        assertThat(reap(4)).extracting(AioEvent::result).containsOnly((long) BLOCK);

        // Written already, so that it need not wait; a file that is not open for appending takes the offset.
        events.clear();
        submitAll(List.of(new Submission<>(write(0).iocb().withFlags(RwFlag.NOWAIT), 0)));
        assertThat(reap(1).getFirst().result()).isIn((long) BLOCK, (long) -Errno.EAGAIN);
    }

    @Test
    void row04ShouldKeepContextsApart() {
        try (SharedContext<Integer> other = SharedContext.open(4)) {
            for (int i = 0; i < 4; i++) {
                submitAll(List.of(write(i)));
                assertThat(other.submit(List.of(write(10 + i)))).isEqualTo(1);
            }
            List<AioEvent<Integer>> others = new ArrayList<>();
            assertThat(other.reap(others, new ReapLimits(4, 8, 20 * SECOND))).isEqualTo(4);
            assertThat(others).extracting(AioEvent::request).containsExactlyInAnyOrder(10, 11, 12, 13);
            assertThat(reap(4)).extracting(AioEvent::request).containsExactlyInAnyOrder(0, 1, 2, 3);
        }
    }

    @Test
    void row10ShouldServeManySubmittingThreadsAndOneReaper() throws InterruptedException {
        int each = 2000;
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int number = t;
            threads.add(Thread.ofPlatform().uncaughtExceptionHandler((_, e) -> failures.add(e)).start(() -> {
                for (int i = 0; i < each;) {
                    Submission<Integer> write = new Submission<>(write(number * 16 + i % 16).iocb(), number * each + i);
                    int taken = context.submit(List.of(write));
                    if (taken == 1) {
                        i++;
                    } else {
                        assertThat(taken).isEqualTo(-Errno.EAGAIN);
                        Thread.onSpinWait();
                    }
                }
            }));
        }
        long deadlineNs = System.nanoTime() + 50 * SECOND;
        while (events.size() < 4 * each && System.nanoTime() < deadlineNs) {
            context.reap(events, new ReapLimits(1, BLOCKS, SECOND));
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(failures).isEmpty();
        assertThat(events).extracting(AioEvent::request).hasSize(4 * each).doesNotHaveDuplicates();
    }

    @Test
    void shouldRefuseASecondReaper() throws InterruptedException {
        AtomicInteger refusals = new AtomicInteger();
        Thread first = Thread.ofPlatform().start(() -> reapUntilRefused(refusals));
        reapUntilRefused(refusals);
        first.join();

        assertThat(refusals).hasValueGreaterThanOrEqualTo(1);
    }

    /** Two that do so cannot both go on: whoever comes second is refused, and then lets the first go. */
    private void reapUntilRefused(AtomicInteger refusals) {
        long deadlineNs = System.nanoTime() + 30 * SECOND;
        while (refusals.get() == 0 && System.nanoTime() < deadlineNs) {
            try {
                context.reap(new ArrayList<>(), new ReapLimits(1, 1, SECOND));
            } catch (IllegalStateException e) {
                assertThat(e).hasMessageContaining("two threads reap");
                refusals.incrementAndGet();
                context.wakeUp();
            }
        }
    }

    @Test
    void row05ShouldWaitForWhatIsInFlightWhenClosed() throws IOException {
        memory.segment().fill((byte) 5);
        submitAll(IntStream.range(0, BLOCKS).mapToObj(this::write).toList());
        context.close();
        memory.segment().fill((byte) 6);

        assertThat(Files.readAllBytes(path.resolve("file"))).containsOnly((byte) 5);
    }

    @Test
    void row43ShouldRefuseMemoryThatWasFreedBeforeTheSubmission() {
        Submission<Integer> late;
        try (Arena arena = Arena.ofShared()) {
            late = new Submission<>(Iocb.pwrite(file.descriptor(), arena.allocate(BLOCK, BLOCK), 0), 1);
        }
        assertThatThrownBy(() -> context.submit(List.of(write(0), late))).isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("freed");
        assertThat(context.inFlight()).isZero();
    }
}
