package dev.varve.engine.segment;

import java.util.List;

/**
 * The index at the end of a sealed segment.
 *
 * @param entries     places of some batches, ascending
 * @param batchCount  data batches in the segment
 * @param recordCount records in the segment
 * @param digest      chain value of the last batch before the SEAL
 * @param firstTimeMs wall-clock time of the first data batch, 0 if none
 * @param lastTimeMs  wall-clock time of the last data batch, 0 if none
 */
public record Footer(List<Entry> entries, int batchCount, long recordCount, long digest, long firstTimeMs, long lastTimeMs) {
    /**
     * Where one batch lies.
     *
     * @param block         the block where it starts
     * @param batch         its number
     * @param firstSequence sequence of its first record
     * @param timeMs        wall-clock time when it was built
     */
    public record Entry(int block, long batch, long firstSequence, long timeMs) {
    }
}
