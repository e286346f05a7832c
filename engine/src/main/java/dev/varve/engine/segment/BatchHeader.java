package dev.varve.engine.segment;

/**
 * A batch's header: who it is, where it belongs, what it follows, and how far the log was synced when it was built.
 *
 * @param kind     data, seal or close
 * @param life     the segment life it was written in
 * @param epoch    the writer's incarnation
 * @param batch    its number
 * @param content  its records and its extent
 * @param timeMs   wall-clock time when it was built, for information only
 * @param synced   W: the highest batch known to be synced when this header was built
 * @param previousChain chain value of the batch before
 * @param bodyCrc  CRC of everything behind the header up to the end of the last block
 * @param headerCrc CRC of the header; computed by {@link BatchHeaderDescriptor#encode}
 */
public record BatchHeader(Kind kind, Life life, long epoch, long batch, Content content, long timeMs, long synced,
                          long previousChain, int bodyCrc, int headerCrc) {
    private static final long CHAIN_MULTIPLIER = 0x9E3779B97F4A7C15L;

    /** What a batch is for. */
    public enum Kind {
        /** Holds records. */
        DATA(1),
        /** The last of a sealed segment; its body is the footer. */
        SEAL(2),
        /** Written by a clean close; empty. */
        CLOSE(3);

        private final int code;

        Kind(int code) {
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

        static Kind of(int code) {
            return code >= 1 && code <= values().length ? values()[code - 1] : null;
        }
    }

    /**
     * One life of one segment file.
     *
     * @param logIdLow lower half of the log's id
     * @param salt     the life's salt
     * @param segment  the segment's number
     */
    public record Life(long logIdLow, long salt, long segment) {
        /**
         * The life that a segment header begins.
         *
         * @param header the header
         * @return its life
         */
        public static Life of(SegmentHeader header) {
            return new Life(header.logId().low(), header.salt(), header.segment());
        }
    }

    /**
     * What a batch holds and where.
     *
     * @param block         the block where it starts
     * @param blocks        how many it takes
     * @param bodyLength    bytes behind the header that are not padding
     * @param firstSequence sequence of its first record
     * @param recordCount   how many records
     */
    public record Content(int block, int blocks, int bodyLength, long firstSequence, int recordCount) {
    }

    /**
     * The value by which the next batch refers to this one, and so to everything before it.
     *
     * @return header CRC in the upper, body CRC in the lower half, times an odd constant
     */
    public long chain() {
        // The header CRC covers the body CRC that lies before it, and a CRC over both does not depend on either. Without the product the
        // next header's CRC, and with it the rest of the chain, would be the same whatever this body holds.
        return ((long) headerCrc << Integer.SIZE | Integer.toUnsignedLong(bodyCrc)) * CHAIN_MULTIPLIER;
    }

    /**
     * The block behind the batch.
     *
     * @return block plus blocks
     */
    public int endBlock() {
        return content.block() + content.blocks();
    }

    /**
     * Sequence of the first record behind the batch.
     *
     * @return first sequence plus record count
     */
    public long endSequence() {
        return content.firstSequence() + content.recordCount();
    }
}
