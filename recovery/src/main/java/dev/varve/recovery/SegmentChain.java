package dev.varve.recovery;

import dev.varve.engine.segment.SegmentHeader;

/**
 * The segments that a reader goes through, and how far it may go. It may grow while it is read, and lose segments at its beginning.
 *
 * <p>A segment ends where its successor's {@link SegmentHeader#predecessor()} says; the last one at {@link #endLsn()}.
 */
public interface SegmentChain {
    /**
     * The oldest segment that is there still, as far as this chain knows. Only rises.
     *
     * @return its header, null if the chain is empty
     */
    SegmentHeader lowest();

    /**
     * The segment to begin in.
     *
     * @param lsn where reading begins; at or before the first record is the first record
     * @return the segment whose range holds {@code lsn} or else the first one behind it; null if there is none
     */
    SegmentHeader containing(long lsn);

    /**
     * The segment behind another.
     *
     * @param segment a number that this chain gave out
     * @return the header of its successor, null if it has none yet, or if that was dropped
     */
    SegmentHeader after(long segment);

    /**
     * The end of what may be read; a batch is whole on either side of it. Only grows.
     *
     * @return an LSN, exclusive, at a block boundary
     */
    long endLsn();
}
