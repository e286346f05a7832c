package dev.varve.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.IoRequest.State;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class IoQueueTest {
    private static final int BLOCK = FakeFile.BLOCK;

    private final ScriptedEngine engine = new ScriptedEngine(4);
    private final IoQueue queue = new IoQueue(engine);
    private final FakeFile file = new FakeFile("log/0000000000000001.varve");
    private final List<IoRequest> completed = new ArrayList<>();
    private final MemorySegment memory = Arena.ofAuto().allocate(16 * BLOCK, BLOCK);

    private IoRequest request() {
        return new IoRequest(completed::add);
    }

    private IoRequest write(int block, int blocks) {
        return request().write(file, (long) block * BLOCK, memory.asSlice(0, (long) blocks * BLOCK));
    }

    private IoRequest added(IoRequest request) {
        queue.add(request);
        return request;
    }

    private void settle() {
        for (int round = 0; queue.pending() > 0 && round < 1000; round++) {
            queue.submit();
            queue.reap(1, 0);
        }
        assertThat(queue.pending()).isZero();
    }

    @Test
    void shouldSendNothingBeforeSubmit() {
        added(write(0, 1));
        added(write(1, 1));

        assertThat(engine.rounds()).isEmpty();
        assertThat(queue.pending()).isEqualTo(2);
        queue.submit();
        assertThat(engine.rounds()).containsExactly("WRITE 0+4096", "WRITE 4096+4096");
        assertThat(queue.submitCalls()).isEqualTo(1);
    }

    @Test
    void shouldSendTheRestOfAPartialSubmission() {
        engine.submits(1, 2, 1);
        for (int i = 0; i < 4; i++) {
            added(write(i, 1));
        }
        queue.submit();

        assertThat(engine.rounds()).containsExactly("WRITE 0+4096", "WRITE 4096+4096", "WRITE 8192+4096", "WRITE 12288+4096");
        assertThat(queue.submitCalls()).isEqualTo(3);
    }

    @Test
    void shouldNeverHaveMoreInFlightThanTheEnginesDepth() {
        for (int i = 0; i < 11; i++) {
            added(write(i, 1));
        }
        settle();

        assertThat(engine.inFlightMax()).isEqualTo(4);
        assertThat(completed).hasSize(11).doesNotHaveDuplicates();
    }

    @Test
    void shouldKeepOrderWhenTheEngineHasNoRoom() {
        engine.submits(1, -Errno.EAGAIN);
        for (int i = 0; i < 3; i++) {
            added(write(i, 1));
        }
        queue.submit();
        assertThat(engine.rounds()).containsExactly("WRITE 0+4096");
        assertThat(queue.pending()).isEqualTo(3);

        queue.submit();
        assertThat(engine.rounds()).containsExactly("WRITE 0+4096", "WRITE 4096+4096", "WRITE 8192+4096");
    }

    @Test
    void shouldWaitForRoomEvenWithNothingInFlight() {
        engine.submits(-Errno.EAGAIN, -Errno.EAGAIN);
        IoRequest write = added(write(0, 1));
        queue.submit();
        queue.submit();
        assertThat(write.isPending()).isTrue();

        queue.await(write);
        assertThat(write.state()).isEqualTo(State.DONE);
    }

    @Test
    void shouldWaitForMemoryWhileSomethingInFlightMayGiveItBack() {
        added(write(0, 1));
        queue.submit();
        engine.submits(-Errno.ENOMEM);
        IoRequest second = added(write(1, 1));
        queue.submit();
        assertThat(second.state()).isEqualTo(State.QUEUED);

        settle();
        assertThat(second.state()).isEqualTo(State.DONE);
    }

    @Test
    void shouldFailForLackOfMemoryWithNothingInFlight() {
        engine.submits(-Errno.ENOMEM);
        IoRequest write = added(write(0, 1));
        queue.submit();

        assertThat(write.state()).isEqualTo(State.FAILED);
        assertThat(write.errno()).isEqualTo(Errno.ENOMEM);
        assertThat(completed).containsExactly(write);
    }

    @Test
    void shouldSubmitAgainWhenInterrupted() {
        engine.submits(-Errno.EINTR, -Errno.EINTR);
        IoRequest write = added(write(0, 1));
        queue.submit();

        assertThat(engine.rounds()).containsExactly("WRITE 0+4096");
        assertThat(queue.submitCalls()).isEqualTo(3);
        queue.await(write);
    }

    @Test
    void shouldNotLetARefusedRequestHoldUpThoseBehindIt() {
        engine.submits(1, -Errno.EBADF);
        IoRequest first = added(write(0, 1));
        IoRequest refused = added(write(1, 1));
        IoRequest third = added(write(2, 1));
        queue.submit();

        assertThat(refused.errno()).isEqualTo(Errno.EBADF);
        assertThat(completed).containsExactly(refused);
        settle();
        assertThat(completed).containsExactly(refused, first, third);
        assertThat(engine.rounds()).containsExactly("WRITE 0+4096", "WRITE 8192+4096");
    }

    @Test
    void shouldFailARequestThatAnEngineNeitherTakesNorRefuses() {
        engine.submits(0);
        IoRequest write = added(write(0, 1));
        queue.submit();

        assertThat(write.errno()).isEqualTo(Errno.EIO);
    }

    @Test
    void shouldContinueAShortWriteFromABlockBoundary() {
        engine.transfers(2 * BLOCK, BLOCK + 512, 3 * BLOCK);
        IoRequest write = added(write(1, 6));
        settle();

        assertThat(engine.rounds()).containsExactly("WRITE 4096+24576", "WRITE 12288+16384", "WRITE 16384+12288");
        assertThat(write.state()).isEqualTo(State.DONE);
        assertThat(write.bytes()).isEqualTo(6L * BLOCK);
        assertThat(completed).containsExactly(write);
    }

    @Test
    void shouldTransferFromTheRightAddressAfterAShortWrite() {
        engine.transfers(BLOCK);
        IoRequest write = added(write(0, 2));
        queue.submit();
        queue.reap(1, 0);

        assertThat(write.address()).isEqualTo(memory.address() + BLOCK);
        settle();
    }

    @Test
    void shouldContinueAReadThatEndsOnABlockBoundary() {
        engine.transfers(BLOCK, 0);
        IoRequest read = added(request().read(new FakeFile("short", BLOCK, BLOCK), 0, memory.asSlice(0, 3 * BLOCK)));
        settle();

        assertThat(engine.rounds()).containsExactly("READ 0+12288", "READ 4096+8192");
        assertThat(read.state()).isEqualTo(State.DONE);
        assertThat(read.bytes()).isEqualTo(BLOCK);
    }

    @Test
    void shouldEndAReadAtTheEndOfTheFile() {
        engine.transfers(BLOCK + 100);
        IoRequest cut = added(request().read(new FakeFile("short", BLOCK + 100, BLOCK), 0, memory.asSlice(0, 3 * BLOCK)));
        settle();
        engine.transfers(0);
        IoRequest beyond = added(request().read(new FakeFile("empty", 0, BLOCK), 0, memory.asSlice(0, 3 * BLOCK)));
        settle();

        assertThat(cut.state()).isEqualTo(State.DONE);
        assertThat(cut.bytes()).isEqualTo(BLOCK + 100);
        assertThat(beyond.state()).isEqualTo(State.DONE);
        assertThat(beyond.bytes()).isZero();
        assertThat(engine.rounds()).hasSize(2);
    }

    @Test
    void shouldGiveUpAWriteThatGetsNoFurther() {
        for (long stuck : new long[] {0, 512, -Errno.EAGAIN, -Errno.EINTR}) {
            engine.rounds().clear();
            engine.transfers(BLOCK);
            for (int i = 0; i < 17; i++) {
                engine.transfers(stuck);
            }
            IoRequest write = added(write(0, 2));
            settle();

            assertThat(write.errno()).as("stuck at %d", stuck).isEqualTo(Errno.EIO);
            assertThat(engine.rounds()).as("stuck at %d", stuck).hasSize(18);
        }
    }

    @Test
    void shouldNotCountOneRequestsTroubleAgainstAnother() {
        List<IoRequest> writes = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            engine.transfers(-Errno.EAGAIN, 0, -Errno.EINTR, -Errno.EAGAIN);
            writes.add(added(write(i, 1)));
        }
        settle();

        assertThat(writes).allSatisfy(write -> assertThat(write.state()).isEqualTo(State.DONE));
    }

    @Test
    void shouldStartCountingAnewWhenARequestIsPreparedAnew() {
        IoRequest write = request();
        for (int use = 0; use < 3; use++) {
            for (int i = 0; i < 16; i++) {
                engine.transfers(0);
            }
            queue.run(write.write(file, 0, memory.asSlice(0, BLOCK)));
            assertThat(write.state()).isEqualTo(State.DONE);
        }
    }

    @Test
    void shouldTakeMoreThanWasAskedForAnError() {
        engine.transfers(BLOCK + 1);
        IoRequest write = added(write(0, 1));
        settle();
        engine.transfers(BLOCK, BLOCK + 1);
        IoRequest second = added(write(0, 2));
        settle();

        assertThat(write.errno()).isEqualTo(Errno.EIO);
        assertThat(second.errno()).isEqualTo(Errno.EIO);
        assertThat(second.bytes()).isEqualTo(BLOCK);
    }

    @Test
    void shouldSyncOnceAndAcceptNoOddResult() {
        engine.transfers(0, 1, -Errno.EIO, -Errno.ENOSPC);
        IoRequest sync = added(request().dataSync(file));
        IoRequest odd = added(request().sync(file));
        IoRequest failed = added(request().dataSync(file));
        IoRequest full = added(request().sync(file));
        settle();

        assertThat(sync.state()).isEqualTo(State.DONE);
        assertThat(odd.errno()).isEqualTo(Errno.EIO);
        assertThat(failed.errno()).isEqualTo(Errno.EIO);
        assertThat(full.errno()).isEqualTo(Errno.ENOSPC);
        assertThat(engine.rounds()).hasSize(4);
    }

    @Test
    void shouldNotRepeatAFailedWrite() {
        engine.transfers(-Errno.EIO);
        IoRequest write = added(write(0, 1));

        assertThatThrownBy(() -> queue.await(write)).isInstanceOfSatisfying(IoFailureException.class,
            e -> assertThat(e.errno()).isEqualTo(Errno.EIO));
        assertThat(engine.rounds()).hasSize(1);
    }

    @Test
    void shouldHaveNothingInFlightAfterAFailure() {
        engine.transfers(-Errno.EIO, -Errno.ENOSPC);
        added(write(0, 1));
        added(write(1, 1));
        queue.submit();
        queue.reap(2, 0);

        assertThat(completed).extracting(IoRequest::state).containsExactly(IoRequest.State.FAILED, IoRequest.State.FAILED);
        assertThat(queue.pending()).as("else closing would wait for them for ever").isZero();
    }

    @Test
    void shouldLeaveAFailureToWhoWantsToLookAtIt() {
        engine.transfers(-Errno.EIO);
        IoRequest write = added(write(0, 1));
        queue.awaitSettled(write);

        assertThat(write.state()).isEqualTo(State.FAILED);
    }

    @Test
    void shouldRefuseMisalignedRequestsBeforeTheEngineSeesThem() {
        MemorySegment odd = memory.asSlice(512, BLOCK);
        assertMisaligned(request().write(file, 0, odd), "0x" + Long.toHexString(odd.address()));
        assertMisaligned(request().write(file, 100, memory.asSlice(0, BLOCK)), "offset 100,");
        assertMisaligned(request().read(file, 0, memory.asSlice(0, 1000)), "length 1000");
        assertMisaligned(request().read(file, 0, memory.asSlice(0, 0)), "length 0");
        assertMisaligned(request().read(file, -BLOCK, memory.asSlice(0, BLOCK)), "offset -4096");
        FakeFile coarse = new FakeFile("coarse", 1L << 30, 2 * BLOCK);
        assertMisaligned(request().write(coarse, BLOCK, memory.asSlice(0, 2 * BLOCK)), "multiple of 8192");

        settle();
        assertThat(engine.rounds()).isEmpty();
        assertThat(completed).isEmpty();
    }

    private void assertMisaligned(IoRequest request, String detail) {
        assertThatThrownBy(() -> queue.add(request)).isInstanceOf(MisalignedRequestException.class)
            .hasMessageContaining(request.file().path()).hasMessageContaining(request.kind().toString()).hasMessageContaining(detail);
        assertThat(request.state()).isEqualTo(State.READY);
    }

    @Test
    void shouldLetACompletionAddMore() {
        List<Long> offsets = new ArrayList<>();
        IoRequest chained = new IoRequest(done -> {
            offsets.add(done.offset());
            if (done.offset() < 5L * BLOCK) {
                queue.add(done.write(file, done.offset() + BLOCK, memory.asSlice(0, BLOCK)));
            }
        });
        queue.add(chained.write(file, 0, memory.asSlice(0, BLOCK)));
        queue.await(chained);

        assertThat(offsets).containsExactly(0L, 4096L, 8192L, 12288L, 16384L, 20480L);
    }

    @Test
    void shouldLetTheHandlerOfARefusedRequestAddAndSubmit() {
        engine.submits(-Errno.EBADF);
        IoRequest instead = write(9, 1);
        queue.add(new IoRequest(_ -> {
            queue.add(instead);
            queue.submit();
        }).write(file, 0, memory.asSlice(0, BLOCK)));
        IoRequest behind = added(write(1, 1));
        queue.submit();

        assertThat(engine.rounds()).containsExactly("WRITE 4096+4096", "WRITE 36864+4096");
        settle();
        assertThat(completed).containsExactly(behind, instead);
    }

    @Test
    void shouldCollectNothingWhenInterruptedOrTimedOut() {
        IoRequest write = added(write(0, 1));
        queue.submit();
        engine.reaps(-Errno.EINTR, 0);

        assertThat(queue.reap(1, 0)).isZero();
        assertThat(queue.reap(1, 0)).isZero();
        assertThat(write.isPending()).isTrue();
        assertThat(queue.reap(1, 0)).isEqualTo(1);
    }

    @Test
    void shouldNotAskTheEngineWhenNothingIsInFlight() {
        engine.reaps(-Errno.EINVAL);

        assertThat(queue.reap(0, 0)).isZero();
    }

    @Test
    void shouldReportAnEngineThatCannotCollect() {
        engine.reaps(-Errno.EINVAL);

        assertThatThrownBy(() -> queue.reap(1, 0)).isInstanceOf(IoFailureException.class).hasMessageContaining("EINVAL");
    }

    @Test
    void shouldFailWhatWaitsAndAwaitWhatIsInFlightWhenClosed() {
        List<IoRequest> writes = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            writes.add(added(write(i, 2)));
        }
        queue.submit();
        engine.transfers(BLOCK);
        queue.close();

        assertThat(engine.isClosed()).isTrue();
        assertThat(queue.pending()).isZero();
        assertThat(completed).containsExactlyInAnyOrderElementsOf(writes);
        assertThat(writes.get(0).errno()).as("its second half was never sent").isEqualTo(Errno.EIO);
        assertThat(writes.subList(1, 4)).allSatisfy(write -> assertThat(write.state()).isEqualTo(State.DONE));
        assertThat(writes.subList(4, 6)).allSatisfy(write -> assertThat(write.errno()).isEqualTo(Errno.EIO));
        assertThat(engine.rounds()).hasSize(4);
    }
}
