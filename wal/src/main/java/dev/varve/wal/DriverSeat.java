package dev.varve.wal;

import dev.varve.engine.io.IoEngine;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Who drives the log, whether that thread works or waits, and what must wake it. Appenders ask after each publication; it costs them a read
 * unless the driver waits for just that.
 *
 * <pre>
 *   holder   NOBODY ◄─ take / leave ─► AGENT     the log's own thread
 *               └───── take / leave ─► CALLER    a blocking appender whose record is the only one outstanding
 *
 *   state    WORKING ── prepareToWait ──► IDLE or BUSY ── look once more ── wait ── resume ──► WORKING
 * </pre>
 *
 * <p>Whoever will wait, or leave, says so before it looks a last time for work; an appender publishes before it looks whether the driver
 * waits. One of them sees the other. Taking and leaving hands over all that the driver owns, by one atomic word.
 */
final class DriverSeat {
    /** Who may hold the seat. */
    enum Holder {
        /** Nobody; there is nothing to do. */
        NOBODY,
        /** The log's own thread. */
        AGENT,
        /** A blocking appender. */
        CALLER
    }

    private static final int WORKING = 0;
    /** Nothing is un-synced: any record is worth a wake-up. */
    private static final int IDLE = 1;
    /** Completions will come; only a full batch, or the last missing publication of a closed one, is worth a wake-up. */
    private static final int BUSY = 2;

    private final IoEngine engine;
    private final AtomicReference<Holder> holder = new AtomicReference<>(Holder.NOBODY);
    private final AtomicInteger state = new AtomicInteger(WORKING);
    private volatile Thread agent;
    private volatile long agentDueNs;

    DriverSeat(IoEngine engine) {
        this.engine = engine;
    }

    /** The agent's thread, to be woken when it is needed. */
    void agent(Thread thread) {
        agent = thread;
    }

    /** Takes the seat if nobody has it. */
    boolean take(Holder by) {
        return holder.compareAndSet(Holder.NOBODY, by);
    }

    /** Leaves the seat; what was done before is visible to whoever takes it next. */
    void leave() {
        holder.set(Holder.NOBODY);
    }

    /** The agent is about to sleep; said before it leaves the seat, or finds it taken. */
    void prepareToSleep(long dueNs) {
        agentDueNs = dueNs;
    }

    /** The agent sleeps until it is woken or the time is over. */
    void sleep(long timeoutNs) {
        LockSupport.parkNanos(this, timeoutNs);
    }

    /** When the sleeping agent wakes up by itself. */
    long agentDueNs() {
        return agentDueNs;
    }

    void wakeAgent() {
        Thread thread = agent;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    /** Wakes the agent if nobody drives. */
    void wakeAgentIfFree() {
        if (holder.get() == Holder.NOBODY) {
            wakeAgent();
        }
    }

    /** The driver is about to wait. */
    void prepareToWait(boolean isIdle) {
        state.set(isIdle ? IDLE : BUSY);
    }

    /** The driver works again. */
    void resume() {
        state.set(WORKING);
    }

    /**
     * A place of a batch was published. Any thread.
     *
     * @param isDriving whether the caller will try to drive the log itself at once
     */
    void published(BatchBuffer batch, boolean isDriving) {
        if (holder.get() == Holder.NOBODY) {
            if (!isDriving) {
                wakeAgent();
            }
            return;
        }
        int now = state.get();
        if (now == IDLE || (now == BUSY && batch.isClosed())) {
            engine.wakeUp();
        }
    }

    /** A full batch was closed. Any thread. */
    void settled() {
        if (holder.get() == Holder.NOBODY) {
            wakeAgent();
        } else if (state.get() != WORKING) {
            engine.wakeUp();
        }
    }

    /** Something happened that the driver must look at. Any thread. */
    void call() {
        engine.wakeUp();
        wakeAgent();
    }
}
