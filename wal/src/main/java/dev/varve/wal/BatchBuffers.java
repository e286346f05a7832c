package dev.varve.wal;

import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.memory.BufferPool;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes batches to fill out of pooled memory, and takes them back. Any thread; entered once for each batch, never for each record.
 *
 * <p>Invariant: memory is with a batch from {@link #open} until {@link #release}, which the driver calls after the kernel is done with it.
 */
final class BatchBuffers {
    private final BufferPool pool;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<BatchBuffer> free = new ArrayDeque<>();
    private final AckLists lists = new AckLists(BatchBuffer.RECORD_COUNT_MAX);
    private final AckLists singles = new AckLists(1);

    BatchBuffers(BufferPool pool) {
        this.pool = pool;
    }

    /**
     * An open batch.
     *
     * @return the batch, or null if the memory budget is used up
     */
    BatchBuffer open(SegmentPlace segment, int block) {
        AlignedBuffer memory = pool.acquire();
        if (memory == null) {
            return null;
        }
        BatchBuffer batch = null;
        try {
            AckList acks = lists.acquire();
            batch = object();
            batch.open(memory, acks, segment, block);
            return batch;
        } finally {
            if (batch == null) {
                pool.release(memory);
            }
        }
    }

    /** Memory for a batch of its own; null if the budget is used up. */
    AlignedBuffer memory(long length) {
        return pool.acquire(length);
    }

    /** Gives memory back: that became no batch, or whose batch is durable. */
    void release(AlignedBuffer memory) {
        pool.release(memory);
    }

    /** A batch around memory that is filled already. */
    BatchBuffer closed(AlignedBuffer memory, int records, SegmentPlace segment, int block) {
        BatchBuffer batch = object();
        batch.fill(memory, singles.acquire(), segment, block);
        batch.fillCount(records);
        return batch;
    }

    private BatchBuffer object() {
        lock.lock();
        try {
            BatchBuffer batch = free.poll();
            return batch != null ? batch : new BatchBuffer();
        } finally {
            lock.unlock();
        }
    }

    /** Takes back a batch whose memory was released; its list of waiters has been taken out and goes its own way. */
    void recycle(BatchBuffer batch) {
        batch.retire();
        lock.lock();
        try {
            free.push(batch);
        } finally {
            lock.unlock();
        }
    }

    int lent() {
        return pool.lent();
    }

    /** Frees the memory that is not lent. */
    void close() {
        pool.close();
    }
}
