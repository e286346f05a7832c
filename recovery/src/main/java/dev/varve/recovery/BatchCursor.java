package dev.varve.recovery;

import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.SegmentHeader;
import java.lang.foreign.MemorySegment;

/**
 * Goes through one segment batch by batch. It passes a batch only if the batch is valid; at anything else it stays where it is, so that the
 * same place can be tried again.
 *
 * <p>Owned by one thread, as its stream is. A batch that lies inside one chunk is used in place. Of one that crosses chunks the body is
 * checked while it streams by, and gathered only if somebody wants its records.
 */
final class BatchCursor implements AutoCloseable {
    private final BlockStream stream;
    private final GatheredBytes gathered;
    private final Checksum checksum = new Checksum();
    private SegmentHeader segment;
    private DurablePlace pin;
    private Position position;
    private int endBlock;
    private int gatherBlock;
    private int checkBlock;
    private boolean isChainKnown;
    private BatchHeader batch;
    private MemorySegment memory;
    private long at;

    BatchCursor(BlockStream stream, MemorySource source) {
        this.stream = stream;
        this.gathered = new GatheredBytes(source);
    }

    /**
     * Goes to the start of a segment whose file the stream has open.
     *
     * @param newSegment  the segment's header
     * @param newEndBlock the first block that may not be used
     * @param newPin      a batch that, if it lies in this segment, must lie at this place with this chain value
     */
    void start(SegmentHeader newSegment, int newEndBlock, DurablePlace newPin) {
        segment = newSegment;
        endBlock = newEndBlock;
        pin = newPin;
        position = Position.startOf(newSegment);
        isChainKnown = true;
        batch = null;
        checkBlock = 0;
        gatherBlock = Integer.MAX_VALUE;
    }

    /**
     * Skips to a batch that a footer lists. What chain value it must name is not known; from the next batch on it is.
     *
     * @param entry the footer's entry
     */
    void skipTo(Footer.Entry entry) {
        position = new Position(entry.block(), entry.batch(), segment.epoch(), 0, entry.firstSequence());
        isChainKnown = false;
    }

    /** Other blocks may be used: more, as the log grows. */
    void limit(int newEndBlock) {
        endBlock = newEndBlock;
    }

    /**
     * From here on records are wanted.
     *
     * @param block the body of a batch that ends at or before this block is not looked at; that of a later one is gathered
     */
    void gather(int block) {
        checkBlock = block;
        gatherBlock = block;
    }

    /** Whether the bytes of the batch that was passed last are in {@link #memory()}. */
    boolean isGathered() {
        return batch != null && batch.endBlock() > gatherBlock;
    }

    /** What the next batch must follow. */
    Position position() {
        return position;
    }

    /** Whether there is no room for a further batch. */
    boolean isAtEnd() {
        return position.block() >= endBlock;
    }

    /** The batch that was passed last, null at the start. */
    BatchHeader batch() {
        return batch;
    }

    /** Holds the gathered batch, until the next call of {@link #next}. */
    MemorySegment memory() {
        return memory;
    }

    /** Where in {@link #memory()} the gathered batch starts. */
    long at() {
        return at;
    }

    /**
     * Passes the next batch if it is valid.
     *
     * @return why it is not valid, {@link Defect#NONE} if it was passed
     * @throws dev.varve.engine.segment.UnsupportedVersionException if a newer version wrote it
     */
    Defect next() {
        assert !isAtEnd();
        long offset = offsetOf(position.block());
        if (!stream.load(offset)) {
            return Defect.TRUNCATED;
        }
        memory = stream.memory();
        at = stream.at(offset);
        Defect defect = stream.defect(offset, segment.geometry().blockSize());
        if (defect == Defect.NONE) {
            defect = BatchHeaderDescriptor.check(memory, at);
        }
        if (defect == Defect.VERSION) {
            NewerBatch.refuse(stream, offset, segment);
        }
        if (defect != Defect.NONE) {
            return defect;
        }
        BatchHeader candidate = BatchHeaderDescriptor.decode(memory, at);
        defect = judge(candidate);
        if (defect == Defect.NONE && candidate.endBlock() > checkBlock) {
            defect = judgeBody(candidate);
        }
        if (defect == Defect.NONE) {
            batch = candidate;
            position = Position.behind(candidate);
            isChainKnown = true;
        }
        return defect;
    }

    private Defect judge(BatchHeader candidate) {
        Defect defect = BatchRule.belongs(candidate, segment, position.block());
        if (defect == Defect.NONE) {
            defect = BatchRule.follows(candidate, isChainKnown ? position : withChain(candidate.previousChain()));
        }
        if (defect != Defect.NONE) {
            return defect;
        }
        if (candidate.endBlock() > endBlock) {
            return Defect.LENGTH;
        }
        boolean isPinned = pin.segment() == segment.segment() && pin.batch() == candidate.batch();
        boolean isElsewhere = pin.block() != candidate.content().block() || pin.chain() != candidate.chain();
        return isPinned && isElsewhere ? Defect.CHAIN : Defect.NONE;
    }

    private Position withChain(long chain) {
        return new Position(position.block(), position.batch(), position.epoch(), chain, position.sequence());
    }

    private Defect judgeBody(BatchHeader candidate) {
        long from = offsetOf(candidate.content().block());
        long to = offsetOf(candidate.endBlock());
        checksum.reset();
        gathered.clear();
        boolean isCopied = candidate.endBlock() > gatherBlock && to > stream.loadedEnd();
        long skip = BatchHeaderDescriptor.LENGTH;
        for (long offset = from; offset < to; skip = 0) {
            if (!stream.load(offset)) {
                return Defect.TRUNCATED;
            }
            long count = Math.min(to, stream.loadedEnd()) - offset;
            Defect defect = stream.defect(offset, count);
            if (defect != Defect.NONE) {
                return defect;
            }
            checksum.update(stream.memory(), stream.at(offset) + skip, count - skip);
            if (isCopied) {
                gathered.add(stream.memory(), stream.at(offset), count, to - from);
            }
            offset += count;
        }
        if (isCopied) {
            memory = gathered.memory();
            at = 0;
        }
        return checksum.value() == candidate.bodyCrc() ? Defect.NONE : Defect.BODY_CRC;
    }

    private long offsetOf(int block) {
        return (long) block * segment.geometry().blockSize();
    }

    /** Gives the gathered bytes' memory back. The stream stays the caller's. */
    @Override
    public void close() {
        gathered.close();
    }
}
