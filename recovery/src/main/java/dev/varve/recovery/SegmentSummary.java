package dev.varve.recovery;

import dev.varve.engine.segment.SegmentHeader;

/**
 * What one segment holds.
 *
 * @param header  its header
 * @param state   how it ends
 * @param endLsn  its end, exclusive
 * @param content what was counted; zeros if the segment was not walked
 */
public record SegmentSummary(SegmentHeader header, State state, long endLsn, Content content) {
    /** How a segment ends. */
    public enum State {
        /** A SEAL batch is its last. */
        SEALED,
        /** Its successor declares where it ends. */
        ENDED_BY_DECREE,
        /** It is the last one. */
        OPEN,
        /** It is the last one, and a CLOSE batch is its last. */
        CLOSED,
        /** The walk met damage in it. */
        DAMAGED
    }

    /**
     * What was counted.
     *
     * @param batches      data batches
     * @param records      records
     * @param payloadBytes bytes of payload, with what pads each record to a multiple of 8
     * @param usedBlocks   blocks that hold batches of any kind
     */
    public record Content(long batches, long records, long payloadBytes, long usedBlocks) {
        /** Nothing. */
        public static final Content NOTHING = new Content(0, 0, 0, 0);
    }
}
