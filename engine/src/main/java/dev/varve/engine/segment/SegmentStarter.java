package dev.varve.engine.segment;

import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import java.lang.foreign.MemorySegment;

/**
 * Begins segments: the one place where segment headers are made and written, for a roll as for every decree.
 *
 * <p>Owned by one thread at a time, used for one segment at a time. A file becomes a segment when one of its two header copies is durable;
 * {@link #isDone()} says that both are.
 */
public final class SegmentStarter {
    private final IoQueue queue;
    private final MemorySegment block;
    private final IoRequest first = new IoRequest(this::written);
    private final IoRequest copy = new IoRequest(this::written);
    private IoFile file;
    private SegmentHeader header;
    private boolean copyWaits;
    private IoFailureException failure;

    /**
     * Makes a starter.
     *
     * @param queue carries its writes
     * @param block memory of one block
     */
    public SegmentStarter(IoQueue queue, MemorySegment block) {
        this.queue = queue;
        this.block = block;
    }

    /**
     * Begins a segment in a file that holds no valid header of this number: both copies are written at once.
     *
     * @param newFile   the file
     * @param newHeader its header
     */
    public void start(IoFile newFile, SegmentHeader newHeader) {
        prepare(newFile, newHeader);
        copyWaits = false;
        queue.add(first.writeDurably(file, 0, block));
        addCopy();
    }

    /**
     * Begins a segment in a file that was begun before under the same number and never held a valid batch. The copies are written one after
     * the other, so that at every moment one header is whole.
     *
     * @param newFile   the file
     * @param newHeader its header, with a new salt
     */
    public void restart(IoFile newFile, SegmentHeader newHeader) {
        prepare(newFile, newHeader);
        copyWaits = true;
        queue.add(first.writeDurably(file, 0, block));
    }

    private void prepare(IoFile newFile, SegmentHeader newHeader) {
        if (file != null) {
            throw new IllegalStateException("segment " + header.segment() + " is still being begun");
        }
        assert newFile.length() >= newHeader.geometry().length() : newFile.length();
        file = newFile;
        header = newHeader;
        block.fill((byte) 0);
        SegmentHeaderDescriptor.encode(header, block, 0);
    }

    private void addCopy() {
        queue.add(copy.writeDurably(file, (long) header.geometry().copyBlock() * header.geometry().blockSize(), block));
    }

    private void written(IoRequest done) {
        if (done.state() == IoRequest.State.FAILED) {
            failure = done.failure();
        } else if (copyWaits) {
            copyWaits = false;
            addCopy();
        }
    }

    /**
     * Whether the segment is begun.
     *
     * @return true once both copies are durable
     * @throws IoFailureException if one could not be written
     */
    public boolean isDone() {
        if (first.isPending() || copy.isPending()) {
            return false;
        }
        if (failure != null) {
            throw failure;
        }
        return !copyWaits && file != null;
    }

    /**
     * Ends the start that is done.
     *
     * @return the begun segment
     */
    public SegmentFile take() {
        assert isDone();
        SegmentFile begun = new SegmentFile(file, header);
        file = null;
        header = null;
        return begun;
    }

    /**
     * Waits until the segment is begun.
     *
     * @return the begun segment
     * @throws IoFailureException if its header could not be written
     */
    public SegmentFile await() {
        while (!isDone()) {
            queue.awaitSettled(first);
            queue.awaitSettled(copy);
        }
        return take();
    }

    /**
     * The header that follows a sealed segment.
     *
     * @param sealed the sealed segment's header
     * @param seal   its SEAL batch
     * @param life   what is new about the next segment
     * @return the next segment's header
     */
    public static SegmentHeader afterSeal(SegmentHeader sealed, BatchHeader seal, NewLife life) {
        Predecessor predecessor = new Predecessor(Predecessor.Kind.SEAL, sealed.segment(), seal.batch(), seal.content().block(),
            seal.chain(), sealed.lsnOfBlock(seal.endBlock()), seal.endSequence());
        return new SegmentHeader(sealed.logId(), sealed.segment() + 1, life.salt(), life.epoch(), life.geometry(), life.origin(),
            sealed.limitLsn(), seal.batch() + 1, seal.endSequence(), predecessor);
    }

    /**
     * The header of a new log's first segment.
     *
     * @param logId the log's id
     * @param life  what is new about the segment
     * @return the header of segment 1
     */
    public static SegmentHeader origin(LogId logId, NewLife life) {
        return new SegmentHeader(logId, 1, life.salt(), life.epoch(), life.geometry(), life.origin(), 0, 1, Predecessor.NONE.endSequence(),
            Predecessor.NONE);
    }

    /**
     * The header of a segment that declares where another one ends.
     *
     * @param logId       the log's id
     * @param predecessor the segment before it and its end
     * @param base        its number, and where it begins
     * @param life        what is new about it
     * @return the header
     */
    public static SegmentHeader byDecree(LogId logId, Predecessor predecessor, Base base, NewLife life) {
        return new SegmentHeader(logId, base.segment(), life.salt(), life.epoch(), life.geometry(), life.origin(), base.lsn(), base.batch(),
            predecessor.endSequence(), predecessor);
    }

    /**
     * The end of a segment where a walk stopped.
     *
     * @param kind      why it ends there
     * @param ended     the segment's header
     * @param end       the position behind its last batch
     * @param lastBlock the block where that batch starts, 0 if the segment holds none
     * @return the link that its successor's header holds
     */
    public static Predecessor endedAt(Predecessor.Kind kind, SegmentHeader ended, BatchRule.Position end, int lastBlock) {
        return new Predecessor(kind, ended.segment(), end.lastBatch(), lastBlock, end.chain(), ended.lsnOfBlock(end.block()),
            end.sequence());
    }

    /**
     * Where a segment that is begun by decree starts.
     *
     * @param segment its number
     * @param lsn     its base LSN, beyond the whole range of every segment named so far
     * @param batch   its base batch, beyond every number seen so far by more than K
     */
    public record Base(long segment, long lsn, long batch) {
    }

    /**
     * What is new about a segment that is begun.
     *
     * @param salt     random bits
     * @param epoch    the writer's incarnation
     * @param geometry its measures
     * @param origin   how its file came to be
     */
    public record NewLife(long salt, long epoch, Geometry geometry, SegmentHeader.Origin origin) {
    }
}
