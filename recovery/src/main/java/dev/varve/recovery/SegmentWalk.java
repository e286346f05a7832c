package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.FooterBuilder;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;

/**
 * A walk along one segment: what its valid batches say, and where and why they stop.
 *
 * <p>Owned by one thread. {@link #run} may be called again to go on from where it stopped, if a writer may have written meanwhile.
 */
final class SegmentWalk {
    private final SegmentHeader segment;
    private final BatchCursor cursor;
    private final FooterBuilder footer;
    /** For the last K + 1 batches: the block behind each, by its number modulo K + 1. */
    private final int[] endBlocks;
    private Position end;
    private BatchHeader last;
    private Defect stop = Defect.NONE;
    private long syncedMax;
    private BatchHeader impossible;
    private long epochMax;
    private long batches;
    private long records;
    private long payloadBytes;

    /**
     * Makes a walk from the start of a segment.
     *
     * @param segment the segment's header
     * @param cursor  stands at the segment's start
     */
    SegmentWalk(SegmentHeader segment, BatchCursor cursor) {
        this.segment = segment;
        this.cursor = cursor;
        this.footer = new FooterBuilder(segment);
        this.endBlocks = new int[segment.geometry().unsyncedMax() + 1];
        this.end = cursor.position();
        this.epochMax = segment.epoch();
    }

    /** Goes on until something is no valid batch, or there is no room for one. */
    void run() {
        stop = Defect.NONE;
        while (!cursor.isAtEnd() && stop == Defect.NONE) {
            stop = cursor.next();
            if (stop == Defect.NONE) {
                take(cursor.batch());
            }
        }
        end = cursor.position();
    }

    private void take(BatchHeader batch) {
        if (!BatchRule.isSyncedPossible(batch, segment.geometry().unsyncedMax()) || !isOrderPossible(last, batch)) {
            impossible = impossible == null ? batch : impossible;
        }
        last = batch;
        syncedMax = Math.max(syncedMax, batch.synced());
        epochMax = Math.max(epochMax, batch.epoch());
        endBlocks[(int) (batch.batch() % endBlocks.length)] = batch.endBlock();
        footer.add(batch);
        if (batch.kind() == Kind.DATA) {
            BatchHeader.Content content = batch.content();
            batches++;
            records += content.recordCount();
            payloadBytes += cursor.payloadBytes();
        }
    }

    /** A sealed segment takes no records, and one incarnation writes nothing behind its own CLOSE. */
    private static boolean isOrderPossible(BatchHeader before, BatchHeader batch) {
        if (before == null || before.kind() == Kind.DATA) {
            return true;
        }
        return before.kind() == Kind.SEAL ? batch.kind() == Kind.CLOSE : batch.epoch() > before.epoch();
    }

    SegmentHeader segment() {
        return segment;
    }

    /** Where it stopped: what a next batch would have to follow. Stays the same wherever the cursor goes afterwards. */
    Position end() {
        return end;
    }

    long endLsn() {
        return segment.lsnOfBlock(end().block());
    }

    /** Number n of the last valid batch; without any, one less than the first would have. */
    long lastBatch() {
        return end().lastBatch();
    }

    /** The last valid batch, null if there is none. */
    BatchHeader last() {
        return last;
    }

    /** Why it stopped; {@link Defect#NONE} at the end of the segment. */
    Defect stop() {
        return stop;
    }

    /** The highest W of the valid batches, 0 if there are none. */
    long syncedMax() {
        return syncedMax;
    }

    /** The first valid batch that says what no correct writer says, null if there is none. */
    BatchHeader impossible() {
        return impossible;
    }

    long epochMax() {
        return epochMax;
    }

    FooterBuilder footer() {
        return footer;
    }

    SegmentSummary.Content content() {
        return new SegmentSummary.Content(batches, records, payloadBytes, end().block() - 1L);
    }

    /** Whether it stopped exactly where the next segment says that this one ends. */
    boolean isExactly(Predecessor declared) {
        return end().lastBatch() == declared.batch() && end().chain() == declared.chain() && endLsn() == declared.endLsn()
            && declared.isEndSequence(end().sequence())
            && (last == null ? 0 : last.content().block()) == declared.block();
    }

    /**
     * The end of a batch among the last K + 1, or of the segment's beginning if the number is lower than all of them.
     *
     * @param batch a number up to {@link #lastBatch()}
     * @return an LSN at or before {@link #endLsn()}
     */
    long lsnBehind(long batch) {
        assert batch <= lastBatch() : batch;
        int walked = Math.toIntExact(Math.min(endBlocks.length, lastBatch() - segment.baseBatch() + 1));
        boolean isKnown = batch > lastBatch() - walked;
        return segment.lsnOfBlock(isKnown ? endBlocks[(int) (batch % endBlocks.length)] : 1);
    }
}
