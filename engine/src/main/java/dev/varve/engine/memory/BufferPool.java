package dev.varve.engine.memory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A bounded number of bytes of aligned buffers: many of one standard length, and a few larger ones made when asked for and kept for reuse.
 *
 * <p>Any thread may acquire and release. Memory is obtained only within the budget and given back only by {@link #close()}, or to make
 * room for a larger buffer.
 */
public final class BufferPool implements AutoCloseable {
    private final ReentrantLock lock = new ReentrantLock();
    private final MemorySource source;
    private final Limits limits;
    private final ArrayDeque<AlignedBuffer> free = new ArrayDeque<>();
    private final List<AlignedBuffer> freeLarge = new ArrayList<>();
    private long allocated;
    private int lent;
    private boolean isClosed;

    /**
     * The measures of a pool.
     *
     * @param alignment      what every address and length is a multiple of, bytes, a power of two
     * @param standardLength bytes of a standard buffer
     * @param budget         bytes of all buffers together
     */
    public record Limits(int alignment, int standardLength, long budget) {
        /** Checks the measures. */
        public Limits {
            if (Integer.bitCount(alignment) != 1 || standardLength <= 0 || standardLength % alignment != 0 || budget < standardLength) {
                throw new IllegalArgumentException("impossible pool: alignment=" + alignment + " standardLength=" + standardLength
                    + " budget=" + budget);
            }
        }
    }

    /**
     * Makes an empty pool; memory is obtained when first asked for.
     *
     * @param source where memory comes from
     * @param limits its measures
     */
    public BufferPool(MemorySource source, Limits limits) {
        this.source = source;
        this.limits = limits;
    }

    /**
     * A standard buffer.
     *
     * @return a buffer in state FILLING, or null if the budget is used up
     */
    public AlignedBuffer acquire() {
        return acquire(limits.standardLength());
    }

    /**
     * A buffer of at least some length.
     *
     * @param lengthMin bytes needed
     * @return a buffer in state FILLING, or null if the budget is used up or smaller than that, or the pool is closed
     */
    public AlignedBuffer acquire(long lengthMin) {
        lock.lock();
        try {
            if (isClosed) {
                return null;
            }
            AlignedBuffer buffer = lengthMin <= limits.standardLength() ? standard() : large(lengthMin);
            if (buffer != null) {
                buffer.acquired();
                lent++;
            }
            return buffer;
        } finally {
            lock.unlock();
        }
    }

    private AlignedBuffer standard() {
        AlignedBuffer buffer = free.poll();
        if (buffer == null) {
            makeRoom(limits.standardLength());
            buffer = allocate(limits.standardLength());
        }
        return buffer;
    }

    private AlignedBuffer large(long lengthMin) {
        if (lengthMin > Math.min(limits.budget(), Integer.MAX_VALUE - limits.alignment())) {
            return null;
        }
        long mask = limits.alignment() - 1L;
        long length = lengthMin + mask & ~mask;
        AlignedBuffer best = null;
        for (AlignedBuffer candidate : freeLarge) {
            if (candidate.length() >= length && (best == null || candidate.length() < best.length())) {
                best = candidate;
            }
        }
        if (best != null) {
            freeLarge.remove(best);
            return best;
        }
        makeRoom(length);
        return allocate(length);
    }

    /** Discards free buffers for a new one, unless even all of them were too few. */
    private void makeRoom(long length) {
        long discardable = length > limits.standardLength() ? (long) free.size() * limits.standardLength() : 0;
        for (AlignedBuffer large : freeLarge) {
            discardable += large.length();
        }
        if (allocated - discardable + length > limits.budget()) {
            return;
        }
        while (allocated + length > limits.budget() && !freeLarge.isEmpty()) {
            discard(freeLarge.removeLast());
        }
        while (allocated + length > limits.budget() && !free.isEmpty() && length > limits.standardLength()) {
            discard(free.removeLast());
        }
    }

    private AlignedBuffer allocate(long length) {
        if (allocated + length > limits.budget()) {
            return null;
        }
        AlignedBuffer buffer = new AlignedBuffer(source.allocate(length, limits.alignment()));
        allocated += length;
        return buffer;
    }

    private void discard(AlignedBuffer buffer) {
        allocated -= buffer.length();
        source.free(buffer.memory());
    }

    /**
     * Takes a buffer back.
     *
     * @param buffer a buffer of this pool in state FILLING or CLOSED
     * @throws IllegalStateException if it is free already or with the kernel
     */
    public void release(AlignedBuffer buffer) {
        lock.lock();
        try {
            buffer.released();
            source.released(buffer.memory());
            lent--;
            if (isClosed) {
                discard(buffer);
            } else if (buffer.length() == limits.standardLength()) {
                free.push(buffer);
            } else {
                freeLarge.add(buffer);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Buffers that were acquired and not released.
     *
     * @return the count
     */
    public int lent() {
        lock.lock();
        try {
            return lent;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Bytes obtained from the source.
     *
     * @return bytes, at most the budget
     */
    public long allocated() {
        lock.lock();
        try {
            return allocated;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Frees the memory of all free buffers; that of buffers still lent, which somebody may still use, when they are released.
     * Idempotent.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            isClosed = true;
            while (!free.isEmpty()) {
                discard(free.poll());
            }
            while (!freeLarge.isEmpty()) {
                discard(freeLarge.removeLast());
            }
        } finally {
            lock.unlock();
        }
    }
}
