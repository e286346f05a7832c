package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.aio.request.AioRequest;
import dev.varve.engine.aio.request.AioRequest.State;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.CancelOutcome;
import dev.varve.engine.aio.request.CompletionQueue;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.aio.request.RequestGroup;
import dev.varve.engine.aio.request.RequestMemory;
import dev.varve.engine.aio.request.Waiting;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.linux.BuildTree;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that stay in flight as long as a test needs to look at them, on a device that takes 8 MiB a second. */
@Timeout(120)
class SlowDiskRowsTest {
    private static final int BLOCK = 4096;
    private static final int MIB = 1 << 20;
    private static final int FILE_LENGTH = 16 * MIB;
    private static final int BYTES_PER_SECOND = 8 * MIB;
    private static final int DEPTH = 4;
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir(factory = BuildTree.class)
    private static Path folder;
    private static SlowDisk disk;

    private final RequestMemory memory = RequestMemory.allocate(FILE_LENGTH, BLOCK);
    private final List<AutoCloseable> opened = new ArrayList<>();
    private AsyncIo io;
    private AsyncFile file;

    @BeforeEach
    void open() throws IOException {
        String obstacle = SlowDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
        if (disk == null) {
            disk = SlowDisk.open(folder, FILE_LENGTH, BYTES_PER_SECOND);
        }
        io = AsyncIo.open(DEPTH, Runnable::run);
        opened.add(io);
        file = open(Access.WRITE);
    }

    private AsyncFile open(Access access) {
        try (Directory directory = new KernelDisk().openDirectory(disk.mountPoint(), false)) {
            AsyncFile one = io.file(directory.open(SlowDisk.FILE, access));
            opened.add(one);
            return one;
        }
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        memory.close();
    }

    @AfterAll
    static void unmount() throws IOException {
        if (disk != null) {
            disk.close();
            disk = null;
        }
    }

    private RequestMemory.Part part(int mib) {
        return memory.part((long) mib * MIB, MIB);
    }

    private AioRequest write(int mib) {
        return file.write((long) mib * MIB, part(mib));
    }

    private void over(List<AioRequest> requests) throws InterruptedException, TimeoutException {
        for (AioRequest request : requests) {
            io.awaitAny(List.of(request), LONG);
        }
    }

    private static long sinceMs(long startNs) {
        return (System.nanoTime() - startNs) / 1_000_000;
    }

    @Test
    void row30AnOperationInFlightCannotBeSubmittedAgainUntilItIsOver() throws Exception {
        Operation operation = Operation.write(file, 0, memory.part(0, 8L * MIB));
        AioRequest first = io.submit(operation);
        assertThat(first.state()).isEqualTo(State.IN_FLIGHT);
        String[] refusal = new String[1];

        assertThatThrownBy(() -> io.submit(operation)).isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("in use by another request").satisfies(e -> refusal[0] = e.getMessage());
        assertThatThrownBy(() -> file.read(0, memory.part(8L * MIB - BLOCK, 2L * BLOCK))).isInstanceOf(IllegalStateException.class);
        over(List.of(first));
        AioRequest again = io.submit(operation);
        over(List.of(again));
        assertThat(again.result()).isEqualTo(8L * MIB);
        Observed.note(30, "refused while in flight: " + refusal[0]);
    }

    @Test
    void row31CallsReturnLongBeforeTheirTransfersAreOver() throws Exception {
        long startNs = System.nanoTime();
        List<AioRequest> writes = IntStream.range(0, DEPTH).mapToObj(this::write).toList();
        long returnedMs = sinceMs(startNs);
        long inFlight = writes.stream().filter(write -> write.state() == State.IN_FLIGHT).count();
        assertThat(inFlight).isGreaterThanOrEqualTo(DEPTH / 2);
        over(writes);
        long overMs = sinceMs(startNs);

        assertThat(writes).extracting(AioRequest::result).containsOnly((long) MIB);
        assertThat(overMs).isGreaterThan(100).isGreaterThan(3 * returnedMs);
        Observed.note(31, DEPTH + " writes of 1 MiB: returned after " + returnedMs + " ms with " + inFlight + " in flight, over after "
            + overMs + " ms");
    }

    @Test
    void row31EachOfManyReadsHasItsOwnOffset() throws Exception {
        byte[] content = new byte[MIB];
        long seed = System.nanoTime();
        new Random(seed).nextBytes(content);
        part(0).segment().copyFrom(MemorySegment.ofArray(content));
        over(List.of(write(0)));
        part(0).segment().fill((byte) 0);
        List<Long> offsets = new ArrayList<>(LongStream.range(0, MIB / BLOCK).map(block -> block * BLOCK).boxed().toList());
        Collections.shuffle(offsets, new Random(seed));
        List<Operation> reads = offsets.stream().map(offset -> Operation.read(file, offset, memory.part(offset, BLOCK))).toList();
        RequestGroup group = io.submitAll(reads, Waiting.NOWAIT);
        long pending = group.requests().stream().filter(request -> !request.state().isOver()).count();
        over(group.requests());

        assertThat(group.failures()).isEmpty();
        assertThat(part(0).segment().mismatch(MemorySegment.ofArray(content))).as("seed %d", seed).isEqualTo(-1);
        Observed.note(31, reads.size() + " reads at once, " + pending + " not over at return, each brought its own offset's bytes");
    }

    @Test
    void row33EveryStateIsSeenAndTheLastOneStays() throws Exception {
        AsyncFile readOnly = open(Access.READ);
        // Larger than what the device takes at once after a rest.
        List<AioRequest> flying = IntStream.range(0, DEPTH).mapToObj(i -> file.write(8L * MIB, memory.part((8L + 2L * i) * MIB, 2L * MIB)))
            .toList();
        AioRequest queued = write(DEPTH);
        AioRequest withdrawn = write(DEPTH + 1);
        AioRequest failing = readOnly.write(0, part(DEPTH + 2));
        assertThat(flying.getLast().state()).isEqualTo(State.IN_FLIGHT);
        assertThat(queued.state()).isEqualTo(State.QUEUED);
        assertThat(io.cancel(withdrawn)).isEqualTo(CancelOutcome.CANCELLED);

        over(List.of(queued, failing, withdrawn));
        List<AioRequest> all = List.of(flying.getFirst(), queued, failing, withdrawn);
        for (int i = 0; i < 3; i++) {
            assertThat(all).extracting(AioRequest::state).containsExactly(State.DONE, State.DONE, State.FAILED, State.CANCELLED);
        }
        assertThat(failing.errno()).isEqualTo(Errno.EBADF);
        Observed.note(33, "QUEUED, IN_FLIGHT, DONE, CANCELLED, and FAILED by EBADF");
    }

    @Test
    void row35TheFirstOfThreeEndsTheWaitAndTimeAndInterruptDoToo() throws Exception {
        List<AioRequest> writes = List.of(file.write(0, memory.part(0, 8L * MIB)), write(9), write(10));
        List<AioRequest> withNulls = Arrays.asList(null, writes.get(0), null, writes.get(1), writes.get(2));
        long startNs = System.nanoTime();
        assertThatThrownBy(() -> io.awaitAny(withNulls, Duration.ofMillis(50))).isInstanceOf(TimeoutException.class);
        long timeoutMs = sinceMs(startNs);
        assertThat(timeoutMs).isBetween(50L, 400L);
        Thread waiter = Thread.currentThread();
        Thread.ofPlatform().start(waiter::interrupt);
        assertThatThrownBy(() -> io.awaitAny(withNulls, LONG)).isInstanceOf(InterruptedException.class);

        AioRequest first = io.awaitAny(withNulls, LONG);
        assertThat(first.state()).isEqualTo(State.DONE);
        assertThat(writes).contains(first);
        over(writes);
        Observed.note(35, "TimeoutException after " + timeoutMs + " ms of 50, InterruptedException, then one of three");
    }

    @Test
    void row36WhatIsInFlightIsNotCancelledWhatIsQueuedIsAndItsFileStaysAsItWas() throws Exception {
        byte[] before = Files.readAllBytes(disk.file());
        List<AioRequest> flying = IntStream.range(0, DEPTH).mapToObj(i -> file.read((long) i * MIB, part(i))).toList();
        List<AioRequest> slow = List.of(file.write(0, memory.part((long) DEPTH * MIB, 4L * MIB)));
        over(flying);
        List<AioRequest> more = IntStream.range(0, DEPTH - 1).mapToObj(i -> file.write((8L + i) * MIB, part(8 + i))).toList();
        part(15).segment().fill((byte) 36);
        AioRequest queued = file.write(15L * MIB, part(15));
        assertThat(slow.getFirst().state()).isEqualTo(State.IN_FLIGHT);
        assertThat(queued.state()).isEqualTo(State.QUEUED);

        assertThat(io.cancel(slow.getFirst())).isEqualTo(CancelOutcome.NOT_CANCELLED);
        assertThat(io.cancel(queued)).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(io.cancel(queued)).isEqualTo(CancelOutcome.ALL_DONE);
        AioRequest another = file.write(15L * MIB, part(15));
        assertThat(file.cancelAll()).as("one of them is in flight").isEqualTo(CancelOutcome.NOT_CANCELLED);
        assertThat(another.state()).isEqualTo(State.CANCELLED);
        over(slow);
        over(more);
        assertThat(slow.getFirst().result()).isEqualTo(4L * MIB);
        assertThat(file.cancelAll()).isEqualTo(CancelOutcome.ALL_DONE);
        byte[] after = Files.readAllBytes(disk.file());
        assertThat(Arrays.equals(before, 15 * MIB, 16 * MIB, after, 15 * MIB, 16 * MIB)).as("the cancelled one's bytes").isTrue();
        Observed.note(36, "in flight NOT_CANCELLED and written all the same, queued CANCELLED and never written, over ALL_DONE");
    }

    @Test
    void row36AllOfAFileAreCancelledIfNoneIsInFlight() throws Exception {
        AsyncFile other = open(Access.WRITE);
        try (EventCounter counter = EventCounter.open()) {
            List<AioRequest> polls = IntStream.range(0, DEPTH)
                .mapToObj(_ -> io.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN))).toList();
            List<AioRequest> mine = List.of(write(0), write(1), file.dataSync());
            AioRequest others = other.write(2L * MIB, part(2));
            assertThat(file.cancelAll()).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(mine).extracting(AioRequest::state).containsOnly(State.CANCELLED);
            counter.add();
            over(polls);
            over(List.of(others));
            assertThat(others.result()).isEqualTo(MIB);
        }
        Observed.note(36, "two writes and a sync of one file CANCELLED, the other file's write done");
    }

    @Test
    void row37ASyncIsHeldBackUntilTheWritesBeforeItAreOver() throws Exception {
        CompletionQueue completions = io.completions();
        List<AioRequest> writes = IntStream.range(0, DEPTH - 1).mapToObj(this::write).toList();
        long startNs = System.nanoTime();
        AioRequest sync = file.dataSync();
        AioRequest full = file.sync();
        AioRequest behind = file.read(0, part(8));
        assertThat(List.of(sync.state(), full.state())).as("although there is room").containsOnly(State.QUEUED);
        over(List.of(sync, full, behind));
        long syncMs = sinceMs(startNs);
        List<AioRequest> order = new ArrayList<>();
        while (order.size() < DEPTH + 2) {
            // What is over is put there a little after its waiters were told.
            AioRequest one = completions.poll();
            if (one != null) {
                order.add(one);
            }
        }

        int firstSync = Math.min(order.indexOf(sync), order.indexOf(full));
        assertThat(writes).allSatisfy(write -> assertThat(order.indexOf(write)).isLessThan(firstSync));
        assertThat(List.of(sync.result(), full.result())).containsOnly(0L);
        assertThat(syncMs).isGreaterThan(50);
        Observed.note(37, "both syncs ended after the " + writes.size() + " writes, " + syncMs + " ms after they were asked for");
    }

    @Test
    void row43MemoryInFlightCannotBeFreedAndIsTheCallersAgainAfterClose() throws Exception {
        memory.segment().fill((byte) 43);
        List<AioRequest> writes = IntStream.range(0, 16).mapToObj(this::write).toList();
        String[] refusal = new String[1];
        assertThatThrownBy(memory::close).isInstanceOf(IllegalStateException.class).satisfies(e -> refusal[0] = e.getMessage());
        assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 43);
        long startNs = System.nanoTime();
        io.close();
        long closeMs = sinceMs(startNs);

        assertThat(writes).allSatisfy(write -> assertThat(write.state().isOver()).isTrue());
        long done = writes.stream().filter(write -> write.state() == State.DONE).count();
        assertThat(done).isGreaterThanOrEqualTo(DEPTH);
        assertThat(closeMs).as("the kernel had %d MiB", done).isGreaterThan(50);
        memory.close();
        assertThatThrownBy(() -> memory.segment().get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        Observed.note(43, refusal[0] + "; close waited " + closeMs + " ms for " + done + " of 16 MiB, the rest was cancelled");
    }
}
