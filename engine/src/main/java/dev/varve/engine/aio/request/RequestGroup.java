package dev.varve.engine.aio.request;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Requests that were submitted together. They succeed and fail each for itself; the group is over when all are.
 *
 * <p>Any thread.
 */
public final class RequestGroup {
    private final List<AioRequest> requests;
    private final AtomicInteger pending;
    /** Those before it are over, and are not asked again; which of two threads' values stays does not matter. */
    private volatile int firstLeft;
    private final CompletableFuture<RequestGroup> future = new CompletableFuture<>();

    RequestGroup(List<AioRequest> requests) {
        this.requests = List.copyOf(requests);
        this.pending = new AtomicInteger(requests.size());
        if (requests.isEmpty()) {
            future.complete(this);
        }
    }

    /** Begins to count those that are over; once. */
    void listen() {
        for (AioRequest request : requests) {
            request.listen(() -> {
                if (pending.decrementAndGet() == 0) {
                    request.executeAnyhow(() -> future.complete(this));
                }
            });
        }
    }

    /**
     * The requests.
     *
     * @return one for each operation that was not null, in their order
     */
    public List<AioRequest> requests() {
        return requests;
    }

    /**
     * Those that have not succeeded.
     *
     * @return the requests that have failed or were cancelled until now, in their order
     */
    public List<AioRequest> failures() {
        return requests.stream().filter(request -> request.state().isOver() && request.state() != AioRequest.State.DONE).toList();
    }

    /**
     * Whether all are over.
     *
     * @return true if none is queued or in flight
     */
    public boolean isOver() {
        int index = firstLeft;
        while (index < requests.size() && requests.get(index).state().isOver()) {
            index++;
        }
        firstLeft = index;
        return index == requests.size();
    }

    /**
     * A future of the group, completed once, on the executor, when all are over, however they went.
     *
     * @return a future that does not fail
     */
    public CompletableFuture<RequestGroup> future() {
        return future.copy();
    }
}
