package dev.varve.recovery;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageSummary;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.LogId;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeader.Origin;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts the header of a segment together from its batches, when block 0 and its copy are both lost. What the batches agree on is the life's
 * salt, the block size, and what their numbers allow the first one to have been. Only the base LSN is in no batch; but each record's CRC is
 * bound to its LSN, so a guess that the neighbours suggest is either confirmed or ruled out.
 *
 * <p>Owned by one thread; used for one file at a time.
 */
final class LostHeader {
    private static final int UNSYNCED_MAX = Geometry.UNSYNCED_MAX_LIMIT;
    private static final int SAMPLES_MAX = 16;
    /** So many lengths of the last batch are tried if the file is too short to say how long it may be. */
    private static final int ENDS_MAX = 1024;

    private final BlockStream stream;
    private BatchHeader example;
    private int blockSize;
    private long firstBatchMin;
    private long firstSequenceMin;
    private long epochMin;
    private long fileLength;
    private int endMax;
    private boolean isAmbiguous;
    private final List<Sample> samples = new ArrayList<>();
    private final Checksum checksum = new Checksum();

    /**
     * A record that guesses of the base LSN are tried on.
     *
     * @param offset where it lies in the file
     * @param place  what its CRC was mixed with
     */
    private record Sample(long offset, int place) {
    }

    LostHeader(BlockStream stream) {
        this.stream = stream;
    }

    /** Whether two lives of the same epoch have left batches, so that none can be believed. */
    boolean isAmbiguous() {
        return isAmbiguous;
    }

    /**
     * Looks at every header in a file.
     *
     * @param file    the file
     * @param segment the number its batches must have
     * @param logId   the log they must be of
     * @return whether any batch was found
     */
    boolean look(IoFile file, long segment, LogId logId) {
        stream.open(file, 0, file.length());
        example = null;
        endMax = 1;
        fileLength = file.length();
        samples.clear();
        isAmbiguous = false;
        for (long offset = Geometry.BLOCK_SIZE_MIN; stream.load(offset); offset += Geometry.BLOCK_SIZE_MIN) {
            if (stream.defect(offset, Geometry.BLOCK_SIZE_MIN) == Defect.NONE
                && BatchHeaderDescriptor.check(stream.memory(), stream.at(offset)) == Defect.NONE) {
                BatchHeader header = BatchHeaderDescriptor.decode(stream.memory(), stream.at(offset));
                if (header.life().segment() == segment && header.life().logIdLow() == logId.low() && isAtOwnBlock(header, offset)) {
                    take(header, offset);
                }
            }
        }
        return example != null;
    }

    private boolean isAtOwnBlock(BatchHeader header, long offset) {
        int block = header.content().block();
        long size = block < 1 ? 0 : offset / block;
        return size >= Geometry.BLOCK_SIZE_MIN && size <= Geometry.BLOCK_SIZE_MAX && Long.bitCount(size) == 1 && size * block == offset
            && (example == null || size == blockSize || header.epoch() > example.epoch());
    }

    private void take(BatchHeader header, long offset) {
        if (example != null && header.life().salt() != example.life().salt()) {
            isAmbiguous |= header.epoch() == example.epoch();
            if (header.epoch() <= example.epoch()) {
                return;
            }
            // A later life of the same file: what the earlier one left does not count.
            example = null;
            samples.clear();
            isAmbiguous = false;
        }
        BatchHeader.Content content = header.content();
        blockSize = (int) (offset / content.block());
        boolean isFirst = example == null;
        long recordsMax = (long) content.block() * blockSize / RecordDescriptor.HEADER_LENGTH;
        firstBatchMin = Math.max(isFirst ? 1 : firstBatchMin, header.batch() - content.block() + 1);
        firstSequenceMin = Math.max(isFirst ? 1 : firstSequenceMin, content.firstSequence() - recordsMax);
        epochMin = isFirst ? header.epoch() : Math.min(epochMin, header.epoch());
        if (header.kind() == Kind.DATA && (long) header.endBlock() * blockSize <= fileLength) {
            endMax = Math.max(isFirst ? 1 : endMax, header.endBlock());
        }
        example = header;
        sample(header, offset + BatchHeaderDescriptor.LENGTH);
    }

    /** Keeps what the first record of a batch says of its place. */
    private void sample(BatchHeader header, long offset) {
        long end = stream.loadedEnd();
        boolean isCandidate = samples.size() < SAMPLES_MAX && header.kind() == Kind.DATA
            && header.content().bodyLength() >= RecordDescriptor.HEADER_LENGTH;
        if (!isCandidate) {
            return;
        }
        MemorySegment memory = stream.memory();
        long at = stream.at(offset);
        int length = RecordDescriptor.length(memory, at);
        long bytes = length < 0 ? Long.MAX_VALUE : RecordDescriptor.alignedLength(length);
        if (bytes <= end - offset && stream.defect(offset, bytes) == Defect.NONE) {
            int meta = RecordDescriptor.meta(RecordDescriptor.kind(memory, at), RecordDescriptor.flags(memory, at));
            MemorySegment payload = memory.asSlice(at + RecordDescriptor.HEADER_LENGTH, length);
            int place = RecordDescriptor.storedCrc(memory, at) ^ RecordDescriptor.contentCrc(checksum, meta, payload);
            samples.add(new Sample(offset, place));
        }
    }

    /**
     * The header, as far as it can be put together.
     *
     * @param file      the file
     * @param logId     the log
     * @param before    the header of the segment that lies before it, null if that is not known
     * @param successor what the next segment's header says of it, null if that is not known
     * @return a header that its batches fit to, null if their LSNs cannot be told
     */
    SegmentHeader header(IoFile file, LogId logId, SegmentHeader before, Predecessor successor) {
        long baseLsn = baseLsn(before, successor, Math.clamp(file.length() / blockSize, 1, Integer.MAX_VALUE / 2));
        if (baseLsn < 0) {
            return null;
        }
        // A file that was cut is longer than its length says: batches need the room behind them that was there.
        long end = Math.max(endMax, successor == null ? 1 : (successor.endLsn() - baseLsn) / blockSize);
        long blocks = Math.max(file.length() / blockSize, end + Geometry.RESERVED_BLOCKS - 1);
        int blockCount = Math.clamp(blocks, Geometry.RESERVED_BLOCKS + 1, Integer.MAX_VALUE);
        int batchBlocksMax = Math.min(blockCount - Geometry.RESERVED_BLOCKS, Geometry.BATCH_LENGTH_MAX / blockSize);
        Geometry geometry = new Geometry(blockSize, blockCount, UNSYNCED_MAX, batchBlocksMax);
        Origin origin = new Origin(StorageContract.DIRECT_AIO, Preparation.ALLOCATED, StorageSummary.UNKNOWN);
        Predecessor unknown = new Predecessor(Predecessor.Kind.OPERATOR, 1, 0, 0, 0, 0, firstSequenceMin);
        return new SegmentHeader(logId, example.life().segment(), example.life().salt(), epochMin, geometry, origin, baseLsn,
            firstBatchMin, firstSequenceMin, unknown);
    }

    private long baseLsn(SegmentHeader before, Predecessor successor, int fileBlocks) {
        long first = before == null ? 0 : before.limitLsn();
        // Behind a decree, the range of a segment that was named and never begun lies between the two.
        for (long guess : before == null ? new long[] {first} : new long[] {first, first + before.geometry().length()}) {
            if (isConfirmed(guess)) {
                return guess;
            }
        }
        if (successor != null) {
            int last = Math.min(successor.block() + Geometry.BATCH_LENGTH_MAX / blockSize,
                Math.max(fileBlocks, successor.block() + ENDS_MAX));
            for (int end = successor.block() + 1; end <= last; end++) {
                long guess = successor.endLsn() - (long) end * blockSize;
                if (isConfirmed(guess)) {
                    return guess;
                }
            }
        }
        return -1;
    }

    /** Whether a record says that it lies there, if this is the base LSN. */
    private boolean isConfirmed(long baseLsn) {
        return baseLsn >= 0 && samples.stream().anyMatch(sample ->
            RecordDescriptor.mix(0, example.life().salt(), baseLsn + sample.offset()) == sample.place());
    }
}
