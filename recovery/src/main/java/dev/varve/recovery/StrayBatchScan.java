package dev.varve.recovery;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.LogId;
import dev.varve.engine.segment.UnsupportedVersionException;

/**
 * Looks for batches in a file without a valid header: one that was written for this very segment shows that the file was begun and its
 * header is damaged. Owned by one thread.
 */
final class StrayBatchScan {
    /** What a scan found. */
    enum Result {
        /** No batch of this segment. */
        NOTHING,
        /** None, but not every block could be read. */
        NOTHING_READABLE,
        /** A batch header that is valid in itself. */
        BATCH
    }

    private final BlockStream stream;

    StrayBatchScan(BlockStream stream) {
        this.stream = stream;
    }

    /**
     * Scans a file.
     *
     * @param file    the file
     * @param segment the number that a batch must have
     * @param logId   the log that it must be of, null for any
     * @return what was found
     * @throws UnsupportedVersionException if a newer version wrote a batch of this segment
     */
    Result run(IoFile file, long segment, LogId logId) {
        // A file may claim any length and hold next to nothing; a segment's batches cannot lie further behind.
        stream.open(file, 0, Math.min(file.length(), Geometry.LENGTH_MAX));
        Result result = Result.NOTHING;
        // The block size is unknown without a header; every block starts at a multiple of the smallest one.
        for (long offset = 0; stream.load(offset); offset += Geometry.BLOCK_SIZE_MIN) {
            Defect defect = stream.defect(offset, Geometry.BLOCK_SIZE_MIN);
            if (defect == Defect.READ_ERROR) {
                result = Result.NOTHING_READABLE;
            } else if (defect == Defect.NONE && isBatch(offset, segment, logId)) {
                return Result.BATCH;
            }
        }
        return result;
    }

    private boolean isBatch(long offset, long segment, LogId logId) {
        Defect defect = BatchHeaderDescriptor.check(stream.memory(), stream.at(offset));
        if (defect != Defect.NONE && defect != Defect.VERSION) {
            return false;
        }
        BatchHeader.Life life = BatchHeaderDescriptor.life(stream.memory(), stream.at(offset));
        boolean isOwn = life.segment() == segment && (logId == null || life.logIdLow() == logId.low());
        if (isOwn && defect == Defect.VERSION) {
            throw new UnsupportedVersionException(NewerBatch.text(stream, offset));
        }
        return isOwn;
    }
}
