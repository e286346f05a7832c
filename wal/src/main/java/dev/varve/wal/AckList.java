package dev.varve.wal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/**
 * Who waits for the records of one batch: a slot for each record, filled by its appender before it publishes. A slot holds a thread to
 * wake, a future, a listener, or nothing, and the level it waits for.
 *
 * <p>The driver empties it level by level: threads are woken at once, futures and listeners are told on the log's executor, in the order of
 * their records, one task for each batch and level.
 */
final class AckList {
    private static final VarHandle RECEIVER = MethodHandles.arrayElementVarHandle(Object[].class);

    private final Object[] receivers;
    private final Object[] attachments;
    private final AckLevel[] levels;
    private final int[] offsets;
    private final AckLists home;
    private volatile boolean isWrittenWanted;
    private volatile boolean isProtectedWanted;
    private int count;
    private long baseLsn;
    private long firstSequence;

    AckList(int capacity, AckLists home) {
        this.receivers = new Object[capacity];
        this.attachments = new Object[capacity];
        this.levels = new AckLevel[capacity];
        this.offsets = new int[capacity];
        this.home = home;
    }

    /** Fills a slot; by the appender that was given the index, before it publishes. */
    void set(int index, int offset, Appender.Target target) {
        offsets[index] = offset;
        if (target == null || target.receiver() == null) {
            return;
        }
        attachments[index] = target.attachment();
        levels[index] = target.level();
        // Last: when a log fails, its driver also looks at lists that are still being filled.
        RECEIVER.setRelease(receivers, index, target.receiver());
        if (target.level() == AckLevel.WRITTEN) {
            isWrittenWanted = true;
        } else if (target.level() == AckLevel.PROTECTED) {
            isProtectedWanted = true;
        }
    }

    /** Says that a slot's place could not be filled: it holds no record. */
    void setFiller(int index) {
        offsets[index] = -1;
    }

    /** What the batch became: its first {@code newCount} slots, the LSN of its first byte, and its first record's sequence. */
    void settle(int newCount, long newBaseLsn, long newFirstSequence) {
        count = newCount;
        baseLsn = newBaseLsn;
        firstSequence = newFirstSequence;
    }

    /** Whether somebody waits for the record to be written only: then the driver looks at this list earlier, too. */
    boolean isWrittenWanted() {
        return isWrittenWanted;
    }

    /** Whether somebody waits for protection: then the driver keeps this list longer. */
    boolean isProtectedWanted() {
        return isProtectedWanted;
    }

    /**
     * Tells those who wait for a level or a lower one. By the driver.
     *
     * @param level    what the records have reached
     * @param executor runs futures and listeners
     * @return how many threads were woken
     */
    int reached(AckLevel level, Executor executor) {
        return release(level, null, executor);
    }

    /**
     * Tells everybody that the log has failed first. By the driver, as often as it likes: whoever fills a slot between two calls is told
     * by the second.
     */
    void failed(Throwable failure, Executor executor) {
        release(AckLevel.PROTECTED, failure, executor);
    }

    private int release(AckLevel level, Throwable failure, Executor executor) {
        List<Ack> acks = null;
        int woken = 0;
        long sequence = firstSequence;
        for (int i = 0; i < count; i++) {
            Object receiver = RECEIVER.getAcquire(receivers, i);
            if (receiver != null && levels[i].compareTo(level) <= 0) {
                receivers[i] = null;
                if (receiver instanceof Thread thread) {
                    LockSupport.unpark(thread);
                    woken++;
                } else if (offsets[i] >= 0) {
                    acks = acks == null ? new ArrayList<>(count - i) : acks;
                    acks.add(new Ack(receiver, attachments[i], new Appended(baseLsn + offsets[i], sequence)));
                }
                attachments[i] = null;
            }
            sequence += offsets[i] >= 0 ? 1 : 0;
        }
        if (acks != null) {
            Ack.tell(acks, failure, executor);
        }
        return woken;
    }

    /** Goes back to where lists are kept; everybody has been told. */
    void recycle() {
        assert isEmpty();
        count = 0;
        isWrittenWanted = false;
        isProtectedWanted = false;
        home.release(this);
    }

    private boolean isEmpty() {
        for (int i = 0; i < count; i++) {
            if (receivers[i] != null) {
                return false;
            }
        }
        return true;
    }
}
