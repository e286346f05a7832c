package dev.varve.engine.aio.request;

import dev.varve.engine.aio.EventCounter;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Requests that are over, for a thread that waits for them by epoll beside other things. Each request adds one to the counter after it has
 * been put here, so as many can be taken as were counted.
 *
 * <p>Any thread.
 */
public final class CompletionQueue {
    private final EventCounter counter = EventCounter.open();
    private final ConcurrentLinkedQueue<AioRequest> over = new ConcurrentLinkedQueue<>();

    CompletionQueue() {
        // Made by AsyncIo alone.
    }

    /**
     * The counter, whose descriptor an epoll loop watches.
     *
     * @return the counter, closed with its {@link AsyncIo}
     */
    public EventCounter counter() {
        return counter;
    }

    /**
     * Takes the request that was over first.
     *
     * @return the request, null if there is none
     */
    public AioRequest poll() {
        return over.poll();
    }

    void add(AioRequest request) {
        over.add(request);
        counter.add();
    }

    void close() {
        counter.close();
    }
}
