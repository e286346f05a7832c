package dev.varve.wal;

import java.time.Duration;

/**
 * How long a thread waits at most, by the system's own clock. Any thread.
 *
 * @param startNs   when it began to wait
 * @param timeoutNs how long; {@link Long#MAX_VALUE} for ever
 */
record Deadline(long startNs, long timeoutNs) {
    /** Waits as long as it takes. */
    static final Deadline NEVER = new Deadline(0, Long.MAX_VALUE);

    /** So long from now; the clock is not read if that is for ever. */
    static Deadline after(long timeoutNs) {
        return timeoutNs == Long.MAX_VALUE ? NEVER : new Deadline(System.nanoTime(), timeoutNs);
    }

    /** What is left, at least 0. */
    long remainingNs() {
        return timeoutNs == Long.MAX_VALUE ? timeoutNs : Math.max(0, timeoutNs - (System.nanoTime() - startNs));
    }

    boolean isOver() {
        return remainingNs() == 0;
    }

    /** In an operator's words. */
    String text() {
        return Duration.ofNanos(timeoutNs).toMillis() + " ms";
    }
}
