package dev.varve.engine.aio.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A hundred thousand requests in the queue. Work is counted, not time: how often a request was looked at. */
@Timeout(120)
class LongQueueTest extends OpenRequests {
    private static final int COUNT = 100_000;
    private static final int WRITES_TO_A_SYNC = 500;
    /** Each comes, is given to the kernel (anew when one before it in the batch was refused), and goes. */
    private static final long LOOKS_MAX = 4L * COUNT;

    /** Nobody touches it, so it costs no memory. */
    private final RequestMemory large = RequestMemory.allocate((long) COUNT * BLOCK, BLOCK);

    /** Writes, each of its own memory, and a sync after each few hundred. */
    private List<Operation> writesAndSyncs(AsyncFile to) {
        List<Operation> all = new ArrayList<>(COUNT);
        for (int i = 1; all.size() < COUNT; i++) {
            boolean isSync = i % WRITES_TO_A_SYNC == 0;
            all.add(isSync ? Operation.dataSync(to) : Operation.write(to, 0, large.part((i - 1L) * BLOCK, BLOCK)));
        }
        return all;
    }

    @Test
    void theEndOfAWriteDoesNotLookAtTheWholeQueue() throws Exception {
        try (AsyncFile readOnly = io.file(directory.open("file", Directory.Access.READ)); EventCounter counter = EventCounter.open()) {
            occupyAllSlots(counter);
            // The kernel refuses each by itself, so that a hundred thousand come to an end without a disk.
            RequestGroup group = io.submitAll(writesAndSyncs(readOnly), Waiting.NOWAIT);
            assertThat(io.pending()).isEqualTo(COUNT + 8);
            counter.add();
            group.future().get(LONG.toSeconds(), TimeUnit.SECONDS);

            assertThat(group.isOver()).isTrue();
            assertThat(group.requests()).allSatisfy(request ->
                assertThat(request.errno()).isEqualTo(request.operation().isSync() ? 0 : Errno.EBADF));
            assertThat(io.looks()).isBetween(2L * COUNT, LOOKS_MAX);
        } finally {
            io.close();
            large.close();
        }
    }

    @Test
    void withdrawingAllOrEachDoesNotLookAtTheWholeQueueForEach() throws Exception {
        try (EventCounter counter = EventCounter.open()) {
            occupyAllSlots(counter);
            RequestGroup group = io.submitAll(writesAndSyncs(file), Waiting.NOWAIT);
            for (AioRequest request : group.requests().subList(COUNT / 2, COUNT)) {
                assertThat(io.cancel(request)).isEqualTo(CancelOutcome.CANCELLED);
            }
            assertThat(io.cancelAll(file)).isEqualTo(CancelOutcome.CANCELLED);

            assertThat(group.isOver()).isTrue();
            assertThat(group.requests()).allSatisfy(request -> assertThat(request.state()).isEqualTo(AioRequest.State.CANCELLED));
            assertThat(io.pending()).isEqualTo(8);
            assertThat(io.looks()).isBetween(2L * COUNT, LOOKS_MAX);
            counter.add();
        } finally {
            io.close();
            large.close();
        }
    }

    @Test
    void aSyncWaitsForEveryWriteBeforeItWhateverWasWithdrawnBetween() throws Exception {
        try (EventCounter counter = EventCounter.open()) {
            occupyAllSlots(counter);
            AioRequest first = write(0);
            AioRequest withdrawnSync = file.dataSync();
            AioRequest second = write(1);
            AioRequest lastSync = file.dataSync();
            AioRequest withdrawnWrite = write(2);
            AioRequest finalSync = file.sync();
            assertThat(io.cancel(withdrawnSync)).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(io.cancel(withdrawnWrite)).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(List.of(lastSync, finalSync)).extracting(AioRequest::state).containsOnly(AioRequest.State.QUEUED);
            List<AioRequest> order = new ArrayList<>();
            for (AioRequest request : List.of(first, second, lastSync, finalSync)) {
                request.listen(() -> order.add(request));
            }
            counter.add();
            over(finalSync);
            over(lastSync);
            io.close();

            assertThat(order.subList(0, 2)).containsExactlyInAnyOrder(first, second);
            assertThat(order.subList(2, 4)).containsExactlyInAnyOrder(lastSync, finalSync);
        } finally {
            io.close();
            large.close();
        }
    }
}
