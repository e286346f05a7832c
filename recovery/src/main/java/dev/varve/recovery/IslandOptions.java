package dev.varve.recovery;

import java.util.Objects;

/**
 * How islands are searched.
 *
 * @param presumeLinks   whether a segment whose successor cannot say so any more is taken for the successor's predecessor
 * @param unacknowledged whether batches are taken that were never acknowledged, as far as is known
 * @param islandsMax     with more islands the search gives up, since memory is bounded
 * @param progress       told how far the search is, on the calling thread
 */
public record IslandOptions(boolean presumeLinks, boolean unacknowledged, int islandsMax, RecoveryOptions.Progress progress) {
    /** Takes nothing that is in doubt, and reports to nobody. */
    public static final IslandOptions DEFAULT = new IslandOptions(false, false, 1 << 16, RecoveryOptions.Progress.NONE);

    /** Checks that nothing is missing. */
    public IslandOptions {
        Objects.requireNonNull(progress, "progress");
        if (islandsMax < 1) {
            throw new IllegalArgumentException("not positive: islandsMax=" + islandsMax);
        }
    }
}
