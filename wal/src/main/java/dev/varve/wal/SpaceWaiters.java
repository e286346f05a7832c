package dev.varve.wal;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that were pushed back and wait for a batch to be opened. Any thread waits; the driver wakes.
 *
 * <p>A waiter enters itself, tries once more, and only then parks; so a batch that is opened in between is not missed.
 */
final class SpaceWaiters {
    private final ConcurrentLinkedQueue<Thread> waiting = new ConcurrentLinkedQueue<>();

    void enter() {
        waiting.add(Thread.currentThread());
    }

    /** Waits for a wake-up, for at most some time; may return early. */
    void park(long timeoutNs) {
        LockSupport.parkNanos(this, timeoutNs);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    void wakeAll() {
        for (Thread thread = waiting.poll(); thread != null; thread = waiting.poll()) {
            LockSupport.unpark(thread);
        }
    }
}
