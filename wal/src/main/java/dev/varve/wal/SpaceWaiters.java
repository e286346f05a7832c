package dev.varve.wal;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that were pushed back and wait for a batch to be opened. Any thread waits; the driver wakes.
 *
 * <p>A waiter enters itself, tries once more, and only then parks; so a batch that is opened in between is not missed.
 */
final class SpaceWaiters {
    private final ConcurrentLinkedQueue<Waiter> waiting = new ConcurrentLinkedQueue<>();

    /** A thread that waits; entered at most once at a time, however often it looks again by itself. */
    static final class Waiter {
        private final Thread thread = Thread.currentThread();
        private volatile boolean isEntered;
    }

    /** Enters the calling thread, unless it still is. */
    void enter(Waiter waiter) {
        if (!waiter.isEntered) {
            waiter.isEntered = true;
            waiting.add(waiter);
        }
    }

    /** Waits for a wake-up, for at most some time; may return early. */
    void park(long timeoutNs) {
        LockSupport.parkNanos(this, timeoutNs);
    }

    int count() {
        return waiting.size();
    }

    /** Wakes those who wait now; not those who come back while it works, lest it never ends. */
    void wakeAll() {
        for (int i = waiting.size(); i > 0; i--) {
            Waiter waiter = waiting.poll();
            if (waiter == null) {
                return;
            }
            waiter.isEntered = false;
            LockSupport.unpark(waiter.thread);
        }
    }
}
