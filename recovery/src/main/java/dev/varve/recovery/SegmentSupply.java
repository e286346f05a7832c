package dev.varve.recovery;

import dev.varve.engine.io.Asynchrony;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.PreparedSegment;
import dev.varve.engine.segment.SegmentAllocator;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.Recovered.Spare;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;

/**
 * Finds a file for the segment that recovery begins: a spare of the right length, or a newly allocated one. Tidies up files that were being
 * prepared, and those of segments that a truncation had dropped; none of them holds a record of the log.
 *
 * <p>Owned by one thread, which makes the blocking calls itself.
 */
final class SegmentSupply {
    private static final int ZEROS_LENGTH = 1 << 20;
    private static final long WAIT_NS = 1_000_000_000L;
    /** So many chunks over at once are no accident of a fast device. */
    private static final int CHUNKS_MIN = 8;
    /** One to begin with, and one to be prepared for the next time. */
    private static final int RECYCLED_MAX = 2;

    private final Directory directory;
    private final Recovery.Resources resources;
    private final long length;
    private final ArrayDeque<Spare> spares = new ArrayDeque<>();
    private long spareNumber;
    private int chunks;
    private boolean isOverlapSeen;
    private NoSpaceException refusal;

    /**
     * Makes a supply.
     *
     * @param directory where
     * @param resources what it works with
     * @param length    bytes of each segment
     */
    SegmentSupply(Directory directory, Recovery.Resources resources, long length) {
        this.directory = directory;
        this.resources = resources;
        this.length = length;
    }

    /**
     * Opens the spares of the right length; deletes those of another length and whatever was not finished; makes spares of files that have
     * a segment's name and were never named in the manifest. What a truncation left becomes a spare or goes.
     *
     * @param files   the directory's names
     * @param unbegun numbers of such files
     * @param dropped numbers of files that lie below the lowest segment of both slots of the manifest
     */
    void tidy(LogFiles files, List<Long> unbegun, Collection<Long> dropped) {
        boolean isChanged = !files.preparing().isEmpty();
        files.preparing().forEach(directory::delete);
        for (String name : files.spares()) {
            spareNumber = Math.max(spareNumber, SegmentName.spareIn(name));
            isChanged |= !keep(name);
        }
        for (long number : unbegun) {
            isChanged = true;
            putBack(SegmentName.of(number));
        }
        for (long number : dropped) {
            isChanged = true;
            recycle(SegmentName.of(number));
        }
        if (isChanged) {
            directory.sync();
        }
    }

    /** Opens a spare if it has the right length, otherwise deletes it. */
    private boolean keep(String name) {
        IoFile file = directory.open(name, Access.WRITE);
        if (file.length() == length) {
            spares.add(new Spare(name, file, preparationOf(file)));
            return true;
        }
        file.close();
        directory.delete(name);
        return false;
    }

    /** A file of a segment that was dropped: that it stays where it is does no harm. */
    private void recycle(String name) {
        try {
            if (spares.size() < RECYCLED_MAX) {
                putBack(name);
            } else {
                directory.delete(name);
            }
        } catch (IoFailureException e) {
            System.getLogger(SegmentSupply.class.getName()).log(System.Logger.Level.WARNING, directory.path().resolve(name)
                + " was truncated away and could not be given up (" + e.getMessage() + "); the next opening tries again");
        }
    }

    /** A file that was a segment has a header of that life in block 0; others hold zeros there. */
    private Preparation preparationOf(IoFile file) {
        MemorySegment block = resources.memory().allocate(file.blockSize(), file.blockSize());
        IoRequest read = new IoRequest(_ -> { });
        try {
            resources.queue().add(read.read(file, 0, block));
            resources.queue().awaitSettled(read);
            boolean isZero = read.state() != IoRequest.State.FAILED && SegmentHeaderDescriptor.check(block, 0) == Defect.NEVER_WRITTEN;
            return isZero ? Preparation.ZEROED : Preparation.RECYCLED;
        } finally {
            resources.memory().free(block);
        }
    }

    private void putBack(String name) {
        String spare = SegmentName.spare(++spareNumber);
        directory.rename(name, spare);
        keep(spare);
    }

    /**
     * Makes a spare of a segment's file that was never begun and that the manifest no longer names.
     *
     * @param segment its number
     */
    void putBack(long segment) {
        putBack(SegmentName.of(segment));
        directory.sync();
    }

    /**
     * A file under a segment's final name, content and name durable.
     *
     * @param segment the segment's number; a file that has the name is replaced
     * @return the file, open for writing; null if there is no spare and no space for one, as {@link #refusal} says
     */
    PreparedSegment take(long segment) {
        // Stays among the spares, which are closed if this fails, until it has its name.
        Spare spare = spares.peek();
        if (spare == null) {
            IoFile file = fill(segment);
            return file == null ? null : new PreparedSegment(segment, file, Preparation.ZEROED);
        }
        directory.rename(spare.name(), SegmentName.of(segment));
        directory.sync();
        spares.remove();
        return new PreparedSegment(segment, spare.file(), spare.preparation());
    }

    /** The file of a segment that was named and never begun. */
    PreparedSegment open(long segment) {
        IoFile file = directory.open(SegmentName.of(segment), Access.WRITE);
        return new PreparedSegment(segment, file, preparationOf(file));
    }

    /**
     * A new file under a segment's final name, full of zeros, content and name durable.
     *
     * @param segment the segment's number; a file that has the name is replaced
     * @return the file, open for writing
     * @throws dev.varve.engine.io.NoSpaceException if there is no space for it
     */
    IoFile allocate(long segment) {
        IoFile file = fill(segment);
        if (file == null) {
            throw refusal;
        }
        return file;
    }

    /** Why there was no space; null if there was. */
    NoSpaceException refusal() {
        return refusal;
    }

    /** As {@link #allocate}; null if there is no space. A file that cannot be had for another reason, nobody need wait for. */
    private IoFile fill(long segment) {
        int zerosLength = (int) Math.min(ZEROS_LENGTH, length);
        MemorySegment zeros = resources.memory().allocate(zerosLength, Geometry.BLOCK_SIZE_MAX);
        SegmentAllocator allocator = null;
        try {
            allocator = new SegmentAllocator(new SegmentAllocator.Resources(directory, resources.queue(), Runnable::run, zeros), length, 0);
            allocator.want(segment);
            while (!allocator.isReady()) {
                boolean isProgress = allocator.step(resources.nowNs(), false);
                refusal = allocator.noSpace();
                if (refusal != null && !Errno.isNoSpace(refusal.errno())) {
                    throw refusal;
                }
                if (refusal != null) {
                    return null;
                }
                if (!isProgress) {
                    send(allocator.zeroed() < length);
                }
            }
            return allocator.takeNext().file();
        } finally {
            boolean isIdle = allocator == null || !allocator.isBusy();
            if (allocator != null && isIdle) {
                allocator.close();
            }
            if (isIdle) {
                resources.memory().free(zeros);
            }
        }
    }

    /** Sends what the allocator wants next. If a chunk is not over when its submission returns, kernel AIO is asynchronous here. */
    private void send(boolean isChunk) {
        resources.queue().submit();
        if (isChunk) {
            chunks++;
            if (resources.queue().reap(0, 0) > 0) {
                return;
            }
            isOverlapSeen = true;
        }
        resources.queue().reap(1, WAIT_NS);
    }

    /**
     * Whether kernel AIO was seen to be asynchronous while a file was filled: no more than looking, at no cost.
     *
     * @return unknown if no file was filled, or too little to be sure
     */
    Asynchrony asynchrony() {
        if (resources.queue().engine().contract() != StorageContract.DIRECT_AIO) {
            return Asynchrony.UNKNOWN;
        }
        return isOverlapSeen ? Asynchrony.ASYNCHRONOUS : chunks < CHUNKS_MIN ? Asynchrony.UNKNOWN : Asynchrony.SYNCHRONOUS;
    }

    /** The spares that were not needed. */
    List<Spare> spares() {
        return List.copyOf(spares);
    }

    /** Closes the spares, when recovery fails. */
    void close() {
        spares.forEach(spare -> spare.file().close());
        spares.clear();
    }
}
