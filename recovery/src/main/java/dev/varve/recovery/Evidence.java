package dev.varve.recovery;

import dev.varve.engine.segment.Defect;

/**
 * What the verdict rests on.
 *
 * @param lastBatch         n: number of the last valid batch of the walk
 * @param acknowledgedBatch E: the highest batch that something says was acknowledged or synced
 * @param source            what says so
 * @param stop              where and why the walk stopped
 * @param later             what lies behind the stop
 */
public record Evidence(long lastBatch, long acknowledgedBatch, Source source, Stop stop, Later later) {
    /** Where E comes from. */
    public enum Source {
        /** Nothing: there is no batch yet. */
        NONE,
        /** W of a batch that is itself valid. */
        WALKED_BATCH,
        /** W of a batch header behind the stop. */
        LATER_BATCH,
        /** The manifest's durable batch. */
        MANIFEST,
        /** The header of the next segment. */
        SUCCESSOR,
        /** The caller's own knowledge. */
        CALLER
    }

    /**
     * The place P where the walk stopped.
     *
     * @param segment number of the segment
     * @param block   the first block that is no valid batch
     * @param lsn     its LSN, which is the end of the log if nothing acknowledged is missing
     * @param defect  why the walk ended there; {@link Defect#NONE} if it is simply the end of the segment
     */
    public record Stop(long segment, int block, long lsn, Defect defect) {
    }

    /**
     * What was found behind the stop.
     *
     * @param headers      batch headers of this life that are valid in themselves
     * @param blocks       blocks that those batches claim: what recovery discards
     * @param highestBatch the highest batch number among them, 0 if none
     * @param unreadable   blocks that the device could not read
     */
    public record Later(long headers, long blocks, long highestBatch, long unreadable) {
        /** Nothing. */
        public static final Later NOTHING = new Later(0, 0, 0, 0);
    }

    /**
     * Whether acknowledged batches are missing.
     *
     * @return true if E lies beyond n
     */
    public boolean isAcknowledgedMissing() {
        return acknowledgedBatch > lastBatch;
    }
}
