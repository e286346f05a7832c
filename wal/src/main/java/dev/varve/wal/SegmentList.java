package dev.varve.wal;

import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.SegmentChain;
import java.util.ArrayList;
import java.util.List;

/**
 * The live segments of an open log and its durable end, for readers. The driver adds and drops; any thread reads.
 */
final class SegmentList implements SegmentChain {
    private final DurablePosition durable;
    private volatile List<SegmentHeader> headers;

    SegmentList(List<SegmentHeader> headers, DurablePosition durable) {
        this.headers = List.copyOf(headers);
        this.durable = durable;
    }

    /** A segment has been begun: its header is durable. */
    void add(SegmentHeader header) {
        List<SegmentHeader> longer = new ArrayList<>(headers);
        longer.add(header);
        headers = List.copyOf(longer);
    }

    /**
     * The first segment that must stay if all records below an LSN may go: never one behind the last, which is being written.
     *
     * @param lsn may lie anywhere
     * @return its number
     */
    long lowestFor(long lsn) {
        int index = 0;
        while (index + 1 < headers.size() && headers.get(index + 1).predecessor().endLsn() <= lsn) {
            index++;
        }
        assert index == 0 || headers.get(index).predecessor().endLsn() <= endLsn() : "only what is durable has a successor";
        return headers.get(index).segment();
    }

    /**
     * Forgets the segments below another, before their files are touched: whoever reads in one finds out here.
     *
     * @param segment the lowest that stays
     * @return those that are forgotten, lowest first
     */
    List<SegmentHeader> dropBelow(long segment) {
        List<SegmentHeader> dropped = headers.stream().filter(header -> header.segment() < segment).toList();
        headers = List.copyOf(headers.subList(dropped.size(), headers.size()));
        return dropped;
    }

    @Override
    public SegmentHeader lowest() {
        return headers.getFirst();
    }

    /** The LSN of the oldest retained record, or of the first to come. */
    long headLsn() {
        return lowest().firstLsn();
    }

    int count() {
        return headers.size();
    }

    @Override
    public SegmentHeader containing(long lsn) {
        for (SegmentHeader header : headers) {
            if (lsn < header.limitLsn()) {
                return header;
            }
        }
        return null;
    }

    @Override
    public SegmentHeader after(long segment) {
        for (SegmentHeader header : headers) {
            if (header.predecessor().segment() == segment && header.predecessor().exists()) {
                return header;
            }
        }
        return null;
    }

    @Override
    public long endLsn() {
        return durable.durableLsn();
    }
}
