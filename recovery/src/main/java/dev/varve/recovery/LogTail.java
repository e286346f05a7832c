package dev.varve.recovery;

import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.FooterBuilder;
import dev.varve.engine.segment.SegmentFile;

/**
 * Where a writer goes on: everything it needs to build the next batch. Only recovery makes one.
 *
 * @param segment the segment to go on in, begun, open for writing
 * @param next    what the next batch must follow; its epoch is the new one
 * @param footer  the segment's footer so far
 */
public record LogTail(SegmentFile segment, BatchRule.Position next, FooterBuilder footer) {
    /**
     * The end of the log.
     *
     * @return LSN of the block where the next batch starts
     */
    public long endLsn() {
        return segment.header().lsnOfBlock(next.block());
    }
}
