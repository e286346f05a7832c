package dev.varve.wal;

/** Since when something has been the case. By the driver's clock; owned by the driver. */
final class Stopwatch {
    private boolean isRunning;
    private long sinceNs;

    /** It is the case now, and may have been before. */
    void start(long nowNs) {
        if (!isRunning) {
            isRunning = true;
            sinceNs = nowNs;
        }
    }

    /** It is not the case any more. */
    void stop() {
        isRunning = false;
    }

    /** Since when; only while it is running. */
    long sinceNs() {
        assert isRunning;
        return sinceNs;
    }

    /** When it will have been the case for so long; {@link Long#MAX_VALUE} if it is not. */
    long dueNs(long limitNs) {
        return isRunning ? sinceNs + limitNs : Long.MAX_VALUE;
    }
}
