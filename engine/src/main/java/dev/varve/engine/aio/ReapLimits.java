package dev.varve.engine.aio;

/**
 * How many events to reap and how long to wait for them, as {@code io_getevents} means it.
 *
 * @param min       how many to wait for; 0 never blocks, whatever the time
 * @param max       how many to reap at most, from {@code min}
 * @param timeoutNs how long to wait at most, from 0
 */
public record ReapLimits(int min, int max, long timeoutNs) {
    /**
     * Makes limits.
     *
     * @throws IllegalArgumentException if one is negative, or more are waited for than are to be reaped
     */
    public ReapLimits {
        if (min < 0 || max < min || timeoutNs < 0) {
            throw new IllegalArgumentException("impossible limits: min=" + min + " max=" + max + " timeoutNs=" + timeoutNs);
        }
    }

    /**
     * Whatever is there, without waiting.
     *
     * @param max how many at most
     * @return the limits
     */
    public static ReapLimits now(int max) {
        return new ReapLimits(0, max, 0);
    }
}
