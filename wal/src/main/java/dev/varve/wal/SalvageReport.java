package dev.varve.wal;

import dev.varve.engine.segment.LogId;
import dev.varve.recovery.Hole;
import dev.varve.recovery.Islands;
import java.nio.file.Path;

/**
 * What a salvage took, and what is missing. Records keep their LSNs, sequences, kinds and times.
 *
 * @param source    the damaged log's directory; nothing in it was changed
 * @param target    the new log's directory
 * @param newLogId  the new log's id
 * @param found     the islands, the holes between them, and what was left out, with all positions as they were in the damaged log
 * @param segments  segments of the new log
 * @param batches   batches with records that were taken
 * @param records   records that were taken
 * @param endLsn    where the new log goes on
 */
public record SalvageReport(Path source, Path target, LogId newLogId, Islands found, int segments, long batches, long records,
                            long endLsn) {
    /**
     * How many records are known to be missing, as far as sequences tell.
     *
     * @return the sum over all holes of which the number is known
     */
    public long recordsMissing() {
        return found.holes().stream().mapToLong(hole -> Math.max(0, hole.records())).sum();
    }

    /**
     * Whether it is not known of every hole how many records are missing in it.
     *
     * @return true if there may be more than {@link #recordsMissing()}
     */
    public boolean isMoreMissing() {
        return found.holes().stream().mapToLong(Hole::records).anyMatch(count -> count < 0);
    }

    /**
     * Whether the new log holds all that the damaged one held.
     *
     * @return true if there is no hole
     */
    public boolean isComplete() {
        return found.holes().isEmpty();
    }
}
