package dev.varve.recovery;

import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.segment.LogId;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentStarter;
import dev.varve.engine.segment.SegmentStarter.Base;
import dev.varve.engine.segment.SegmentStarter.NewLife;

/**
 * The decree that an opening on a full disk could not carry out, because there was no spare and no space for a file. What it will say is
 * settled: the log's end is decided and durable, only the segment behind it is not begun. Whoever holds the lock may begin it once a file
 * can be had, in the order of {@link Decree}: file, manifest in both slots, header.
 *
 * @param segment     the number of the segment to begin
 * @param epoch       the new incarnation
 * @param durable     what the manifest is to call durable
 * @param predecessor the end of the segment before
 * @param base        where the new segment starts
 * @param refusal     why there is no file
 */
public record OutstandingDecree(long segment, long epoch, DurablePlace durable, Predecessor predecessor, Base base,
                                NoSpaceException refusal) {
    /**
     * The header to begin the segment with.
     *
     * @param logId the log
     * @param life  what is new about the segment, in the epoch of this decree
     * @return the header
     */
    public SegmentHeader header(LogId logId, NewLife life) {
        assert life.epoch() == epoch : life;
        return SegmentStarter.byDecree(logId, predecessor, base, life);
    }
}
