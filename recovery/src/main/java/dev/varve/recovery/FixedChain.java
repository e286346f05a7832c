package dev.varve.recovery;

import dev.varve.engine.segment.SegmentHeader;
import java.util.List;

/**
 * A chain that was looked at once and does not grow.
 *
 * @param segments headers, lowest first, each the successor of the one before
 * @param endLsn   the end of what may be read
 */
record FixedChain(List<SegmentHeader> segments, long endLsn) implements SegmentChain {
    @Override
    public SegmentHeader lowest() {
        return segments.isEmpty() ? null : segments.getFirst();
    }

    @Override
    public SegmentHeader containing(long lsn) {
        for (int i = 0; i < segments.size(); i++) {
            SegmentHeader segment = segments.get(i);
            long end = i + 1 < segments.size() ? segments.get(i + 1).predecessor().endLsn() : segment.limitLsn();
            if (lsn < end) {
                return segment;
            }
        }
        return null;
    }

    @Override
    public SegmentHeader after(long segment) {
        for (SegmentHeader candidate : segments) {
            if (candidate.predecessor().exists() && candidate.predecessor().segment() == segment) {
                return candidate;
            }
        }
        return null;
    }
}
