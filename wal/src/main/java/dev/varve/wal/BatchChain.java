package dev.varve.wal;

/**
 * Where the driver stands in the chain of batches that {@link Placement} strings together.
 *
 * <pre>
 *   passed ──► head ──► settled ──► open
 *     │          └── the oldest batch that is not built yet; null until it is there
 *     └── kept until the one behind it is linked to it, even if its bytes are durable before
 * </pre>
 *
 * <p>Owned by the driver. Invariant: a batch object is recycled only when its successor is known. Its memory goes back before that: the
 * successor may have to be opened in it.
 */
final class BatchChain {
    private final BatchBuffers buffers;
    private BatchBuffer head;
    private BatchBuffer passed;
    private boolean isPassedDone;

    BatchChain(BatchBuffers buffers, BatchBuffer first) {
        this.buffers = buffers;
        this.head = first;
    }

    /** The oldest batch that is not passed; null before {@link #moveToNext} has found it. */
    BatchBuffer head() {
        return head;
    }

    /** As {@link #head}, without moving there. */
    BatchBuffer oldest() {
        return head == null ? passed.next() : head;
    }

    /** Makes {@link #head} the oldest batch that is not passed; false if there is none yet. */
    boolean moveToNext() {
        if (head == null && passed.next() != null) {
            head = passed.next();
            if (isPassedDone) {
                isPassedDone = false;
                buffers.recycle(passed);
            }
            passed = null;
        }
        return head != null;
    }

    /** Leaves {@link #head} behind; it is built, and comes back to {@link #recycle} when its bytes are durable. */
    void pass() {
        passed = head;
        head = head.next();
    }

    /** Leaves {@link #head} behind; it is not written. */
    void passUnwritten() {
        head.acks().recycle();
        buffers.release(head.memory());
        passed = head;
        isPassedDone = true;
        head = null;
    }

    /** Takes a batch's memory back, and the batch unless the one behind it is still to be linked to it. */
    void recycle(BatchBuffer buffer) {
        buffers.release(buffer.memory());
        if (head == null && buffer.equals(passed)) {
            isPassedDone = true;
        } else {
            buffers.recycle(buffer);
        }
    }

    /** Whether nothing is to be built: everything was passed, but for a batch in which nobody took a place and behind which none comes. */
    boolean isPassed() {
        BatchBuffer next = oldest();
        return next == null || (next.isVoid() && next.next() == null);
    }
}
