package dev.varve.wal;

/**
 * The driver's end of the chain that {@link Placement} grows: the batches that are not built yet, oldest first.
 *
 * <pre>
 *    passed ──► head ──► … ──► open             the batch before the head is kept until its next one is linked to it
 * </pre>
 *
 * <p>Owned by the driver.
 */
final class BatchChain {
    private final BatchBuffers buffers;
    private BatchBuffer head;
    /** The batch that was passed last, while it is the end of the chain. */
    private BatchBuffer passed;
    private boolean isPassedDone;

    BatchChain(BatchBuffers buffers, BatchBuffer first) {
        this.buffers = buffers;
        this.head = first;
    }

    /** The oldest batch that was not passed; null if there is none yet. */
    BatchBuffer head() {
        if (head == null && passed.next() != null) {
            head = passed.next();
            if (isPassedDone) {
                isPassedDone = false;
                buffers.recycle(passed);
            }
            passed = null;
        }
        return head;
    }

    /** As {@link #head()}, for a look from outside: takes nothing back. */
    BatchBuffer peek() {
        return head == null ? passed.next() : head;
    }

    /** Leaves the head behind; {@link #recycle} takes it back later. */
    void pass() {
        passed = head;
        head = null;
        head();
    }

    /** Leaves the head behind and takes it back: it will not be written. */
    void discard() {
        head.acks().recycle();
        passed = head;
        isPassedDone = true;
        head = null;
        head();
    }

    /** Takes a passed batch back, now or as soon as its next one is linked to it. */
    void recycle(BatchBuffer batch) {
        if (head == null && batch.equals(passed)) {
            isPassedDone = true;
        } else {
            buffers.recycle(batch);
        }
    }

    /** Whether nothing is left: every batch was passed, and none is linked behind. */
    boolean isEmpty() {
        BatchBuffer next = peek();
        return next == null || (next.isVoid() && next.next() == null);
    }
}
