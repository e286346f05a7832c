package dev.varve.wal;

import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One batch while it is being filled: the concurrent half of placement. Appenders take places by one atomic add and publish by another.
 *
 * <pre>
 *   state      | closed 1 | places taken 23 |        bytes taken 40        |     bytes count from the buffer's start
 *   published  |                    bytes copied                           |
 *
 *     open ── add fits ──► place                      published == length: the driver may build the batch
 *      │  └── first add that does not fit ──► its thread closes and settles
 *      └───── driver sets closed, all adds fitted ──► the driver settles
 * </pre>
 *
 * <p>Exactly one thread settles: it opens the next batch behind this one, then says this one's length. Since that is its last step, the
 * driver, which waits for the length, may reuse the object; an appender that comes late finds it closed, or open for a later batch, and
 * then takes its place there.
 */
final class BatchBuffer {
    /** Most records of a batch: bounds the list of those who wait for them. */
    static final int RECORD_COUNT_MAX = 4096;
    /** {@link #place} found the batch closed: look for the next one. */
    static final long NO_PLACE = -1;
    /** {@link #place} was the first that did not fit: the caller must settle, see {@link Placement}. */
    static final long MUST_SETTLE = -2;
    /** {@link #placedEndLsn} cannot be told: look again. */
    static final long UNKNOWN = -1;

    private static final long CLOSED = Long.MIN_VALUE;
    private static final int COUNT_SHIFT = 40;
    private static final long BYTES_MASK = (1L << COUNT_SHIFT) - 1;
    private static final int UNSETTLED = -1;
    private static final VarHandle STATE;
    private static final VarHandle PUBLISHED;
    private static final VarHandle FILLERS;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(BatchBuffer.class, "state", long.class);
            PUBLISHED = MethodHandles.lookup().findVarHandle(BatchBuffer.class, "published", long.class);
            FILLERS = MethodHandles.lookup().findVarHandle(BatchBuffer.class, "fillers", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile long state = CLOSED;
    private volatile long published;
    private volatile int length = UNSETTLED;
    private volatile int fillers;
    private int count;
    private int ackCount;
    private int capacity;
    private int closedLength;
    private AlignedBuffer memory;
    private AckList acks;
    private SegmentPlace segment;
    private int block;
    private BatchBuffer next;
    private long wantedLength;
    private long submittedNs;

    /** Makes the batch ready to be filled; the last step opens it. By the thread that settles the batch before. */
    void open(AlignedBuffer newMemory, AckList newAcks, SegmentPlace newSegment, int newBlock) {
        long room = (long) newSegment.room(newBlock) * newSegment.geometry().blockSize();
        prepare(newMemory, newAcks, newSegment, newBlock);
        capacity = (int) Math.min(newMemory.length(), room);
        assert capacity > BatchHeaderDescriptor.LENGTH : capacity;
        state = BatchHeaderDescriptor.LENGTH;
    }

    /** Makes a batch of one record, or of some that stay together, in memory of its own. Never open to others. */
    void fill(AlignedBuffer newMemory, AckList newAcks, SegmentPlace newSegment, int newBlock) {
        prepare(newMemory, newAcks, newSegment, newBlock);
    }

    private void prepare(AlignedBuffer newMemory, AckList newAcks, SegmentPlace newSegment, int newBlock) {
        memory = newMemory;
        acks = newAcks;
        segment = newSegment;
        block = newBlock;
        published = BatchHeaderDescriptor.LENGTH;
        fillers = 0;
        count = 0;
        next = null;
        wantedLength = 0;
        assert length == UNSETTLED : length;
    }

    /** Nobody needs what it was; the first step to its next use. By the driver. */
    void retire() {
        length = UNSETTLED;
    }

    /**
     * Takes a place.
     *
     * @param bytes   bytes of the records with their headers, a multiple of 8
     * @param records how many records they are
     * @return index of the first in the upper, offset in the lower 32 bits; or {@link #NO_PLACE} or {@link #MUST_SETTLE}
     */
    long place(int bytes, int records) {
        // Looked at first, so that callers who come again and again do not make the counters of a closed batch run over.
        if (state < 0) {
            return NO_PLACE;
        }
        long old = (long) STATE.getAndAdd(this, ((long) records << COUNT_SHIFT) + bytes);
        long taken = old & BYTES_MASK;
        int places = (int) (old >>> COUNT_SHIFT);
        if (old < 0 || taken > capacity || places > RECORD_COUNT_MAX) {
            return NO_PLACE;
        }
        if (taken + bytes <= capacity && places + records <= RECORD_COUNT_MAX) {
            return (long) places << Integer.SIZE | taken;
        }
        STATE.getAndBitwiseOr(this, CLOSED);
        count = places;
        ackCount = places;
        closedLength = (int) taken;
        return MUST_SETTLE;
    }

    /**
     * Closes the batch.
     *
     * @return whether the caller must settle it; false if it was closed, or another thread has met its end and settles it
     */
    boolean close() {
        if (state < 0) {
            return false;
        }
        long old = (long) STATE.getAndBitwiseOr(this, CLOSED);
        long taken = old & BYTES_MASK;
        int places = (int) (old >>> COUNT_SHIFT);
        if (old < 0 || taken > capacity || places > RECORD_COUNT_MAX) {
            return false;
        }
        count = places;
        ackCount = places;
        closedLength = (int) taken;
        return true;
    }

    /** Bytes of the batch, known to the thread that must settle it. */
    int closedLength() {
        return closedLength;
    }

    /** The last step of settling: what follows, if anything yet, and the length. */
    void settle(BatchBuffer newNext, int newLength) {
        next = newNext;
        length = newLength;
    }

    /** The next batch is opened later, by the driver; and what must fit into it. */
    void settleWithoutNext(int newLength, long newWantedLength) {
        wantedLength = newWantedLength;
        settle(null, newLength);
    }

    /** How many records are in a batch that was never open; one waits for all of them. */
    void fillCount(int records) {
        count = records;
        ackCount = Math.min(records, 1);
    }

    /** By the driver, once settled without a next batch. */
    void linkNext(BatchBuffer newNext) {
        assert isSettled() && next == null;
        next = newNext;
    }

    /** Says that bytes are copied; what was written before is visible to whoever sees them all published. */
    void publish(int bytes) {
        PUBLISHED.getAndAdd(this, (long) bytes);
    }

    /** Says that places hold fillers instead of records. Before they are published. */
    void countFillers(int places) {
        FILLERS.getAndAdd(this, places);
    }

    boolean isClosed() {
        return state < 0;
    }

    /** Whether anybody has taken a place; of an open batch. */
    boolean isEmpty() {
        return (state & ~CLOSED) == BatchHeaderDescriptor.LENGTH;
    }

    /** Whether it is open and nobody has taken a place; then nothing lies behind it either. Any thread. */
    boolean isUntouched() {
        return state == BatchHeaderDescriptor.LENGTH;
    }

    boolean isSettled() {
        return length != UNSETTLED;
    }

    /** Whether it is settled and every place is filled: the driver alone owns it now. */
    boolean isComplete() {
        int settled = length;
        return settled != UNSETTLED && published == settled;
    }

    /** Whether it is settled and nobody took a place. */
    boolean isVoid() {
        return length == BatchHeaderDescriptor.LENGTH;
    }

    int length() {
        return length;
    }

    /**
     * The end of the places given out in it. Any thread, at any time.
     *
     * @return an LSN; {@link #UNKNOWN} if the batch is just being closed, or reused
     */
    long placedEndLsn() {
        long lsn = lsn();
        VarHandle.loadLoadFence();
        long now = state;
        int settled = length;
        VarHandle.loadLoadFence();
        // LSNs are never used twice: if it still has this one, what was read between belongs to it.
        if (lsn != lsn() || (now < 0 && settled == UNSETTLED)) {
            return UNKNOWN;
        }
        long taken = now < 0 ? settled : now & BYTES_MASK;
        boolean isOverrun = now >= 0 && (taken > capacity || now >>> COUNT_SHIFT > RECORD_COUNT_MAX);
        return isOverrun ? UNKNOWN : lsn + taken;
    }

    /** Slots of its list of waiters that are in use. */
    int ackCount() {
        return ackCount;
    }

    /** Places given out so far; of an open batch. */
    int places() {
        return (int) ((state & ~CLOSED) >>> COUNT_SHIFT);
    }

    /** Notes when it was given to the kernel. By the driver. */
    void submitted(long nowNs) {
        submittedNs = nowNs;
    }

    long submittedNs() {
        return submittedNs;
    }

    int recordCount() {
        return count - fillers;
    }

    AlignedBuffer memory() {
        return memory;
    }

    AckList acks() {
        return acks;
    }

    SegmentPlace segment() {
        return segment;
    }

    int block() {
        return block;
    }

    int blocks() {
        return isVoid() ? 0 : segment.geometry().blocksFor(length);
    }

    long lsn() {
        return segment.lsnOfBlock(block);
    }

    BatchBuffer next() {
        return next;
    }

    long wantedLength() {
        return wantedLength;
    }

    @Override
    public String toString() {
        return "batch buffer at block " + block + " of " + segment + ", length " + length + ", published " + published + ", records "
            + count;
    }
}
