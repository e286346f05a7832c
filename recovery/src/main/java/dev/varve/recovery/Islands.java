package dev.varve.recovery;

import dev.varve.engine.segment.LogId;
import java.util.List;

/**
 * What is undamaged of a log, and what is not.
 *
 * @param logId   the log
 * @param islands runs of valid batches that belong to the log, in its order
 * @param holes   what is missing, in the log's order
 * @param leftOut valid batches that do not belong to the log, or perhaps not
 * @param bounds  where the log began and ended
 * @param notes   what is odd or was presumed, in sentences
 */
public record Islands(LogId logId, List<Island> islands, List<Hole> holes, List<LeftOut> leftOut, Bounds bounds, List<String> notes) {
    /**
     * Batches that were found whole and not taken.
     *
     * @param segment    the segment's number
     * @param firstBatch number of the first
     * @param lastBatch  number of the last
     * @param fromByte   where in the segment's file they start
     * @param reason     why they were not taken
     */
    public record LeftOut(long segment, long firstBatch, long lastBatch, long fromByte, String reason) {
    }

    /**
     * Where the log began and ended, as far as that is known.
     *
     * @param isFromOrigin  whether the first island begins where the log was once begun
     * @param headLsn       before it the log had been truncated, 0 if it had not, or if that is not known
     * @param headSequence  sequence of the first record that it had, 0 if unknown
     * @param limitLsn      no LSN from here on was ever given out
     * @param endSequence   no record that was acknowledged is known to have this sequence or a higher one
     * @param epoch         the highest that was seen
     */
    public record Bounds(boolean isFromOrigin, long headLsn, long headSequence, long limitLsn, long endSequence, long epoch) {
    }

    /**
     * Whether something is missing before an island.
     *
     * @param island its index, or the number of islands for what lies behind the last one
     * @return true if a hole lies there
     */
    public boolean isHoleBefore(int island) {
        return holes.stream().anyMatch(hole -> hole.island() == island);
    }
}
