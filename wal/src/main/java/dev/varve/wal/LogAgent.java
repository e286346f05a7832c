package dev.varve.wal;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;

/**
 * Drives a log: steps while there is something to do, then waits for a completion, a call, or the time of the next duty.
 *
 * <p>Run by one thread, Varve's own or the caller's. It ends by itself when the log has ended.
 */
final class LogAgent implements Agent {
    private static final long WAIT_MAX_NS = TimeUnit.SECONDS.toNanos(1);
    /** How often a log whose engine is lost looks whether it is being closed. */
    private static final long LOST_WAIT_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final LogParts parts;
    private final Driver driver;
    private final CountDownLatch ended = new CountDownLatch(1);
    private long lastNs;

    LogAgent(LogParts parts, Driver driver) {
        this.parts = parts;
        this.driver = driver;
    }

    @Override
    public int doWork() {
        if (driver.step(now())) {
            return 1;
        }
        if (driver.isEnded()) {
            throw new AgentTerminationException("the log has ended");
        }
        if (driver.isLingering(now())) {
            yieldProcessor();
        } else {
            await();
        }
        return 0;
    }

    @SuppressWarnings("ThreadPriorityCheck") // The appenders that are expected may need this very processor.
    private static void yieldProcessor() {
        Thread.yield();
    }

    private void await() {
        if (driver.isUnreapable()) {
            LockSupport.parkNanos(this, LOST_WAIT_NS);
            return;
        }
        parts.seat().prepareToWait(driver.isIdle());
        try {
            if (!driver.hasWork()) {
                long dueNs = driver.wakeAtNs();
                long timeoutNs = dueNs == Long.MAX_VALUE ? WAIT_MAX_NS : Math.clamp(dueNs - now(), 0, WAIT_MAX_NS);
                parts.queue().reap(1, timeoutNs);
            }
        } catch (RuntimeException | Error e) {
            driver.fail(e);
        } finally {
            parts.seat().resume();
        }
    }

    private long now() {
        try {
            lastNs = parts.environment().nanos().getAsLong();
        } catch (RuntimeException | Error e) {
            driver.fail(e);
        }
        return lastNs;
    }

    @Override
    public void onClose() {
        try {
            if (!driver.isEnded()) {
                driver.abandon();
            }
            parts.close();
        } finally {
            ended.countDown();
        }
    }

    /**
     * Waits until everything is released.
     *
     * @return false if the time ran out first
     */
    boolean awaitEnd(long timeoutNs) throws InterruptedException {
        return ended.await(timeoutNs, TimeUnit.NANOSECONDS);
    }

    boolean isEnded() {
        return ended.getCount() == 0;
    }

    @Override
    public String roleName() {
        return "varve-log";
    }
}
