package dev.varve.recovery;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.DecisionTable.Facts;
import dev.varve.recovery.DecisionTable.LastBatch;
import dev.varve.recovery.DecisionTable.ReadErrors;

/**
 * The segment in which the log ends: walks it, gathers the evidence, and states the facts for the decision table.
 *
 * <p>Owned by one thread. While a writer is at work, evidence is newer than the walk before it; so the walk is repeated behind the evidence
 * until it either reaches what the evidence speaks of or stops a second time at the same place. Without a writer it is repeated once:
 * a read that was answered with what lies elsewhere must not end a log.
 */
final class LastSegment {
    private static final int ROUNDS_MAX = 64;

    private final SegmentHeader segment;
    private final Inventory inventory;
    private final BlockStream stream;
    private final BatchCursor cursor;
    private SegmentWalk walk;
    private EvidenceScan scan;
    private boolean callerMisses;
    private boolean isReadTwice;

    LastSegment(Inventory inventory, BlockStream stream, BatchCursor cursor) {
        this.segment = inventory.last();
        this.inventory = inventory;
        this.stream = stream;
        this.cursor = cursor;
    }

    /**
     * Walks and scans.
     *
     * @param file   the segment's file
     * @param isLive whether a writer may be at work
     */
    void run(IoFile file, boolean isLive) {
        Geometry geometry = segment.geometry();
        long limit = (long) geometry.copyBlock() * geometry.blockSize();
        stream.open(file, geometry.blockSize(), limit);
        cursor.start(segment, geometry.copyBlock(), inventory.manifest().durable());
        walk = new SegmentWalk(segment, cursor);
        walk.run();
        rescan();
        for (int round = 0; isToBeRepeated(round, isLive); round++) {
            long lastBatch = walk.lastBatch();
            // Opened anew, so that what was read before is not believed a second time.
            stream.open(file, (long) walk.end().block() * geometry.blockSize(), limit);
            walk.run();
            if (walk.lastBatch() == lastBatch) {
                return;
            }
            isReadTwice |= !isLive;
            if (walk.lastBatch() < acknowledged() || !isLive) {
                rescan();
            }
        }
    }

    private boolean isToBeRepeated(int round, boolean isLive) {
        return isLive ? round < ROUNDS_MAX && acknowledged() > walk.lastBatch() : round == 0;
    }

    /** Whether the walk went further when it was repeated although no writer is at work: the first time a read gave other bytes. */
    boolean isReadTwice() {
        return isReadTwice;
    }

    private void rescan() {
        scan = new EvidenceScan(stream, segment);
        scan.run(walk.end());
    }

    /**
     * Takes into account what the caller knows was acknowledged.
     *
     * @param minDurableLsn an LSN, 0 for none
     */
    void expect(long minDurableLsn) {
        if (minDurableLsn == 0) {
            return;
        }
        callerMisses = minDurableLsn >= walk.endLsn();
        for (SegmentHeader header : inventory.segments()) {
            // Between a segment's declared end and its successor's beginning there are no records, also if the segment was dropped since.
            callerMisses |= minDurableLsn >= header.predecessor().endLsn() && minDurableLsn < header.baseLsn();
        }
    }

    SegmentWalk walk() {
        return walk;
    }

    EvidenceScan scan() {
        return scan;
    }

    /** E without what the caller knows. */
    private long acknowledged() {
        return Math.max(Math.max(walk.syncedMax(), scan.syncedMax()), inventory.manifest().durable().batch());
    }

    /** A header that says what no correct writer says, null if there is none. */
    BatchHeader impossible() {
        return walk.impossible() == null ? scan.impossible() : walk.impossible();
    }

    /** A number that no correct writer reaches, in words; null if there is none. */
    String excess() {
        return NumberLimit.excess(inventory, walk, scan);
    }

    Evidence evidence() {
        Evidence.Source source = Evidence.Source.NONE;
        long highest = 0;
        if (walk.syncedMax() > highest) {
            source = Evidence.Source.WALKED_BATCH;
            highest = walk.syncedMax();
        }
        if (scan.syncedMax() > highest) {
            source = Evidence.Source.LATER_BATCH;
            highest = scan.syncedMax();
        }
        if (inventory.manifest().durable().batch() > highest) {
            source = Evidence.Source.MANIFEST;
            highest = inventory.manifest().durable().batch();
        }
        if (callerMisses && highest <= walk.lastBatch()) {
            source = Evidence.Source.CALLER;
            highest = walk.lastBatch() + 1;
        }
        Evidence.Stop stop = new Evidence.Stop(segment.segment(), walk.end().block(), walk.endLsn(), walk.stop());
        return new Evidence(walk.lastBatch(), highest, source, stop, later());
    }

    /** What lies behind the stop: nothing, if the walk has passed since whatever the search for evidence had found. */
    private Evidence.Later later() {
        Evidence.Later found = scan.later();
        return found.highestBatch() > walk.lastBatch() ? found : new Evidence.Later(0, 0, 0, found.unreadable());
    }

    /** What the facts mean, if no writer is at work. */
    Verdict verdict() {
        return DecisionTable.decide(facts());
    }

    private Facts facts() {
        return new Facts(impossible() != null || excess() != null, evidence().isAcknowledgedMissing(), readErrors(), lastBatch(walk.last()),
            later().headers() > 0, inventory.manifest().cleanClose());
    }

    private ReadErrors readErrors() {
        if (walk.stop() == Defect.READ_ERROR) {
            return ReadErrors.AT_STOP;
        }
        if (scan.isUnreadableNear()) {
            return ReadErrors.NEAR;
        }
        return scan.later().unreadable() > 0 ? ReadErrors.FAR : ReadErrors.NONE;
    }

    static LastBatch lastBatch(BatchHeader last) {
        if (last == null) {
            return LastBatch.NONE;
        }
        return switch (last.kind()) {
            case DATA -> LastBatch.DATA;
            case SEAL -> LastBatch.SEAL;
            case CLOSE -> LastBatch.CLOSE;
        };
    }

    /** The end of what is known to be durable while a writer is at work. */
    long durableEndLsn() {
        return walk.lsnBehind(Math.min(acknowledged(), walk.lastBatch()));
    }
}
