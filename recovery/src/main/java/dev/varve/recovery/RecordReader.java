package dev.varve.recovery;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentName;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;

/**
 * Reads records in order, from an LSN to the end of a chain, which may grow meanwhile.
 *
 * <pre>
 *   chain:  segment ──────────► segment ──────────► segment ─────┤ endLsn
 *             batch batch batch   batch batch         batch      │ nothing behind it is read
 *               │ checked as a whole
 *               ▼
 *             record record filler record …   each checked once more, bound to its LSN
 * </pre>
 *
 * <p>Owned by one thread, which also owns the queue. Invariants: no record is delivered before its whole batch was found valid; everything
 * delivered before an exception is whole; memory is bounded by the largest batch that is really there. Segments may be dropped while they
 * are read: what is found in a file's next life is not valid in the life that is being read, and then it turns out that it was overtaken.
 */
public final class RecordReader implements AutoCloseable {
    private final Directory directory;
    private final SegmentChain chain;
    private final long fromLsn;
    private final Overtaking overtaking;
    private final BlockStream stream;
    private final BatchCursor cursor;
    private final Checksum checksum = new Checksum();
    private SegmentHeader segment;
    private IoFile file;
    private boolean mustReopen;

    private BatchHeader batch;
    private boolean isInBatch;
    private MemorySegment memory;
    private long batchAt;
    private long nextOffset;
    private int delivered;

    private long lsn;
    private long sequence;
    private long recordAt;

    private RecordReader(Directory directory, Recovery.Resources resources, SegmentChain chain, long fromLsn) {
        this.directory = directory;
        this.chain = chain;
        this.fromLsn = fromLsn;
        this.overtaking = new Overtaking(directory, resources);
        this.stream = new BlockStream(resources, new ReadMeter(RecoveryOptions.Progress.NONE));
        this.cursor = new BatchCursor(stream, resources.memory());
    }

    /**
     * Makes a reader; nothing is read before the first {@link #next}.
     *
     * @param directory the log's directory, open as long as the reader is
     * @param resources what to read with
     * @param chain     what to read
     * @param fromLsn   the first record delivered is the first one at or behind this LSN
     * @return a reader in front of the first record
     */
    public static RecordReader open(Directory directory, Recovery.Resources resources, SegmentChain chain, long fromLsn) {
        return new RecordReader(directory, resources, chain, fromLsn);
    }

    /**
     * Goes to the next record.
     *
     * @return false at {@link SegmentChain#endLsn()}; may be called again when the chain has grown
     * @throws OvertakenException  if the next record was truncated away
     * @throws DamagedLogException if the bytes there are not what was acknowledged
     * @throws IoFailureException  if they cannot be read, or a segment's file cannot be opened; calling again tries again
     */
    public boolean next() {
        while (true) {
            if (isInBatch && nextInBatch()) {
                if (lsn >= fromLsn) {
                    return true;
                }
            } else if (!isInBatch && !nextBatch()) {
                return false;
            }
        }
    }

    /** Goes to the next record of the batch, if it has one more. */
    private boolean nextInBatch() {
        long end = BatchHeaderDescriptor.LENGTH + (long) batch.content().bodyLength();
        while (nextOffset < end) {
            long offset = nextOffset;
            lsn = segment.lsnOfBlock(batch.content().block()) + offset;
            long at = batchAt + offset;
            Defect defect = RecordDescriptor.check(memory, at, batchAt + end);
            if (defect == Defect.NONE) {
                defect = RecordDescriptor.checkCrc(memory, at, new RecordDescriptor.Place(segment.salt(), lsn), checksum);
            }
            boolean isFiller = defect == Defect.NONE && (RecordDescriptor.flags(memory, at) & RecordDescriptor.FLAG_FILLER) != 0;
            if (defect == Defect.NONE && !isFiller && delivered == batch.content().recordCount()) {
                defect = Defect.LENGTH;
            }
            if (defect != Defect.NONE) {
                throw damage(defect, lsn);
            }
            nextOffset = offset + RecordDescriptor.alignedLength(RecordDescriptor.length(memory, at));
            if (!isFiller) {
                recordAt = at;
                sequence = batch.content().firstSequence() + delivered++;
                return true;
            }
        }
        if (delivered != batch.content().recordCount()) {
            throw damage(Defect.LENGTH, segment.lsnOfBlock(batch.content().block()) + end);
        }
        isInBatch = false;
        return false;
    }

    /** Goes to the next batch with records that are wanted, if one lies before the end of the chain. */
    private boolean nextBatch() {
        if (segment == null && !enterFirst()) {
            return false;
        }
        while (true) {
            SegmentHeader lowest = chain.lowest();
            if (lowest.segment() > segment.segment()) {
                passTo(lowest);
            }
            // In this order: if the end has moved into a successor, that successor is seen.
            long chainEnd = chain.endLsn();
            SegmentHeader successor = chain.after(segment.segment());
            Predecessor declared = successor == null ? null : successor.predecessor();
            long end = declared == null ? chainEnd : Math.min(chainEnd, declared.endLsn());
            int endBlock = blockAt(end);
            if (cursor.position().block() < endBlock) {
                limit(endBlock);
                if (readBatch()) {
                    return true;
                }
            } else if (declared == null) {
                if (chain.lowest().segment() <= segment.segment()) {
                    return false;
                }
            } else if (positionLsn() < declared.endLsn()) {
                return false;
            } else {
                enter(successor);
            }
        }
    }

    private boolean enterFirst() {
        SegmentHeader first = chain.containing(fromLsn);
        if (first == null) {
            return false;
        }
        // Judged by this very header: the chain may have lost its beginning since it was asked before.
        if (fromLsn > 0 && fromLsn < first.predecessor().endLsn()) {
            throw new OvertakenException(directory.path(), fromLsn, first.firstLsn());
        }
        enter(first);
        return true;
    }

    /** The segment that is being read was dropped: goes on where the log begins now, if every record before that was delivered. */
    private void passTo(SegmentHeader lowest) {
        boolean isMissed = cursor.position().sequence() < lowest.baseSequence() && fromLsn < lowest.predecessor().endLsn();
        if (isMissed) {
            throw new OvertakenException(directory.path(), Math.max(fromLsn, positionLsn()), lowest.firstLsn());
        }
        enter(lowest);
    }

    /** Looks whether a segment that cannot be read was dropped; goes on behind it, or throws, if so. */
    private boolean isPassed(SegmentHeader unread) {
        SegmentHeader lowest = chain.lowest();
        if (lowest.segment() <= unread.segment()) {
            lowest = overtaking.lowestBehind(unread);
        }
        if (lowest == null) {
            return false;
        }
        if (segment != null) {
            passTo(lowest);
        } else if (fromLsn <= 0) {
            // It wanted to begin where the log begins.
            enter(lowest);
        } else {
            throw new OvertakenException(directory.path(), fromLsn, lowest.firstLsn());
        }
        return true;
    }

    private void enter(SegmentHeader next) {
        IoFile opened;
        try {
            opened = directory.open(SegmentName.of(next.segment()), Directory.Access.READ);
        } catch (IoFailureException e) {
            if (e.errno() == Errno.ENOENT && isPassed(next)) {
                return;
            }
            throw e;
        }
        Footer.Entry entry = listedBefore(fromLsn, opened, next);
        int firstBlock = entry == null ? 1 : entry.block();
        stream.open(opened, (long) firstBlock * next.geometry().blockSize(), 0);
        if (file != null) {
            file.close();
        }
        file = opened;
        segment = next;
        cursor.start(next, firstBlock, DurablePlace.NONE);
        if (entry != null) {
            cursor.skipTo(entry);
        }
        cursor.gather(blockAt(fromLsn));
    }

    /** The last batch at or before an LSN that the footer of a sealed segment lists; null if there is none. */
    private Footer.Entry listedBefore(long wanted, IoFile opened, SegmentHeader sealed) {
        SegmentHeader successor = wanted <= sealed.lsnOfBlock(1) ? null : chain.after(sealed.segment());
        if (successor == null || successor.predecessor().kind() != Predecessor.Kind.SEAL) {
            return null;
        }
        LinkCheck link = new LinkCheck(stream, new ArrayList<>());
        if (link.run(opened, sealed, successor.predecessor()) != Defect.NONE || link.footer() == null) {
            return null;
        }
        Footer.Entry last = null;
        for (Footer.Entry entry : link.footer().entries()) {
            last = sealed.lsnOfBlock(entry.block()) <= wanted ? entry : last;
        }
        return last;
    }

    /** The block that holds an LSN, as far as this segment has one that may hold batches. */
    private int blockAt(long wanted) {
        long block = Math.floorDiv(wanted - segment.baseLsn(), segment.geometry().blockSize());
        return (int) Math.clamp(block, 0L, segment.geometry().copyBlock());
    }

    private long positionLsn() {
        return segment.lsnOfBlock(cursor.position().block());
    }

    private void limit(int endBlock) {
        int blockSize = segment.geometry().blockSize();
        cursor.limit(endBlock);
        if (mustReopen) {
            stream.open(file, (long) cursor.position().block() * blockSize, (long) endBlock * blockSize);
            mustReopen = false;
        } else {
            stream.limit((long) endBlock * blockSize);
        }
    }

    /** Reads the batch at the cursor; true if its records are wanted. */
    private boolean readBatch() {
        Defect defect = cursor.next();
        if (defect != Defect.NONE) {
            // A later try must not find what this one has read.
            mustReopen = true;
            if (isPassed(segment)) {
                return false;
            }
            if (defect == Defect.READ_ERROR) {
                throw stream.failure();
            }
            throw damage(defect, positionLsn());
        }
        batch = cursor.batch();
        isInBatch = cursor.isGathered() && batch.kind() == BatchHeader.Kind.DATA;
        memory = cursor.memory();
        batchAt = cursor.at();
        nextOffset = BatchHeaderDescriptor.LENGTH;
        delivered = 0;
        return isInBatch;
    }

    private DamagedLogException damage(Defect defect, long at) {
        return new DamagedLogException(file.path() + " offset " + (at - segment.baseLsn()), at, defect);
    }

    /**
     * The record's LSN.
     *
     * @return base LSN of its segment plus its offset
     */
    public long lsn() {
        return lsn;
    }

    /**
     * The record's sequence.
     *
     * @return from 1, dense
     */
    public long sequence() {
        return sequence;
    }

    /**
     * The caller's kind.
     *
     * @return 0 to 65535
     */
    public int kind() {
        return RecordDescriptor.kind(memory, recordAt);
    }

    /**
     * The record's CRC as stored, bound to its place.
     *
     * @return 32 bits
     */
    public int storedCrc() {
        return RecordDescriptor.storedCrc(memory, recordAt);
    }

    /**
     * The batch that holds the record.
     *
     * @return its header
     */
    public BatchHeader batch() {
        return batch;
    }

    /**
     * The record's payload.
     *
     * @return a read-only view, valid until the next {@link #next}
     */
    public MemorySegment payload() {
        return memory.asSlice(recordAt + RecordDescriptor.HEADER_LENGTH, RecordDescriptor.length(memory, recordAt)).asReadOnly();
    }

    /**
     * The payload's length.
     *
     * @return bytes
     */
    public int length() {
        return RecordDescriptor.length(memory, recordAt);
    }

    /**
     * Copies the payload.
     *
     * @param to where to
     * @param at offset of the first byte there
     */
    public void copyPayload(MemorySegment to, long at) {
        MemorySegment.copy(memory, recordAt + RecordDescriptor.HEADER_LENGTH, to, at, length());
    }

    /** Waits for the reads under way, closes the files and gives the memory back; the queue stays the caller's. Idempotent. */
    @Override
    public void close() {
        cursor.close();
        stream.close();
        if (file != null) {
            file.close();
            file = null;
        }
    }
}
