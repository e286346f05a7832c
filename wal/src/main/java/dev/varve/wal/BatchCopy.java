package dev.varve.wal;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeader.Content;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.BatchHeader.Life;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.FooterBuilder;
import dev.varve.engine.segment.FooterDescriptor;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.engine.segment.RecordDescriptor.Place;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.Island;
import dev.varve.recovery.IslandReader;
import java.lang.foreign.MemorySegment;

/**
 * Turns the batches of one island into those of a new segment: the same records at the same LSNs with the same sequences, bound to the new
 * segment's salt, numbered and chained anew.
 *
 * <p>Owned by one thread; one segment. W of each batch is the batch before it: no one reads any of them before all are durable.
 */
final class BatchCopy {
    private final SegmentHeader target;
    private final Life life;
    private final FooterBuilder footer;
    private final Checksum checksum = new Checksum();
    private Position next;
    private BatchHeader last;

    BatchCopy(SegmentHeader target) {
        this.target = target;
        this.life = Life.of(target);
        this.footer = new FooterBuilder(target);
        this.next = Position.startOf(target);
    }

    /** What the next batch will follow. */
    Position next() {
        return next;
    }

    /** The batch made last, null if there is none. */
    BatchHeader last() {
        return last;
    }

    /**
     * Copies a batch.
     *
     * @param island the island it is from
     * @param reader stands at the batch
     * @param memory where to; all of it is the batch's
     */
    void copy(Island island, IslandReader reader, MemorySegment memory) {
        BatchHeader old = reader.batch();
        MemorySegment.copy(reader.memory(), reader.at(), memory, 0, memory.byteSize());
        long batchLsn = island.segment().lsnOfBlock(old.content().block());
        if (old.kind() == Kind.DATA) {
            bind(island, reader, memory, batchLsn);
        }
        assert batchLsn == target.lsnOfBlock(next.block()) : batchLsn;
        finish(old.kind(), old.epoch(), memory, new Body(old.content().bodyLength(), old.content().recordCount(), old.timeMs()));
    }

    /** Binds the records to the new salt; each is checked first, so that nothing is made valid that was not. */
    private void bind(Island island, IslandReader reader, MemorySegment memory, long batchLsn) {
        BatchHeader old = reader.batch();
        long end = BatchHeaderDescriptor.LENGTH + (long) old.content().bodyLength();
        long at = BatchHeaderDescriptor.LENGTH;
        int records = 0;
        while (at < end) {
            long lsn = batchLsn + at;
            Defect defect = RecordDescriptor.check(memory, at, end);
            if (defect == Defect.NONE) {
                defect = RecordDescriptor.checkCrc(memory, at, new Place(island.segment().salt(), lsn), checksum);
            }
            if (defect != Defect.NONE) {
                throw reader.refuse(defect);
            }
            int length = RecordDescriptor.length(memory, at);
            int meta = RecordDescriptor.meta(RecordDescriptor.kind(memory, at), RecordDescriptor.flags(memory, at));
            int content = RecordDescriptor.mix(RecordDescriptor.storedCrc(memory, at), island.segment().salt(), lsn);
            RecordDescriptor.encode(memory, at, new RecordDescriptor.Frame(length, meta, RecordDescriptor.mix(content, life.salt(), lsn)));
            records += (RecordDescriptor.flags(memory, at) & RecordDescriptor.FLAG_FILLER) == 0 ? 1 : 0;
            at += RecordDescriptor.alignedLength(length);
        }
        if (records != old.content().recordCount()) {
            throw reader.refuse(Defect.LENGTH);
        }
    }

    /**
     * Makes the SEAL batch.
     *
     * @param memory one block, zeroed
     * @param timeMs wall-clock time
     */
    void seal(MemorySegment memory, long timeMs) {
        Footer built = footer.build();
        FooterDescriptor.encode(built, memory, BatchHeaderDescriptor.LENGTH);
        finish(Kind.SEAL, next.epoch(), memory, new Body(FooterDescriptor.length(built), 0, timeMs));
    }

    /**
     * Makes a CLOSE batch.
     *
     * @param memory one block, zeroed
     * @param timeMs wall-clock time
     */
    void close(MemorySegment memory, long timeMs) {
        finish(Kind.CLOSE, next.epoch(), memory, new Body(0, 0, timeMs));
    }

    /**
     * What a batch's header says of its body.
     *
     * @param length      bytes
     * @param recordCount records
     * @param timeMs      wall-clock time
     */
    private record Body(int length, int recordCount, long timeMs) {
    }

    private void finish(Kind kind, long epoch, MemorySegment memory, Body body) {
        int blocks = Math.toIntExact(memory.byteSize() / target.geometry().blockSize());
        int bodyCrc = checksum.reset().update(memory, BatchHeaderDescriptor.LENGTH, memory.byteSize() - BatchHeaderDescriptor.LENGTH)
            .value();
        Content content = new Content(next.block(), blocks, body.length(), next.sequence(), body.recordCount());
        BatchHeaderDescriptor.encode(new BatchHeader(kind, life, epoch, next.batch(), content, body.timeMs(), next.lastBatch(),
            next.chain(), bodyCrc, 0), memory, 0);
        last = BatchHeaderDescriptor.decode(memory, 0);
        assert BatchRule.belongs(last, target, next.block()) == Defect.NONE : last + " in " + target;
        assert BatchRule.follows(last, next) == Defect.NONE : last;
        next = Position.behind(last);
        footer.add(last);
    }
}
