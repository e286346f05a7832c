package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.SegmentHeader;

/**
 * Looks at every block from the place where a walk stopped to the end of the segment for headers that are valid in themselves. Neither a
 * bad block, nor a zero one, nor one that cannot be read ends it.
 *
 * <p>Owned by one thread; one scan.
 */
final class EvidenceScan {
    private final BlockStream stream;
    private final SegmentHeader segment;
    private long headers;
    private long blocks;
    private long highestBatch;
    private long syncedMax;
    private long epochMax;
    private BatchHeader impossible;
    private long unreadable;
    private boolean isUnreadableNear;

    EvidenceScan(BlockStream stream, SegmentHeader segment) {
        this.stream = stream;
        this.segment = segment;
    }

    /**
     * Scans.
     *
     * @param stop where the walk stopped
     * @throws dev.varve.engine.segment.UnsupportedVersionException if a newer version wrote one of the headers
     */
    void run(Position stop) {
        Geometry geometry = segment.geometry();
        long nearEnd = stop.block() + (geometry.unsyncedMax() + 1L) * geometry.batchBlocksMax();
        for (int block = stop.block(); block < geometry.copyBlock(); block++) {
            long offset = (long) block * geometry.blockSize();
            if (!stream.load(offset)) {
                return;
            }
            Defect defect = stream.defect(offset, geometry.blockSize());
            if (defect == Defect.READ_ERROR) {
                unreadable++;
                isUnreadableNear |= block < nearEnd;
            } else if (defect == Defect.NONE) {
                look(offset, block, stop);
            }
        }
    }

    private void look(long offset, int block, Position stop) {
        Defect defect = BatchHeaderDescriptor.check(stream.memory(), stream.at(offset));
        if (defect == Defect.VERSION) {
            NewerBatch.refuse(stream, offset, segment);
        } else if (defect == Defect.NONE) {
            look(BatchHeaderDescriptor.decode(stream.memory(), stream.at(offset)), block, stop);
        }
    }

    private void look(BatchHeader header, int block, Position stop) {
        if (BatchRule.belongs(header, segment, block) != Defect.NONE) {
            return;
        }
        if (!BatchRule.isSyncedPossible(header, segment.geometry().unsyncedMax())) {
            impossible = impossible == null ? header : impossible;
        }
        if (header.batch() <= stop.lastBatch()) {
            return;
        }
        headers++;
        blocks += header.content().blocks();
        highestBatch = Math.max(highestBatch, header.batch());
        syncedMax = Math.max(syncedMax, header.synced());
        epochMax = Math.max(epochMax, header.epoch());
    }

    Evidence.Later later() {
        return new Evidence.Later(headers, blocks, highestBatch, unreadable);
    }

    /** The highest W among the headers found, 0 if there are none. */
    long syncedMax() {
        return syncedMax;
    }

    long epochMax() {
        return epochMax;
    }

    /** The first header that says what no correct writer says, null if there is none. */
    BatchHeader impossible() {
        return impossible;
    }

    /** Whether a block could not be read where acknowledged batches may lie. */
    boolean isUnreadableNear() {
        return isUnreadableNear;
    }
}
