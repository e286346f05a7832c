package dev.varve.wal;

import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Gives out places: the open batch, what comes behind it, and where in the segments it lies.
 *
 * <pre>
 *    oldest ──► settled ──► settled ──► open            appenders take places in the open one
 *      ▲ the driver builds from here       └── next, linked when it is settled
 * </pre>
 *
 * <p>Any thread takes places; whoever meets the end of the open batch settles it and opens the next one, so that no appender waits for
 * the driver. If there is no memory, or no segment to go on in, the batch is settled without a next one; then the driver opens it later and
 * appenders are pushed back meanwhile. Invariant: blocks follow one another without gap or overlap in the order of the chain.
 */
final class Placement {
    private final BatchBuffers buffers;
    private final DriverSeat seat;
    private final AtomicReference<SegmentPlace> nextSegment = new AtomicReference<>();
    private volatile BatchBuffer open;
    private volatile long settledEndLsn;
    private volatile boolean isEnded;

    Placement(BatchBuffers buffers, DriverSeat seat, SegmentPlace segment, int block) {
        this(buffers, seat, segment.lsnOfBlock(block));
        begin(segment, block);
    }

    private Placement(BatchBuffers buffers, DriverSeat seat, long endLsn) {
        this.buffers = buffers;
        this.seat = seat;
        this.settledEndLsn = endLsn;
    }

    /** For a log that ends at a block of a segment and may not be written to before another segment is offered. */
    static Placement behind(BatchBuffers buffers, DriverSeat seat, SegmentPlace segment, int block) {
        Placement placement = new Placement(buffers, seat, segment.lsnOfBlock(block));
        placement.begin(segment, Math.max(block, segment.geometry().dataEndBlock()));
        return placement;
    }

    private void begin(SegmentPlace segment, int block) {
        BatchBuffer first = openIn(segment, block, 0);
        if (first == null) {
            // The tail's segment is full, or not to be written to: a settled void batch stands in until the next segment is there.
            first = buffers.closed(buffers.memory(BatchHeaderDescriptor.LENGTH), 1, segment, block);
            first.fillCount(0);
            first.settleWithoutNext(BatchHeaderDescriptor.LENGTH, 0);
        }
        this.open = first;
    }

    /** The batch in which places are taken now; closed if none can be. */
    BatchBuffer open() {
        return open;
    }

    /** Where the next record would lie if it fitted in the open batch. Any thread. */
    long tailLsn() {
        return openEnd().placedEndLsn();
    }

    /** The end of the last place given out, wherever it lies; of the log that was recovered if there was none yet. Any thread. */
    long acceptedEndLsn() {
        OpenEnd end = openEnd();
        return end.placedEndLsn() > end.lsn() + BatchHeaderDescriptor.LENGTH ? end.placedEndLsn() : settledEndLsn;
    }

    private record OpenEnd(long lsn, long placedEndLsn) {
    }

    private OpenEnd openEnd() {
        for (int turn = 0; ; turn++) {
            BatchBuffer batch = open;
            long lsn = batch.lsn();
            long endLsn = batch.placedEndLsn();
            if (endLsn != BatchBuffer.UNKNOWN && lsn == batch.lsn() && batch == open) {
                return new OpenEnd(lsn, endLsn);
            }
            Backoff.pause(turn);
        }
    }

    /** Where the chain may go on when the segment is full: prepared, and named by the manifest. By the driver. */
    void offerSegment(SegmentPlace segment) {
        boolean wasNone = nextSegment.compareAndSet(null, segment);
        assert wasNone : nextSegment.get();
    }

    /** Whether a segment is on offer that nobody has taken. */
    boolean hasNextSegment() {
        return nextSegment.get() != null;
    }

    /**
     * Takes a place in an open batch.
     *
     * @param bytes   bytes with record headers, a multiple of 8, at most what fits a batch
     * @param records how many records
     * @param given   told the batch and the place
     * @return whether a place was given; false if the caller is pushed back
     */
    boolean place(int bytes, int records, Place given) {
        for (int turn = 0; ; turn++) {
            BatchBuffer batch = open;
            long place = batch.place(bytes, records);
            if (place >= 0) {
                given.batch = batch;
                given.index = (int) (place >>> Integer.SIZE);
                given.offset = (int) place;
                return true;
            }
            if (place == BatchBuffer.MUST_SETTLE) {
                settle(batch, bytes);
                seat.settled();
            } else if (!isMoving(batch, turn)) {
                return false;
            }
        }
    }

    /** Whether a closed batch is about to be, or has been, replaced by another. */
    private boolean isMoving(BatchBuffer batch, int turn) {
        if (batch != open) {
            return true;
        }
        if (batch.isSettled() && batch.next() == null && batch == open) {
            return false;
        }
        // Another thread is between closing and opening: a few instructions, unless it lost its processor.
        Backoff.pause(turn);
        return true;
    }

    /** Where a place was given. Reused by its thread. */
    static final class Place {
        private BatchBuffer batch;
        private int index;
        private int offset;

        BatchBuffer batch() {
            return batch;
        }

        int index() {
            return index;
        }

        int offset() {
            return offset;
        }

        long lsn() {
            return batch.lsn() + offset;
        }
    }

    /**
     * Opens no batch any more, and closes the one that is open. An appender that was opening another one still opens it: the driver goes on
     * with {@link #closeOpen} until the last batch is settled without a next one; from then on no place is given out. By the driver.
     */
    void end() {
        isEnded = true;
        closeOpen();
    }

    /** Closes the open batch if the caller is the one to do it. By the driver. */
    void closeOpen() {
        BatchBuffer batch = open;
        if (batch.close()) {
            settle(batch, 0);
        }
    }

    /** Opens a batch behind a closed one, if there is memory and room for {@code wantedBytes}, and settles the closed one. */
    private void settle(BatchBuffer closed, long wantedBytes) {
        int length = closed.closedLength();
        noteEnd(closed, length);
        BatchBuffer next = openIfPossible(closed.segment(), endBlock(closed, length), wantedBytes);
        if (next == null) {
            closed.settleWithoutNext(length, wantedBytes);
        } else {
            open = next;
            closed.settle(next, length);
        }
    }

    /** Before the next batch is opened, so that whoever finds that one empty finds this end. */
    private void noteEnd(BatchBuffer closed, int length) {
        if (length > BatchHeaderDescriptor.LENGTH) {
            settledEndLsn = closed.lsn() + length;
        }
    }

    private static int endBlock(BatchBuffer batch, int length) {
        int blocks = length == BatchHeaderDescriptor.LENGTH ? 0 : batch.segment().geometry().blocksFor(length);
        return batch.block() + blocks;
    }

    /** As {@link #openIn}, but never throws: a batch that was closed and is not settled would stop everybody for good. */
    private BatchBuffer openIfPossible(SegmentPlace segment, int block, long wantedBytes) {
        try {
            return openIn(segment, block, wantedBytes);
        } catch (RuntimeException | Error e) {
            // The driver tries again; if it fares no better, the log fails and says why.
            return null;
        }
    }

    private BatchBuffer openIn(SegmentPlace segment, int block, long wantedBytes) {
        if (isEnded) {
            return null;
        }
        if (fits(segment, block, wantedBytes)) {
            return buffers.open(segment, block);
        }
        SegmentPlace following = nextSegment.get();
        if (following == null) {
            return null;
        }
        BatchBuffer next = buffers.open(following, 1);
        if (next != null) {
            nextSegment.set(null);
        }
        return next;
    }

    private static boolean fits(SegmentPlace segment, int block, long wantedBytes) {
        long room = (long) segment.room(block) * segment.geometry().blockSize();
        return room >= BatchHeaderDescriptor.LENGTH + Math.max(wantedBytes, 1);
    }

    /**
     * Puts a batch of its own into the chain: closes the open one, and opens another behind it.
     *
     * @param memory  filled from behind the batch header on
     * @param bytes   bytes of the records with their headers
     * @param records how many they are
     * @return the batch with its place, still to be published; null if the caller is pushed back
     */
    BatchBuffer placeLarge(AlignedBuffer memory, int bytes, int records) {
        for (int turn = 0; ; turn++) {
            BatchBuffer before = open;
            if (before.close()) {
                BatchBuffer placed = linkLarge(before, new Large(memory, bytes, records));
                if (placed == null) {
                    // Only the driver can go on from here.
                    seat.settled();
                }
                return placed;
            }
            if (!isMoving(before, turn)) {
                return null;
            }
        }
    }

    private record Large(AlignedBuffer memory, int bytes, int records) {
    }

    private BatchBuffer linkLarge(BatchBuffer before, Large large) {
        int length = before.closedLength();
        noteEnd(before, length);
        int block = endBlock(before, length);
        SegmentPlace segment = before.segment();
        if (!fits(segment, block, large.bytes())) {
            SegmentPlace following = nextSegment.getAndSet(null);
            if (following == null) {
                before.settleWithoutNext(length, large.bytes());
                return null;
            }
            segment = following;
            block = 1;
        }
        BatchBuffer batch = buffers.closed(large.memory(), large.records(), segment, block);
        int largeLength = BatchHeaderDescriptor.LENGTH + large.bytes();
        noteEnd(batch, largeLength);
        BatchBuffer after = openIfPossible(segment, block + segment.geometry().blocksFor(largeLength), 0);
        open = after == null ? batch : after;
        if (after == null) {
            batch.settleWithoutNext(largeLength, 0);
        } else {
            batch.settle(after, largeLength);
        }
        before.settle(batch, length);
        return batch;
    }

    /**
     * Opens the next batch where a thread could not. By the driver, at each step.
     *
     * @return whether a batch was opened
     */
    boolean reopen() {
        BatchBuffer last = open;
        if (!last.isSettled() || last.next() != null) {
            return false;
        }
        BatchBuffer next = openIn(last.segment(), endBlock(last, last.length()), last.wantedLength());
        if (next == null) {
            return false;
        }
        last.linkNext(next);
        open = next;
        return true;
    }

    /** Whether places are refused because there is no segment to go on in. */
    boolean lacksSegment() {
        BatchBuffer last = open;
        return last.isSettled() && last.next() == null
            && !fits(last.segment(), endBlock(last, last.length()), last.wantedLength()) && !hasNextSegment();
    }
}
