package dev.varve.wal;

import dev.varve.engine.io.IoQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;

/**
 * Drives a log: steps while there is something to do, then waits for a completion, a call, or the time of the next duty.
 *
 * <p>Run by one thread, which holds the {@link DriverSeat} while there is work. When the log is at rest it leaves the seat; then a blocking
 * appender that comes alone takes it and drives the log until its record is durable, so that no thread has to wake another. It ends by
 * itself when the log has ended.
 *
 * <p>A log without threads is driven, turn by turn, by whoever waits for something.
 */
final class LogAgent implements Agent {
    private static final long WAIT_MAX_NS = TimeUnit.SECONDS.toNanos(1);
    /** How often a log whose engine is lost looks whether it is being closed. */
    private static final long LOST_WAIT_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final IoQueue queue;
    private final DurablePosition position;
    private final Callbacks callbacks;
    private final LongSupplier nanos;
    private final Runnable release;
    private final Driver driver;
    private final DriverSeat seat;
    private final boolean isSeatShared;
    private final boolean isDrivenByCallers;
    private final CountDownLatch ended = new CountDownLatch(1);
    private boolean isSeated;
    /** A wait has failed after the log had. */
    private long lastNs;

    /**
     * Makes an agent.
     *
     * @param parts        the log
     * @param driver       its driver
     * @param isSeatShared whether callers may drive, too; if not, the agent never sleeps but in the engine
     */
    LogAgent(LogParts parts, Driver driver, boolean isSeatShared) {
        this.queue = parts.queue();
        this.position = parts.position();
        this.callbacks = parts.executor();
        this.nanos = parts.environment().nanos();
        this.release = parts::close;
        this.driver = driver;
        this.seat = parts.seat();
        this.isSeatShared = isSeatShared;
        this.isDrivenByCallers = !parts.environment().isThreaded();
    }

    @Override
    public void onStart() {
        seat.agent(Thread.currentThread());
    }

    @Override
    public int doWork() {
        if (!isSeated && !sit()) {
            return 0;
        }
        if (driver.step(now())) {
            return 1;
        }
        if (driver.isEnded()) {
            throw new AgentTerminationException("the log has ended");
        }
        if (isSeatShared && driver.isAtRest()) {
            rest();
        } else {
            pause(Deadline.NEVER);
        }
        return 0;
    }

    /** Takes the seat; if a caller has it, sleeps until that one wakes this thread or nothing was left to do for a while. */
    private boolean sit() {
        isSeated = seat.take(DriverSeat.Holder.AGENT);
        if (!isSeated) {
            seat.prepareToSleep(sleepEndNs());
            isSeated = seat.take(DriverSeat.Holder.AGENT);
            if (!isSeated) {
                seat.sleep(WAIT_MAX_NS);
            }
        }
        return isSeated;
    }

    /** Without the seat. Whoever drives meets a broken clock, too, and fails the log; this thread must live on to end it. */
    private long sleepEndNs() {
        try {
            return nanos.getAsLong() + WAIT_MAX_NS;
        } catch (RuntimeException | Error e) {
            return seat.agentDueNs();
        }
    }

    /** Leaves the seat to whoever comes, and sleeps. */
    private void rest() {
        long timeoutNs = timeoutNs();
        BatchBuffer open = driver.oldest();
        seat.prepareToSleep(lastNs + timeoutNs);
        isSeated = false;
        seat.leave();
        // This batch, not the one that is open now: that may be empty although another was closed before it.
        if (open.isUntouched()) {
            seat.sleep(timeoutNs);
        }
    }

    /**
     * Drives the log on the calling thread until a record is durable, if nobody else does; otherwise makes sure that somebody does.
     *
     * @param lsn      the calling thread's own record
     * @param deadline when the calling thread stops waiting for it
     */
    void drive(long lsn, Deadline deadline) {
        if (!isSeatShared || Thread.currentThread().isVirtual() || !seat.take(DriverSeat.Holder.CALLER)) {
            seat.wakeAgentIfFree();
            return;
        }
        try {
            callbacks.keepOffCaller(Thread.currentThread());
            while (position.durableLsn() <= lsn && position.failure() == null && !Thread.currentThread().isInterrupted()
                && !deadline.isOver()) {
                if (!driver.step(now())) {
                    pause(deadline);
                }
            }
        } finally {
            handOver();
        }
    }

    /** Leaves the seat; what is left to do, or becomes due before it would look, is the agent's. */
    private void handOver() {
        BatchBuffer open = null;
        long dueNs = Long.MAX_VALUE;
        try {
            open = driver.isAtRest() ? driver.oldest() : null;
            dueNs = driver.wakeAtNs();
            callbacks.keepOffCaller(null);
        } finally {
            // Even if the caller is out of stack or memory: a seat nobody leaves would stop the log for good.
            seat.leave();
            boolean isDue = dueNs != Long.MAX_VALUE && dueNs - seat.agentDueNs() < 0;
            if (open == null || !open.isUntouched() || isDue || driver.isClosing()) {
                seat.wakeAgent();
            }
        }
    }

    /** Whether the log has no thread of its own. */
    boolean isDrivenByCallers() {
        return isDrivenByCallers;
    }

    /** Drives a log without a thread until something is so, or never will be; of another log this does nothing. */
    void driveUntil(BooleanSupplier isReached) {
        while (isDrivenByCallers && !isReached.getAsBoolean() && position.failure() == null && !driver.isEnded()) {
            turn();
        }
    }

    /** One step of a log without a thread, or one wait; then what it has to tell. */
    void turn() {
        if (!driver.step(now())) {
            pause(Deadline.NEVER);
        }
        callbacks.runWaiting();
    }

    /**
     * Ends a log without a thread.
     *
     * @return false if the time ran out first, by the log's own clock
     */
    boolean end(long timeoutNs) {
        long startNs = now();
        // Of an engine that is lost nothing comes any more, and nobody else will wait for it.
        while (!isEnded() && !driver.isEnded() && !driver.isUnreapable()) {
            if (lastNs - startNs >= timeoutNs) {
                return false;
            }
            turn();
        }
        if (!isEnded()) {
            onClose();
            callbacks.runWaiting();
        }
        return true;
    }

    private void pause(Deadline deadline) {
        if (driver.isLingering(now())) {
            yieldProcessor();
        } else {
            await(deadline);
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // The appenders that are expected may need this very processor.
    private static void yieldProcessor() {
        Thread.yield();
    }

    private void await(Deadline deadline) {
        if (driver.isUnreapable()) {
            LockSupport.parkNanos(this, LOST_WAIT_NS);
            return;
        }
        seat.prepareToWait(driver.isIdle());
        try {
            if (!driver.hasWork()) {
                queue.reap(1, Math.min(timeoutNs(), deadline.remainingNs()));
            }
        } catch (RuntimeException | Error e) {
            driver.lose(e);
        } finally {
            seat.resume();
        }
    }

    private long timeoutNs() {
        long dueNs = driver.wakeAtNs();
        return dueNs == Long.MAX_VALUE ? WAIT_MAX_NS : Math.clamp(dueNs - now(), 0, WAIT_MAX_NS);
    }

    private long now() {
        try {
            lastNs = nanos.getAsLong();
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
            release.run();
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
