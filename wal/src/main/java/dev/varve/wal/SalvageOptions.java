package dev.varve.wal;

import dev.varve.recovery.RecoveryOptions.Progress;
import java.util.Objects;

/**
 * What a salvage takes, and whom it tells.
 *
 * @param presumeLinks   whether a segment is taken for the predecessor of one that cannot say so any more; safe if the log's end was never
 *                       truncated
 * @param unacknowledged whether batches behind damage are taken of which nothing says that they were acknowledged
 * @param progress       told how far it is, on the calling thread: first for the search, then for the copy
 */
public record SalvageOptions(boolean presumeLinks, boolean unacknowledged, Progress progress) {
    /** Checks that nothing is missing. */
    public SalvageOptions {
        Objects.requireNonNull(progress, "progress");
    }

    /**
     * Takes what certainly belongs to the log, and tells nobody.
     *
     * @return the options
     */
    public static SalvageOptions defaults() {
        return new SalvageOptions(false, false, Progress.NONE);
    }

    /**
     * The same options, but for the links that are lost.
     *
     * @param isPresumed whether they are presumed to lead to the next lower number
     * @return other options
     */
    public SalvageOptions withPresumedLinks(boolean isPresumed) {
        return new SalvageOptions(isPresumed, unacknowledged, progress);
    }

    /**
     * The same options, but for what was never acknowledged.
     *
     * @param isTaken whether it is taken
     * @return other options
     */
    public SalvageOptions withUnacknowledged(boolean isTaken) {
        return new SalvageOptions(presumeLinks, isTaken, progress);
    }

    /**
     * The same options, telling somebody else.
     *
     * @param newProgress told how far it is
     * @return other options
     */
    public SalvageOptions withProgress(Progress newProgress) {
        return new SalvageOptions(presumeLinks, unacknowledged, newProgress);
    }
}
