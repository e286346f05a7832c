package dev.varve.wal;

import java.util.concurrent.locks.LockSupport;

/**
 * Waits for another thread that is in the middle of a few instructions: yields some times, then sleeps for moments. Has no state.
 *
 * <p>Yielding alone may never end. Virtual threads that yield go to the front of what their carriers run next, and as long as there are two
 * of them, the one they wait for, woken from outside, does not get a carrier.
 */
final class Backoff {
    private static final int YIELDS = 16;
    private static final long SLEEP_NS = 50_000;

    private Backoff() {
    }

    /**
     * Waits a little, the longer the more often it was called.
     *
     * @param turn how often it was called for this wait, from 0
     */
    @SuppressWarnings("ThreadPriorityCheck") // Nothing relies on it: yielding only lets the other thread come sooner.
    static void pause(int turn) {
        if (turn < YIELDS) {
            Thread.yield();
        } else {
            LockSupport.parkNanos(SLEEP_NS);
        }
    }
}
