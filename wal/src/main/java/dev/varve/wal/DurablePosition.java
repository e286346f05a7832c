package dev.varve.wal;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * How far the log is written, durable and protected, and whether it has failed: the one place where the driver tells all other threads.
 *
 * <pre>
 *    records │ protected │ durable │ written │ accepted
 *                        ▲         ▲         ▲ ends, exclusive; each only grows
 * </pre>
 *
 * <p>The driver advances and fails it; any thread reads and waits. A thread that waits for its own record is woken through the record's
 * {@link AckList}, any other through this.
 */
final class DurablePosition {
    private final ConcurrentLinkedQueue<Thread> waiting = new ConcurrentLinkedQueue<>();
    private volatile long writtenLsn;
    private volatile long durableLsn;
    private volatile long protectedLsn;
    private volatile LogFailedException failure;

    DurablePosition(long endLsn) {
        this.writtenLsn = endLsn;
        this.durableLsn = endLsn;
        this.protectedLsn = endLsn;
    }

    /** The end of what has reached a level. */
    long endLsn(AckLevel level) {
        return switch (level) {
            case BUFFERED -> Long.MAX_VALUE;
            case WRITTEN -> writtenLsn;
            case DURABLE -> durableLsn;
            case PROTECTED -> protectedLsn;
        };
    }

    /** Everything below is durable. */
    long durableLsn() {
        return durableLsn;
    }

    void advanceWritten(long endLsn) {
        if (endLsn > writtenLsn) {
            writtenLsn = endLsn;
            wakeAll();
        }
    }

    void advanceDurable(long endLsn) {
        assert endLsn >= durableLsn : endLsn;
        advanceWritten(endLsn);
        durableLsn = endLsn;
        wakeAll();
    }

    void advanceProtected(long endLsn) {
        assert endLsn <= durableLsn : endLsn;
        if (endLsn > protectedLsn) {
            protectedLsn = endLsn;
            wakeAll();
        }
    }

    LogFailedException failure() {
        return failure;
    }

    /** Makes a failure known; the first one stays. */
    void fail(LogFailedException newFailure) {
        if (failure == null) {
            failure = newFailure;
            wakeAll();
        }
    }

    /** Wakes those who wait now; not those who come back while it works, lest it never ends. */
    private void wakeAll() {
        for (int i = waiting.size(); i > 0; i--) {
            LockSupport.unpark(waiting.poll());
        }
    }

    /**
     * Waits until a record has reached a level; its {@link AckList} holds the calling thread.
     *
     * @return false if the time ran out first
     * @throws IndeterminateAppendException if the log fails first, or the thread is interrupted: its interrupt status stays set
     */
    boolean awaitOwn(long lsn, AckLevel level, Deadline deadline) {
        while (endLsn(level) <= lsn) {
            Throwable obstacle = obstacle();
            if (obstacle != null) {
                throw new IndeterminateAppendException(lsn, obstacle.getMessage(), obstacle);
            }
            long remainingNs = deadline.remainingNs();
            if (remainingNs == 0) {
                return false;
            }
            LockSupport.parkNanos(this, remainingNs);
        }
        return true;
    }

    /** As {@link #awaitOwn}, for any record. */
    void await(long lsn, AckLevel level) {
        Throwable obstacle = awaitEnd(lsn + 1, level);
        if (obstacle != null) {
            throw new IndeterminateAppendException(lsn, obstacle.getMessage(), obstacle);
        }
    }

    /** As {@link #await}, for all records below an LSN. */
    void awaitBelow(long endLsn, AckLevel level) {
        Throwable obstacle = awaitEnd(endLsn, level);
        if (obstacle != null) {
            throw IndeterminateAppendException.below(endLsn, obstacle.getMessage(), obstacle);
        }
    }

    /** Waits for an end; null once it is reached, otherwise why it was not waited for any longer. */
    private Throwable awaitEnd(long wantedLsn, AckLevel level) {
        while (endLsn(level) < wantedLsn) {
            waiting.add(Thread.currentThread());
            if (endLsn(level) >= wantedLsn) {
                return null;
            }
            Throwable obstacle = obstacle();
            if (obstacle != null) {
                return obstacle;
            }
            LockSupport.park(this);
        }
        return null;
    }

    private Throwable obstacle() {
        LogFailedException failed = failure;
        if (failed != null) {
            return failed;
        }
        return Thread.currentThread().isInterrupted() ? new InterruptedException("the thread was interrupted while it waited") : null;
    }
}
