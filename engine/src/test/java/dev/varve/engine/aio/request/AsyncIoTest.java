package dev.varve.engine.aio.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.aio.AioLimits;
import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.IoPriority;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.RwFlag;
import dev.varve.engine.aio.request.AioRequest.State;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.MisalignedRequestException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What POSIX AIO offers, on the real kernel and disk. Rows are those of the checklist of what kernel AIO is. */
@Timeout(60)
class AsyncIoTest extends OpenRequests {
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

        assertThat(group.requests()).extracting(AioRequest::state)
            .containsExactly(State.DONE, State.DONE, State.FAILED, State.DONE, State.DONE);
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
            assertThatThrownBy(() -> io.submitAll(List.of(writeOf(5), writeOf(3)), Waiting.NOWAIT))
                .isInstanceOf(IllegalStateException.class);
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
