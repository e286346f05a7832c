package dev.varve.engine.aio.request;

import dev.varve.engine.aio.AioEvents;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;

/**
 * The one thread that reaps. It sleeps in the kernel while nothing is over, and ends when the queue is finished.
 *
 * <p>Invariant: no code of a caller runs here, unless his executor runs it in the thread that calls it.
 */
final class Reaper implements Runnable {
    private static final long WAIT_NS = 10_000_000_000L;
    /** How often a submission is tried again that the kernel would not take, while nothing is in flight. */
    private static final long RETRY_NS = 1_000_000;

    private final SharedContext<AioRequest> context;
    private final RequestQueue queue;
    private final Thread thread;

    Reaper(SharedContext<AioRequest> context, RequestQueue queue) {
        this.context = context;
        this.queue = queue;
        this.thread = Thread.ofPlatform().daemon().name("varve-aio-reaper").unstarted(this);
    }

    void start() {
        thread.start();
    }

    /** Whether the caller is the reaper, which must not wait for itself. */
    boolean isCaller() {
        return Thread.currentThread().equals(thread);
    }

    /** Waits until the thread has ended, whatever interrupts. */
    void join() {
        boolean isInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        try {
            reapToTheEnd();
        } finally {
            // After an error that nobody expected, nobody waits for ever.
            if (!queue.isFinished()) {
                queue.abandon();
            }
        }
    }

    private void reapToTheEnd() {
        AioEvents<AioRequest> events = new AioEvents<>();
        ReapLimits wait = new ReapLimits(1, context.depth(), WAIT_NS);
        ReapLimits retry = new ReapLimits(1, context.depth(), RETRY_NS);
        while (!queue.isFinished()) {
            int count = context.reap(events, queue.isStuck() ? retry : wait);
            if (count < 0 && count != -Errno.EINTR) {
                throw IoFailureException.of("reaping I/O completions", -count);
            }
            queue.reaped(events);
        }
    }
}
