package dev.varve.wal;

/**
 * When the open batch is closed. The whole of group commit's policy is here.
 *
 * <pre>
 *   full                          at once, by whoever fills it
 *   another batch is un-synced    when its delay is over: meanwhile it gathers what will share the next sync
 *   nothing is un-synced          at once, but for the linger
 * </pre>
 *
 * <p>The linger: threads that the last batch has released come back within microseconds, and if the next batch leaves without them it is
 * half empty. So it waits until as many records are there as threads were released, for at most {@value #LINGER_MAX_NS} ns or a quarter of
 * a durable cycle. It is worth it only while threads do come back: the rate with and without is measured window by window, and it switches
 * itself off while it gains less than a tenth.
 *
 * <p>Owned by the driver; pure, time is given to it.
 */
final class ClosingRule {
    private static final long LINGER_MAX_NS = 30_000;
    private static final int WINDOW_BATCHES = 32;
    /** Of so many windows one is a probe of the other way. */
    private static final int WINDOWS_PER_PROBE = 16;
    private static final double GAIN_MIN = 1.1;

    private final long batchDelayNs;
    private int released;
    private long releasedNs;
    private double cycleNs;

    private boolean isWorthIt = true;
    private boolean isProbe = true;
    private int windows;
    private int windowBatches;
    private long windowRecords;
    private long windowStartNs;
    private double rateWith;
    private double rateWithout;

    ClosingRule(long batchDelayNs) {
        this.batchDelayNs = batchDelayNs;
    }

    /**
     * A batch has become durable.
     *
     * @param records how many it held
     * @param threads how many threads it released
     * @param tookNs  from its submission
     * @param nowNs   the clock
     */
    void durable(int records, int threads, long tookNs, long nowNs) {
        cycleNs = cycleNs == 0 ? tookNs : cycleNs + (tookNs - cycleNs) / 8;
        released = threads;
        releasedNs = nowNs;
        if (threads > 1) {
            measure(records, nowNs);
        }
    }

    private void measure(int records, long nowNs) {
        if (windowBatches++ == 0) {
            // The first only starts the window's clock.
            windowStartNs = nowNs;
            return;
        }
        windowRecords += records;
        if (windowBatches <= WINDOW_BATCHES) {
            return;
        }
        double rate = windowRecords / (double) Math.max(1, nowNs - windowStartNs);
        if (isLingerOn()) {
            rateWith = rateWith == 0 ? rate : (rateWith + rate) / 2;
        } else {
            rateWithout = rateWithout == 0 ? rate : (rateWithout + rate) / 2;
        }
        if (rateWith != 0 && rateWithout != 0) {
            isWorthIt = rateWith >= GAIN_MIN * rateWithout;
        }
        isProbe = ++windows % WINDOWS_PER_PROBE == 0;
        windowBatches = 0;
        windowRecords = 0;
    }

    /** Whether batches linger in the present window. */
    boolean isLingerOn() {
        return isWorthIt != isProbe;
    }

    /**
     * Whether an open batch that holds records is closed now.
     *
     * @param unsynced batches that are un-synced
     * @param records  places given out in the open batch
     * @param sinceNs  when it was first seen to hold any
     * @param nowNs    the clock
     * @return true to close it
     */
    boolean isToBeClosed(int unsynced, int records, long sinceNs, long nowNs) {
        if (unsynced > 0) {
            return nowNs - sinceNs >= batchDelayNs;
        }
        return !isLingering(records, nowNs);
    }

    /**
     * Whether it is worth waiting, without sleeping, for threads that will be back at once. Only while nothing is un-synced.
     *
     * @param records places given out in the open batch
     * @param nowNs   the clock
     * @return true while more are expected
     */
    boolean isLingering(int records, long nowNs) {
        return released > 1 && records < released && isLingerOn() && nowNs - releasedNs < lingerNs();
    }

    /** How long a batch lingers at most. */
    long lingerNs() {
        return Math.min(LINGER_MAX_NS, (long) (cycleNs / 4));
    }

    long batchDelayNs() {
        return batchDelayNs;
    }
}
