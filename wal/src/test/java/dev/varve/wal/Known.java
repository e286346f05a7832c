package dev.varve.wal;

import dev.varve.engine.segment.SegmentHeader;
import java.util.ArrayList;
import java.util.List;

/**
 * What a log knew, and had told, when its program stopped: what damage is measured by.
 *
 * @param segments   the live segments, lowest first
 * @param placed     every batch of these that was given to the disk
 * @param durable    D: every batch up to it is synced
 * @param anchored   the batch that the manifest on disk says is durable
 * @param durableLsn everything below was, or could have been, acknowledged
 * @param protectedLsn everything below was, or could have been, acknowledged as protected
 */
record Known(List<SegmentHeader> segments, List<BatchLedger.Placed> placed, long durable, long anchored, long durableLsn,
             long protectedLsn) {
    static Known of(SimulatedLog log, BatchLedger ledger) {
        List<SegmentHeader> segments = new ArrayList<>();
        SegmentList list = log.parts().segments();
        for (SegmentHeader header = list.lowest(); header != null; header = list.after(header.segment())) {
            segments.add(header);
        }
        DurablePosition position = log.parts().position();
        return new Known(segments, ledger.placed(segments), log.parts().commit().durable().batch(),
            log.parts().manifest().anchoredBatch(), position.durableLsn(), position.endLsn(AckLevel.PROTECTED));
    }

    SegmentHeader lastSegment() {
        return segments.getLast();
    }

    /** The batches that are synced. */
    List<BatchLedger.Placed> synced() {
        return placed.stream().filter(batch -> batch.number() <= durable).toList();
    }

    boolean isInLast(BatchLedger.Placed batch) {
        return batch.segment().equals(lastSegment());
    }

    /** Whether a batch lies in the blind window: acknowledged, and nothing on disk need say so. */
    boolean isInWindow(BatchLedger.Placed batch) {
        return isInLast(batch) && batch.number() > durable - batch.segment().geometry().unsyncedMax() && batch.number() > anchored
            && batch.endLsn() > protectedLsn;
    }
}
