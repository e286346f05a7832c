package dev.varve.wal;

import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.SegmentChain;
import java.util.ArrayList;
import java.util.List;

/**
 * The live segments of an open log and its durable end, for readers. The driver adds; any thread reads.
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

    SegmentHeader lowest() {
        return headers.getFirst();
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
