package dev.varve.engine.aio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.MisalignedRequestException;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.MappedMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On the real kernel and disk. */
@Timeout(60)
class KernelAioEngineTest {
    private static final int DEPTH = 256;
    private static final long SECOND = 1_000_000_000L;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private final Disk disk = new KernelDisk();
    private final QueuedRequests requests = new QueuedRequests();
    private final List<IoRequest> completed = new ArrayList<>();
    private final IoRequest[] done = new IoRequest[DEPTH];
    private Directory directory;
    private int block;
    private IoEngine engine;
    private MappedMemory memory;

    @BeforeEach
    void open() {
        directory = disk.openDirectory(path, true);
        block = directory.blockSize();
        engine = disk.openEngine(DEPTH);
        memory = MappedMemory.map(16L << 20, block);
    }

    @AfterEach
    void close() {
        engine.close();
        directory.close();
        memory.close();
    }

    private IoRequest request() {
        return new IoRequest(completed::add);
    }

    private MemorySegment blockOf(int index) {
        return memory.segment().asSlice((long) index * block, block);
    }

    private IoFile closedFile() {
        IoFile file = directory.create("closed", block);
        file.close();
        return file;
    }

    @Test
    void shouldCompleteEachOfManyRequestsOnce() {
        try (IoFile file = directory.create("segment", (long) DEPTH * block)) {
            IoQueue queue = new IoQueue(engine);
            for (int i = 0; i < DEPTH; i++) {
                blockOf(i).fill((byte) (i * 7));
                queue.add(request().write(file, (long) i * block, blockOf(i)));
            }
            queue.submit();
            assertThat(queue.submitCalls()).isEqualTo(1);
            settle(queue);
            assertThat(completed).hasSize(DEPTH).doesNotHaveDuplicates()
                .allSatisfy(request -> assertThat(request.state()).isEqualTo(IoRequest.State.DONE));

            memory.segment().fill((byte) 0);
            completed.clear();
            for (int i = 0; i < DEPTH; i++) {
                queue.add(request().read(file, (long) i * block, blockOf(i)));
            }
            settle(queue);
            assertThat(completed).hasSize(DEPTH).doesNotHaveDuplicates();
            for (int i = 0; i < DEPTH; i++) {
                assertThat(blockOf(i).get(ValueLayout.JAVA_BYTE, block - 1)).isEqualTo((byte) (i * 7));
            }
        }
    }

    private static void settle(IoQueue queue) {
        while (queue.pending() > 0) {
            queue.submit();
            queue.reap(1, SECOND);
        }
    }

    @Test
    void shouldReturnBothHalvesOfAPartialSubmission() {
        try (IoFile file = directory.create("segment", 5L * block)) {
            IoRequest[] offered = new IoRequest[5];
            for (int i = 0; i < offered.length; i++) {
                offered[i] = requests.queued(request().write(i == 2 ? closedFile() : file, (long) i * block, blockOf(i)));
            }

            assertThat(engine.submit(offered, 0, 5)).isEqualTo(2);
            assertThat(engine.submit(offered, 2, 5)).isEqualTo(-Errno.EBADF);
            assertThat(engine.submit(offered, 3, 5)).isEqualTo(2);
            assertThat(engine.reap(done, 4, 5 * SECOND)).isEqualTo(4);
            assertThat(new IoRequest[] {done[0], done[1], done[2], done[3]})
                .containsExactlyInAnyOrder(offered[0], offered[1], offered[3], offered[4]);
            assertThat(offered[2].state()).isEqualTo(IoRequest.State.QUEUED);
            assertThat(engine.reap(done, 0, 0)).isZero();
        }
    }

    @Test
    void shouldFailOnlyTheRequestOnABadFile() {
        try (IoFile file = directory.create("segment", 5L * block)) {
            IoQueue queue = new IoQueue(engine);
            IoFile closed = closedFile();
            List<IoRequest> all = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                all.add(request().write(i == 2 ? closed : file, (long) i * block, blockOf(i)));
                queue.add(all.get(i));
            }
            settle(queue);

            assertThat(completed).hasSize(5).containsExactlyInAnyOrderElementsOf(all);
            assertThat(all.get(2).errno()).isEqualTo(Errno.EBADF);
            assertThat(all.get(2).failure()).hasMessageContaining("closed").hasMessageContaining("EBADF");
            assertThat(all).filteredOn(request -> request.state() == IoRequest.State.DONE).hasSize(4);
        }
    }

    @Test
    void shouldTakeNoMoreThanItsDepth() {
        try (IoEngine small = disk.openEngine(3); IoFile file = directory.create("segment", 5L * block)) {
            IoRequest[] offered = new IoRequest[5];
            for (int i = 0; i < offered.length; i++) {
                offered[i] = requests.queued(request().write(file, (long) i * block, blockOf(i)));
            }

            assertThat(small.submit(offered, 0, 5)).isEqualTo(3);
            assertThat(small.submit(offered, 3, 5)).isEqualTo(-Errno.EAGAIN);
            assertThat(small.reap(done, 3, 5 * SECOND)).isEqualTo(3);
            assertThat(small.submit(offered, 3, 5)).isEqualTo(2);
            assertThat(small.reap(done, 2, 5 * SECOND)).isEqualTo(2);
        }
    }

    @Test
    void shouldKeepWhatTheCallerHasNoRoomFor() {
        try (IoFile file = directory.create("segment", 5L * block)) {
            IoRequest[] offered = new IoRequest[5];
            for (int i = 0; i < offered.length; i++) {
                offered[i] = requests.queued(request().write(file, (long) i * block, blockOf(i)));
            }
            assertThat(engine.submit(offered, 0, 5)).isEqualTo(5);

            IoRequest[] two = new IoRequest[2];
            assertThat(engine.reap(two, 5, 5 * SECOND)).isEqualTo(2);
            assertThat(engine.reap(done, 3, 5 * SECOND)).isEqualTo(3);
        }
    }

    @Test
    void shouldWriteDurablyAndSync() throws IOException {
        try (IoFile file = directory.create("segment", 2L * block)) {
            IoQueue queue = new IoQueue(engine);
            blockOf(0).fill((byte) 1);
            queue.run(request().writeDurably(file, 0, blockOf(0)));
            queue.run(request().write(file, block, blockOf(0)));
            queue.run(request().dataSync(file));
            queue.run(request().sync(file));
        }

        assertThat(completed).hasSize(4);
        assertThat(Files.readAllBytes(path.resolve("segment"))).hasSize(2 * block).containsOnly((byte) 1);
    }

    @Test
    void shouldReportErrorsOfTheCompletion() {
        directory.create("segment", block).close();
        try (IoFile file = directory.open("segment", Access.READ)) {
            IoQueue queue = new IoQueue(engine);
            IoRequest write = request().write(file, 0, blockOf(0));
            queue.add(write);
            queue.awaitSettled(write);
            IoRequest unreadable = request().read(file, 0, at(1L << 46));
            queue.add(unreadable);
            queue.awaitSettled(unreadable);

            assertThat(write.errno()).isEqualTo(Errno.EBADF);
            assertThat(unreadable.errno()).isEqualTo(Errno.EFAULT);
        }
    }

    @SuppressWarnings("restricted") // An address that nothing is mapped at, never touched by Java.
    private MemorySegment at(long address) {
        return MemorySegment.ofAddress(address).reinterpret(block);
    }

    @Test
    void shouldReadUpToTheEndOfTheFile() throws IOException {
        Files.write(path.resolve("odd"), new byte[block + 100]);
        try (IoFile file = directory.open("odd", Access.READ)) {
            IoQueue queue = new IoQueue(engine);
            IoRequest read = request().read(file, 0, memory.segment().asSlice(0, 4L * block));
            queue.run(read);

            assertThat(read.bytes()).isEqualTo(block + 100);
        }
    }

    @Test
    void shouldRefuseMisalignedRequestsBeforeTheKernelSeesThem() {
        try (IoFile file = directory.create("segment", 2L * block)) {
            IoQueue queue = new IoQueue(engine);
            MemorySegment segment = memory.segment();

            assertMisaligned(queue, request().write(file, 512, segment.asSlice(0, block)));
            assertMisaligned(queue, request().write(file, 0, segment.asSlice(0, 1024)));
            assertMisaligned(queue, request().write(file, 0, segment.asSlice(512, block)));
            queue.submit();
            assertThat(queue.submitCalls()).isZero();
            assertThat(completed).isEmpty();
        }
    }

    private static void assertMisaligned(IoQueue queue, IoRequest request) {
        assertThatThrownBy(() -> queue.add(request)).isInstanceOf(MisalignedRequestException.class);
    }

    @Test
    void shouldRefuseMisalignedRequestsThatNoQueueHasLookedAt() {
        try (IoFile file = directory.create("segment", 4L * block)) {
            IoRequest[] offered = {requests.queued(request().write(file, 0, blockOf(0))), request().write(file, 512, blockOf(1))};

            assertThat(engine.submit(offered, 0, 2)).isEqualTo(1);
            assertThatThrownBy(() -> engine.submit(offered, 1, 2)).isInstanceOf(MisalignedRequestException.class)
                .hasMessageContaining("offset 512");
            assertThat(engine.reap(done, 1, 5 * SECOND)).isEqualTo(1);
            assertThat(done[0]).isSameAs(offered[0]);
            assertThat(engine.reap(done, 0, 0)).isZero();
        }
    }

    @Test
    void shouldRefuseARequestThatIsNotQueued() {
        try (IoFile file = directory.create("segment", 4L * block)) {
            IoRequest first = requests.queued(request().write(file, 0, blockOf(0)));
            IoRequest[] offered = {first, first, request().write(file, block, blockOf(1))};

            assertThat(engine.submit(offered, 0, 3)).isEqualTo(1);
            assertThatThrownBy(() -> engine.submit(offered, 1, 3)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not queued").hasMessageContaining("IN_FLIGHT");
            assertThatThrownBy(() -> engine.submit(offered, 2, 3)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("READY");
            assertThat(engine.reap(done, 1, 5 * SECOND)).isEqualTo(1);
            assertThat(done[0]).isSameAs(first);
            assertThat(engine.reap(done, 0, 0)).isZero();
        }
    }

    @Test
    void shouldRefuseMemoryThatIsNotTheKernelsToUse() {
        try (IoFile file = directory.create("segment", 4L * block); Arena arena = Arena.ofShared()) {
            IoRequest fit = requests.queued(request().write(file, 0, blockOf(0)));
            MemorySegment freed;
            try (Arena shortLived = Arena.ofShared()) {
                freed = shortLived.allocate(block, block);
            }

            assertRefusedBehind(fit, request().write(file, block, MemorySegment.ofArray(new byte[block])));
            assertRefusedBehind(fit, request().write(file, block, freed));
            assertRefusedBehind(fit, request().read(file, block, arena.allocate(block, block).asReadOnly()));
        }
    }

    /** The fit one goes and comes back; the one behind it is refused and the kernel does not see it. */
    private void assertRefusedBehind(IoRequest fit, IoRequest unfit) {
        IoRequest[] offered = {fit, requests.queued(unfit)};
        assertThat(engine.submit(offered, 0, 2)).isEqualTo(1);
        assertThatThrownBy(() -> engine.submit(offered, 1, 2)).isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("segment");
        assertThat(engine.reap(done, 1, 5 * SECOND)).isEqualTo(1);
        assertThat(done[0]).isSameAs(fit);
        assertThat(engine.reap(done, 0, 0)).isZero();
        assertThat(unfit.state()).isEqualTo(IoRequest.State.QUEUED);
    }

    @Test
    void shouldNotBlockForNothing() {
        long startNs = System.nanoTime();

        assertThat(engine.reap(done, 0, Long.MAX_VALUE)).isZero();
        assertThat(engine.reap(done, 1, 0)).isZero();
        assertThat(engine.reap(new IoRequest[0], 1, SECOND)).isZero();
        assertThat(System.nanoTime() - startNs).isLessThan(SECOND / 2);
    }

    @Test
    void shouldWaitForTheTimeout() {
        long startNs = System.nanoTime();

        assertThat(engine.reap(done, 1, SECOND / 10)).isZero();
        assertThat(System.nanoTime() - startNs).isBetween(SECOND / 10, 2 * SECOND);
    }

    @Test
    void shouldRefuseNegativeArguments() {
        assertThatThrownBy(() -> engine.reap(done, 1, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> engine.reap(done, -1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> disk.openEngine(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldWaitForCompletionsOnlyNotForItsOwnPoll() {
        try (IoEngine one = disk.openEngine(1); IoFile file = directory.create("segment", block)) {
            IoRequest write = request().write(file, 0, blockOf(0));
            IoRequest[] offered = {requests.queued(write)};
            for (int i = 0; i < 100; i++) {
                assertThat(one.submit(offered, 0, 1)).isEqualTo(1);
                one.wakeUp();
                int count = one.reap(offered, 1, SECOND);
                count += count == 1 ? 0 : one.reap(offered, 1, SECOND);
                assertThat(count).isEqualTo(1);
            }
        }
    }

    @Test
    void shouldSeeOnlyItsOwnCompletions() {
        try (IoEngine other = disk.openEngine(8);
             IoFile file = directory.create("segment", 16L * block)) {
            IoRequest[] mine = new IoRequest[8];
            IoRequest[] others = new IoRequest[8];
            for (int i = 0; i < 8; i++) {
                mine[i] = requests.queued(request().write(file, (long) i * block, blockOf(i)));
                others[i] = requests.queued(request().write(file, (8L + i) * block, blockOf(i)));
                assertThat(engine.submit(mine, i, i + 1)).isEqualTo(1);
                assertThat(other.submit(others, i, i + 1)).isEqualTo(1);
            }

            IoRequest[] reaped = new IoRequest[8];
            assertThat(engine.reap(reaped, 8, 5 * SECOND)).isEqualTo(8);
            assertThat(reaped).containsExactlyInAnyOrder(mine);
            assertThat(other.reap(reaped, 8, 5 * SECOND)).isEqualTo(8);
            assertThat(reaped).containsExactlyInAnyOrder(others);
        }
    }

    @Test
    void shouldServeFourThreadsWithAnEngineEach() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> results = threads.invokeAll(List.of(writer(0), writer(1), writer(2), writer(3)));
            for (Future<Integer> result : results) {
                assertThat(result.get()).isEqualTo(1600);
            }
        }
    }

    private Callable<Integer> writer(int number) {
        return () -> {
            int[] count = new int[1];
            try (Directory own = disk.openDirectory(path, true);
                 IoFile file = own.create("segment" + number, 16L * block);
                 IoQueue queue = new IoQueue(disk.openEngine(16))) {
                for (int round = 0; round < 100; round++) {
                    for (int i = 0; i < 16; i++) {
                        queue.add(new IoRequest(request -> count[0] += request.bytes() == block ? 1 : 0)
                            .write(file, (long) i * block, blockOf(16 * number + i)));
                    }
                    settle(queue);
                }
            }
            return count[0];
        };
    }

    @Test
    void shouldFinishWhatIsInFlightWhenClosed() throws IOException {
        int length = 1 << 20;
        try (IoFile file = directory.create("segment", 16L * length)) {
            memory.segment().fill((byte) 3);
            IoRequest[] offered = new IoRequest[16];
            for (int i = 0; i < 16; i++) {
                MemorySegment part = memory.segment().asSlice((long) i * length, length);
                offered[i] = requests.queued(request().write(file, (long) i * length, part));
            }
            assertThat(engine.submit(offered, 0, 16)).isEqualTo(16);
            engine.close();
            engine.close();

            assertThat(offered).allSatisfy(request -> assertThat(request.state()).isEqualTo(IoRequest.State.QUEUED));
            assertThatThrownBy(() -> engine.submit(offered, 0, 16)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> engine.reap(offered, 0, 0)).isInstanceOf(IllegalStateException.class);
        }
        assertThat(Files.readAllBytes(path.resolve("segment"))).containsOnly((byte) 3);
    }

    @Test
    void shouldGiveItsShareOfTheMachineBack() {
        AioLimits limits = AioLimits.current();
        int depth = 2047;
        // Together far more than the machine has, if one of them were kept.
        long rounds = Math.min(500, Math.max(limits.max(), 0) / depth + 2);
        for (int i = 0; i < rounds; i++) {
            disk.openEngine(depth).close();
        }
    }

    @Test
    void shouldCountItsDepthAndOneMoreAgainstTheLimit() {
        // Other processes come and go, so one quiet moment of many has to do.
        boolean isSeen = false;
        for (int i = 0; i < 100 && !isSeen; i++) {
            long before = AioLimits.current().used();
            IoEngine extra = disk.openEngine(100);
            long during = AioLimits.current().used();
            extra.close();
            isSeen = during == before + 101 && AioLimits.current().used() == before;
        }
        assertThat(isSeen).isTrue();
    }

    @Test
    void shouldRefuseFilesOfAnotherDisk() {
        IoRequest[] offered = {requests.queued(request().dataSync(new ForeignFile()))};

        assertThat(engine.submit(offered, 0, 1)).isEqualTo(-Errno.EBADF);
        assertThat(engine.submit(offered, 0, 0)).isZero();
    }

    @Test
    void shouldNameItsContract() {
        assertThat(engine.contract()).isEqualTo(StorageContract.DIRECT_AIO);
        assertThat(engine.depth()).isEqualTo(DEPTH);
    }

    private static final class ForeignFile implements IoFile {
        @Override
        public String path() {
            return "elsewhere";
        }

        @Override
        public long length() {
            return 0;
        }

        @Override
        public int blockSize() {
            return 4096;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
