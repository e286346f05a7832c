package dev.varve.recovery;

import dev.varve.engine.segment.SegmentHeader;

/**
 * A run of consecutive valid batches in one segment, found without regard to what lies before it.
 *
 * @param segment        the segment's header; put together from its batches if it has none any more
 * @param isHeaderFound  whether the header or its copy was there
 * @param isAcknowledged whether its batches belong to the log for certain; otherwise they were taken because the caller asked for them
 * @param run            where it lies and what it holds
 */
public record Island(SegmentHeader segment, boolean isHeaderFound, boolean isAcknowledged, Run run) {
    /**
     * Consecutive valid batches.
     *
     * @param startBlock the block where the first one starts
     * @param endBlock   the block behind the last one with records: a SEAL or CLOSE at the end holds none and does not count
     * @param first      the first batch
     * @param last       the last batch with records
     * @param count      what it holds
     */
    public record Run(int startBlock, int endBlock, Place first, Place last, Count count) {
    }

    /**
     * Which batch it is.
     *
     * @param batch    its number
     * @param epoch    its epoch
     * @param sequence of its first record if it is the first of a run, of the next record behind it if it is the last
     */
    public record Place(long batch, long epoch, long sequence) {
    }

    /**
     * What a run holds.
     *
     * @param batches batches with records
     * @param records records
     */
    public record Count(long batches, long records) {
    }

    /**
     * The LSN of its first byte.
     *
     * @return an LSN at a block boundary
     */
    public long startLsn() {
        return segment.lsnOfBlock(run.startBlock());
    }

    /**
     * The LSN behind its last batch with records.
     *
     * @return an LSN at a block boundary
     */
    public long endLsn() {
        return segment.lsnOfBlock(run.endBlock());
    }

    /**
     * Sequence of its first record.
     *
     * @return from 1
     */
    public long firstSequence() {
        return run.first().sequence();
    }

    /**
     * Sequence of the record behind its last one.
     *
     * @return from 1
     */
    public long endSequence() {
        return run.last().sequence();
    }
}
