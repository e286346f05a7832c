package dev.varve.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of requests when an engine or a completion handler throws: none is lost, and none the kernel may hold is given up. */
class ThrowingEngineTest {
    /** Takes so many requests of each call, then throws; tells of what it took when asked. */
    private static final class Throwing implements IoEngine {
        private final List<IoRequest> held = new ArrayList<>();
        private int takenBeforeThrow;

        @Override
        public int depth() {
            return 8;
        }

        @Override
        public StorageContract contract() {
            return StorageContract.DIRECT_AIO;
        }

        @Override
        public int submit(IoRequest[] requests, int from, int to) {
            for (int i = from; i < from + takenBeforeThrow; i++) {
                requests[i].taken(i);
                held.add(requests[i]);
            }
            throw new OutOfMemoryError("as if");
        }

        @Override
        public int reap(IoRequest[] done, int min, long timeoutNs) {
            int count = 0;
            for (IoRequest request : held) {
                request.transferred(0);
                done[count++] = request;
            }
            held.clear();
            return count;
        }

        @Override
        public void wakeUp() {
            // Nobody waits.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    private final Throwing engine = new Throwing();
    private final IoQueue queue = new IoQueue(engine);

    private List<IoRequest> add(int count, Completion completion) {
        List<IoRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            requests.add(new IoRequest(completion).sync(new FakeFile("file")));
            queue.add(requests.getLast());
        }
        return requests;
    }

    @Test
    void fault35ARequestThatTheEngineDidNotTakeBeforeItThrewIsStillWaiting() {
        List<IoRequest> requests = add(3, _ -> { });
        assertThatThrownBy(queue::submit).isInstanceOf(OutOfMemoryError.class);
        assertThat(queue.pending()).isEqualTo(3);
        queue.abandonWaiting();
        assertThat(requests).extracting(IoRequest::state).containsOnly(IoRequest.State.FAILED);
        assertThat(queue.pending()).isZero();
    }

    @Test
    void fault35ARequestThatTheKernelMayHoldIsInFlightUntilItIsReaped() {
        engine.takenBeforeThrow = 2;
        List<IoRequest> requests = add(3, _ -> { });
        assertThatThrownBy(queue::submit).isInstanceOf(OutOfMemoryError.class);
        queue.abandonWaiting();
        assertThat(requests).extracting(IoRequest::state)
            .containsExactly(IoRequest.State.IN_FLIGHT, IoRequest.State.IN_FLIGHT, IoRequest.State.FAILED);
        assertThat(queue.pending()).isEqualTo(2);
        assertThat(queue.oldest()).isNotNull();
        queue.reap(1, 0);
        assertThat(queue.pending()).isZero();
        assertThat(queue.oldest()).isNull();
    }

    @Test
    void fault35AHandlerThatThrowsKeepsNoOtherFromBeingTold() {
        engine.takenBeforeThrow = 3;
        List<IoRequest> told = new ArrayList<>();
        add(3, request -> {
            told.add(request);
            throw new StackOverflowError();
        });
        assertThatThrownBy(queue::submit).isInstanceOf(OutOfMemoryError.class);
        assertThatThrownBy(() -> queue.reap(1, 0)).isInstanceOf(StackOverflowError.class);
        assertThat(told).hasSize(3);
        assertThat(queue.pending()).isZero();
    }
}
