package dev.varve.recovery;

import dev.varve.recovery.RecoveryOptions.Progress;
import java.util.Objects;

/**
 * How to inspect.
 *
 * @param walkAll  true to check every batch of every segment, false to walk only the last one
 * @param progress told how far the walk is, on the calling thread
 */
public record InspectionOptions(boolean walkAll, Progress progress) {
    /** Checks that nothing is missing. */
    public InspectionOptions {
        Objects.requireNonNull(progress, "progress");
    }
}
