package dev.varve.engine.segment;

import java.lang.foreign.MemorySegment;

/**
 * The rule that says whether a batch is valid where it was found. A batch is valid if and only if
 * {@link BatchHeaderDescriptor#check} finds nothing, {@link #belongs} finds nothing, {@link #follows} finds nothing, and the body's
 * CRC is the one in the header.
 */
public final class BatchRule {
    private BatchRule() {
    }

    /**
     * Where a walk along a segment stands: what the next batch must follow.
     *
     * @param block    the block where the next batch must start
     * @param batch    its number
     * @param epoch    the lowest epoch it may have
     * @param chain    the chain value it must name
     * @param sequence the sequence it must start with
     */
    public record Position(int block, long batch, long epoch, long chain, long sequence) {
        /**
         * The start of a segment.
         *
         * @param header the segment's header
         * @return the position of its first batch
         */
        public static Position startOf(SegmentHeader header) {
            return new Position(1, header.baseBatch(), header.epoch(), header.predecessor().chain(), header.baseSequence());
        }

        /**
         * The position behind a batch.
         *
         * @param batch a valid batch
         * @return the position of the next
         */
        public static Position behind(BatchHeader batch) {
            return new Position(batch.endBlock(), batch.batch() + 1, batch.epoch(), batch.chain(), batch.endSequence());
        }

        /**
         * The highest batch number that was passed.
         *
         * @return one less than the next batch's number
         */
        public long lastBatch() {
            return batch - 1;
        }
    }

    /**
     * Whether a header of which the CRC is right and the version unknown was written for the place where it was found. Nothing else in it
     * may be interpreted.
     *
     * @param memory  where it lies
     * @param at      offset of its first byte
     * @param segment the segment's header
     * @param block   the block where it was found
     * @return true if it names this life of the segment, and this block
     */
    public static boolean isAddressed(MemorySegment memory, long at, SegmentHeader segment, int block) {
        return BatchHeaderDescriptor.life(memory, at).equals(BatchHeader.Life.of(segment))
            && BatchHeaderDescriptor.block(memory, at) == block;
    }

    /**
     * Whether a header is one that this life of the segment wrote at this block. Such a header is evidence even if its body is bad.
     *
     * @param header  a header that was decoded at {@code block}
     * @param segment the segment's header
     * @param block   the block where it was found
     * @return the first defect
     */
    public static Defect belongs(BatchHeader header, SegmentHeader segment, int block) {
        if (header.life().logIdLow() != segment.logId().low()) {
            return Defect.LOG_ID;
        }
        if (header.life().salt() != segment.salt()) {
            return Defect.SALT;
        }
        if (header.life().segment() != segment.segment()) {
            return Defect.SEGMENT;
        }
        if (header.content().block() != block) {
            return Defect.BLOCK;
        }
        if (header.epoch() < segment.epoch() || header.epoch() > SegmentHeaderDescriptor.NUMBER_MAX) {
            return Defect.EPOCH;
        }
        // Each batch takes a block and each record its header, so the place bounds both numbers.
        if (header.batch() < segment.baseBatch() || header.batch() - segment.baseBatch() >= block) {
            return Defect.BATCH;
        }
        long recordsMax = (long) block * segment.geometry().blockSize() / RecordDescriptor.HEADER_LENGTH;
        long firstSequence = header.content().firstSequence();
        if (firstSequence < segment.baseSequence() || firstSequence - segment.baseSequence() > recordsMax) {
            return Defect.SEQUENCE;
        }
        return fits(header, segment.geometry()) ? Defect.NONE : Defect.LENGTH;
    }

    private static boolean fits(BatchHeader header, Geometry geometry) {
        BatchHeader.Content content = header.content();
        // The tail of the segment is kept for SEAL and CLOSE; data never reaches it.
        int end = header.kind() == BatchHeader.Kind.DATA ? geometry.dataEndBlock() : geometry.copyBlock();
        return content.blocks() >= 1 && content.blocks() <= geometry.batchBlocksMax()
            && content.blocks() <= end - content.block()
            && content.bodyLength() >= 0
            && content.blocks() == geometry.blocksFor((long) content.bodyLength() + BatchHeaderDescriptor.LENGTH)
            && content.recordCount() >= 0
            && content.recordCount() <= content.bodyLength() / RecordDescriptor.HEADER_LENGTH
            && (header.kind() == BatchHeader.Kind.DATA || content.recordCount() == 0);
    }

    /**
     * Whether a header that belongs here follows the batch before it.
     *
     * @param header   the header
     * @param position where the walk stands
     * @return the first defect
     */
    public static Defect follows(BatchHeader header, Position position) {
        if (header.batch() != position.batch()) {
            return Defect.BATCH;
        }
        if (header.epoch() < position.epoch()) {
            return Defect.EPOCH;
        }
        if (header.previousChain() != position.chain()) {
            return Defect.CHAIN;
        }
        if (header.content().firstSequence() != position.sequence()) {
            return Defect.SEQUENCE;
        }
        return Defect.NONE;
    }

    /**
     * Whether a header's W can have been written by a correct writer: below its own number, at most K behind it.
     *
     * @param header      a header that belongs where it was found
     * @param unsyncedMax K of the segment
     * @return false if only a writer's bug explains it
     */
    public static boolean isSyncedPossible(BatchHeader header, int unsyncedMax) {
        return header.synced() >= 0 && header.synced() < header.batch() && header.synced() >= header.batch() - unsyncedMax;
    }
}
