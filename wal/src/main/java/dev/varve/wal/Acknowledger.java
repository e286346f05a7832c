package dev.varve.wal;

import dev.varve.engine.segment.BatchHeader;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/**
 * Tells those who wait for a batch what became of it, level by level.
 *
 * <pre>
 *   written ──► durable ──► protected, by the W of a later durable header or by the manifest
 * </pre>
 *
 * <p>Owned by the driver.
 */
final class Acknowledger {
    private final DurablePosition position;
    private final Executor executor;
    private final ClosingRule rule;
    private final ArrayDeque<Unprotected> unprotected = new ArrayDeque<>();
    private long lastNs;
    private boolean isUsed;
    private int protectionsWanted;

    /**
     * Makes one that has told nothing.
     *
     * @param position where all threads look
     * @param executor runs futures and listeners
     * @param rule     learns from what is acknowledged
     */
    Acknowledger(DurablePosition position, Executor executor, ClosingRule rule) {
        this.position = position;
        this.executor = executor;
        this.rule = rule;
    }

    /** A durable batch that nothing else on disk speaks of yet; its list, if somebody waits for that. */
    private record Unprotected(long batch, long endLsn, AckList acks) {
    }

    /** Whether a batch was acknowledged since the log was opened. */
    boolean isUsed() {
        return isUsed;
    }

    /** When a batch was acknowledged last. */
    long lastNs() {
        return lastNs;
    }

    /** Whether somebody waits for protection, so that the manifest should be written at once. */
    boolean isProtectionWanted() {
        return protectionsWanted > 0;
    }

    /** The device has taken a batch, and every batch before it. */
    void written(UnsyncedBatch batch) {
        position.advanceWritten(batch.endLsn());
        BatchBuffer buffer = batch.buffer();
        if (buffer != null && buffer.acks().isWrittenWanted()) {
            settle(buffer, batch.header());
            buffer.acks().reached(AckLevel.WRITTEN, executor);
        }
    }

    /** A batch has become durable, and every batch before it is. Its buffer goes back to its owner after this. */
    void durable(UnsyncedBatch batch, long nowNs) {
        lastNs = nowNs;
        isUsed = true;
        position.advanceDurable(batch.endLsn());
        AckList kept = null;
        BatchBuffer buffer = batch.buffer();
        if (buffer != null) {
            buffer.memory().takeBack();
            AckList acks = buffer.acks();
            settle(buffer, batch.header());
            int threads = acks.reached(AckLevel.DURABLE, executor);
            rule.durable(batch.header().content().recordCount(), threads, nowNs - buffer.submittedNs(), nowNs);
            if (acks.isProtectedWanted()) {
                kept = acks;
                protectionsWanted++;
            } else {
                acks.recycle();
            }
        }
        unprotected.add(new Unprotected(batch.header().batch(), batch.endLsn(), kept));
        protect(batch.header().synced());
    }

    private static void settle(BatchBuffer buffer, BatchHeader header) {
        buffer.acks().settle(buffer.ackCount(), buffer.lsn(), header.content().firstSequence());
    }

    /** Something durable says that a batch, and every batch before it, was durable. */
    void protect(long batch) {
        long endLsn = -1;
        while (!unprotected.isEmpty() && unprotected.peek().batch() <= batch) {
            Unprotected known = unprotected.poll();
            endLsn = known.endLsn();
            if (known.acks() != null) {
                position.advanceProtected(endLsn);
                known.acks().reached(AckLevel.PROTECTED, executor);
                known.acks().recycle();
                protectionsWanted--;
            }
        }
        if (endLsn >= 0) {
            position.advanceProtected(endLsn);
        }
    }

    /** The log has failed before a settled batch was known to be durable. May be called again as long as the batch is not complete. */
    void failed(BatchBuffer buffer) {
        if (buffer != null) {
            buffer.acks().settle(buffer.ackCount(), buffer.lsn(), 0);
            buffer.acks().failed(position.failure(), executor);
        }
    }

    /** The log has failed: those who waited for protection are told. */
    void failedUnprotected() {
        while (!unprotected.isEmpty()) {
            AckList acks = unprotected.poll().acks();
            if (acks != null) {
                acks.failed(position.failure(), executor);
                acks.recycle();
            }
        }
    }
}
