package dev.varve.wal;

import dev.varve.engine.io.IoEngine;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether the driver is working or waits, and what must wake it. Appenders ask it after each publication; it costs them a read unless the
 * driver waits for just that.
 *
 * <pre>
 *   WORKING ── prepareToWait ──► IDLE or BUSY ── look once more ── wait ── resume ──► WORKING
 * </pre>
 *
 * <p>The driver says that it will wait before it looks a last time for work; an appender publishes before it looks whether the driver
 * waits. One of them sees the other.
 */
final class DriverSeat {
    private static final int WORKING = 0;
    /** Nothing is un-synced: any record is worth a wake-up. */
    private static final int IDLE = 1;
    /** Completions will come; only a full batch, or the last missing publication of a closed one, is worth a wake-up. */
    private static final int BUSY = 2;

    private final IoEngine engine;
    private final AtomicInteger state = new AtomicInteger(WORKING);

    DriverSeat(IoEngine engine) {
        this.engine = engine;
    }

    /** The driver is about to wait. */
    void prepareToWait(boolean isIdle) {
        state.set(isIdle ? IDLE : BUSY);
    }

    /** The driver works again. */
    void resume() {
        state.set(WORKING);
    }

    /** A place of a batch was published. Any thread. */
    void published(BatchBuffer batch) {
        int now = state.get();
        if (now == IDLE || (now == BUSY && batch.isClosed())) {
            engine.wakeUp();
        }
    }

    /** A full batch was closed. Any thread. */
    void settled() {
        if (state.get() != WORKING) {
            engine.wakeUp();
        }
    }

    /** Something happened that the driver must look at. Any thread. */
    void call() {
        engine.wakeUp();
    }
}
