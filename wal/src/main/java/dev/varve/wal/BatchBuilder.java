package dev.varve.wal;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeader.Content;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.BatchHeader.Life;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.FooterBuilder;
import dev.varve.engine.segment.SegmentFile;
import dev.varve.engine.segment.SegmentHeader;
import java.lang.foreign.MemorySegment;
import java.util.function.LongSupplier;

/**
 * Turns bodies into batches: numbers, chain value, W, checksums; and knows the segment that is being written.
 *
 * <p>Owned by the driver. Invariants: numbers and blocks follow one another; W is the batch that was durable when the header was built;
 * padding is zero before it is checksummed, so that nothing of a buffer's earlier content reaches the disk.
 */
final class BatchBuilder {
    private final LongSupplier millis;
    private final long epoch;
    private final Checksum checksum = new Checksum();
    private SegmentFile segment;
    private Life life;
    private FooterBuilder footer;
    private BatchRule.Position next;
    private BatchHeader last;

    BatchBuilder(LongSupplier millis, long epoch) {
        this.millis = millis;
        this.epoch = epoch;
    }

    /** Goes on in a segment. */
    void begin(SegmentFile newSegment, BatchRule.Position position, FooterBuilder newFooter) {
        segment = newSegment;
        life = Life.of(newSegment.header());
        footer = newFooter;
        next = position;
        last = null;
    }

    SegmentFile segment() {
        return segment;
    }

    SegmentHeader header() {
        return segment.header();
    }

    /** Where the next batch will be. */
    BatchRule.Position next() {
        return next;
    }

    FooterBuilder footer() {
        return footer;
    }

    /** The batch built last in this segment; null if none was. */
    BatchHeader last() {
        return last;
    }

    /**
     * Builds the next batch in place.
     *
     * @param kind    what it is for
     * @param memory  the batch's memory: body behind the header, up to {@code end}
     * @param body    how long it is and what it holds
     * @param durable D
     * @return its header
     */
    BatchHeader build(Kind kind, MemorySegment memory, Body body, long durable) {
        int blockSize = header().geometry().blockSize();
        int blocks = header().geometry().blocksFor(body.end());
        long length = (long) blocks * blockSize;
        memory.asSlice(body.end(), length - body.end()).fill((byte) 0);
        int bodyCrc = checksum.reset().update(memory, BatchHeaderDescriptor.LENGTH, length - BatchHeaderDescriptor.LENGTH).value();
        Content content = new Content(next.block(), blocks, body.end() - BatchHeaderDescriptor.LENGTH, next.sequence(), body.recordCount());
        BatchHeader unsigned = new BatchHeader(kind, life, epoch, next.batch(), content, millis.getAsLong(), durable, next.chain(),
            bodyCrc, 0);
        int headerCrc = BatchHeaderDescriptor.encode(unsigned, memory, 0);
        last = BatchHeaderDescriptor.decode(memory, 0);
        assert last.headerCrc() == headerCrc;
        assert BatchRule.belongs(last, header(), next.block()) == Defect.NONE : last;
        assert BatchRule.isSyncedPossible(last, header().geometry().unsyncedMax()) : last;
        next = BatchRule.Position.behind(last);
        footer.add(last);
        return last;
    }

    /**
     * What a batch holds.
     *
     * @param end         end of the body, from the batch's start
     * @param recordCount records in it
     */
    record Body(int end, int recordCount) {
        /** No records. */
        static final Body EMPTY = new Body(BatchHeaderDescriptor.LENGTH, 0);
    }

    /** LSN behind the batch built last. */
    long endLsn() {
        return header().lsnOfBlock(next.block());
    }
}
