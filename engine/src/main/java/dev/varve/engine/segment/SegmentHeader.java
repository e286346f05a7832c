package dev.varve.engine.segment;

import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageSummary;

/**
 * A segment's header: who it is, its measures, and where the log stood when it was begun.
 *
 * @param logId        the log it belongs to
 * @param segment      its number, from 1
 * @param salt         random bits of this life of the file
 * @param epoch        the writer's incarnation that began it
 * @param geometry     its measures
 * @param origin       how its bytes get to disk, and how it was prepared
 * @param baseLsn      LSN of byte 0
 * @param baseBatch    number of its first batch
 * @param baseSequence sequence of its first record
 * @param predecessor  the segment before it
 */
public record SegmentHeader(LogId logId, long segment, long salt, long epoch, Geometry geometry, Origin origin,
                            long baseLsn, long baseBatch, long baseSequence, Predecessor predecessor) {
    /** How the file was made ready before it was begun. */
    public enum Preparation {
        /** Every block was written with zeros before, so that syncs commit no file metadata. */
        ZEROED(1),
        /** Only allocated: the writer overtook the preparation. */
        ALLOCATED(2),
        /** An earlier segment's file, whose blocks hold what that life left. */
        RECYCLED(3);

        private final int code;

        Preparation(int code) {
            this.code = code;
        }

        /**
         * The value stored on disk.
         *
         * @return from 1
         */
        public int code() {
            return code;
        }

        static Preparation of(int code) {
            return code >= 1 && code <= values().length ? values()[code - 1] : null;
        }
    }

    /**
     * How the file came to be.
     *
     * @param contract    how bytes get to disk
     * @param preparation how the file was made ready
     * @param storage     what was known of the storage below
     */
    public record Origin(StorageContract contract, Preparation preparation, StorageSummary storage) {
    }

    /**
     * The LSN just behind the file: where the next segment's base may lie at the earliest.
     *
     * @return base LSN plus the file's length
     */
    public long limitLsn() {
        return baseLsn + geometry.length();
    }

    /**
     * The LSN of a block's first byte.
     *
     * @param block a block number
     * @return the LSN
     */
    public long lsnOfBlock(long block) {
        return baseLsn + block * geometry.blockSize();
    }

    /**
     * The LSN of the segment's first record, if it holds one.
     *
     * @return LSN behind the header of a batch in block 1
     */
    public long firstLsn() {
        return lsnOfBlock(1) + BatchHeaderDescriptor.LENGTH;
    }
}
