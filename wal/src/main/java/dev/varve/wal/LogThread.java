package dev.varve.wal;

import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.segment.SegmentHeader;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.NoOpIdleStrategy;

/**
 * An open log's threads: one drives it, one makes the calls that block in the kernel.
 *
 * <p>In an environment without threads there are neither: callers drive, and make those calls themselves.
 *
 * <p>Any thread may end it. Both are daemons: a process that ends without closing its log is like one that was killed.
 */
final class LogThread {
    private static final System.Logger LOG = System.getLogger(WriteAheadLog.class.getName());
    private static final Duration WAIT_MAX = Duration.ofDays(10_000);

    private final LogParts parts;
    private final Supplier<LogStorage> storage;
    private final Driver driver;
    private final LogAgent agent;
    private final ExecutorService housekeeping;

    private LogThread(LogParts parts, Supplier<LogStorage> storage, ExecutorService housekeeping) {
        this.parts = parts;
        this.storage = storage;
        this.housekeeping = housekeeping;
        this.driver = new Driver(parts);
        this.agent = new LogAgent(parts, driver, parts.environment().isThreaded());
    }

    /** Locks and recovers a log; {@link #start} then begins to drive it. */
    static LogThread open(Path directory, LogConfig config, StorageChoice choice) {
        ExecutorService housekeeping = choice.environment().isThreaded() ? housekeeping() : null;
        try {
            return open(directory, config, choice, housekeeping);
        } catch (StorageContractException e) {
            return open(directory, config, choice.instead(directory, e), housekeeping);
        }
    }

    private static LogThread open(Path directory, LogConfig config, StorageChoice choice, ExecutorService housekeeping) {
        LogParts parts = LogParts.open(directory, config, choice.environment(), housekeeping == null ? Runnable::run : housekeeping);
        SegmentHeader.Origin origin = parts.builder().header().origin();
        // Described when somebody asks: that reads files of the system, which no opening should wait for or fail of.
        return new LogThread(parts, () -> choice.status(directory, origin), housekeeping);
    }

    private static ExecutorService housekeeping() {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
            task -> Thread.ofPlatform().daemon().name("varve-housekeeping").inheritInheritableThreadLocals(false).unstarted(task));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    LogParts parts() {
        return parts;
    }

    LogStorage storage() {
        return storage.get();
    }

    LogAgent agent() {
        return agent;
    }

    LogHealth health() {
        return agent.isEnded() ? new LogHealth(LogHealth.State.CLOSED, "") : parts.health();
    }

    /** Begins to drive the log; if no thread can be had, everything is released. */
    void start() {
        if (agent.isDrivenByCallers()) {
            return;
        }
        boolean isStarted = false;
        try {
            AgentRunner runner = new AgentRunner(NoOpIdleStrategy.INSTANCE, this::failed, null, agent);
            AgentRunner.startOnThread(runner, task -> {
                Thread thread = new Uninterrupted(task);
                parts.executor().keepOff(thread);
                return thread;
            });
            isStarted = true;
        } finally {
            if (!isStarted) {
                agent.onClose();
            }
        }
    }

    /** Nobody but close() ends the log: whoever interrupts all threads of a process does not mean this one. */
    private static final class Uninterrupted extends Thread {
        Uninterrupted(Runnable task) {
            super(task, "varve-log");
            setDaemon(true);
        }

        @Override
        public void interrupt() {
            // Does nothing: an interrupt would only keep the waits of this thread from waiting.
        }
    }

    private void failed(Throwable failure) {
        if (!(failure instanceof AgentTerminationException)) {
            driver.fail(failure);
        }
    }

    private void overdue(Duration timeout) {
        String reason = parts.stalls().closeOverdue();
        LOG.log(Level.WARNING, () -> "the log in " + parts.recovered().directory().directory().path() + " is not closed after "
            + timeout + ": " + reason + "; its memory and its lock are kept until that is over");
    }

    /** Ends the log and waits; false if the time ran out. */
    boolean end(Duration timeout) {
        parts.stalls().closing();
        driver.beginClosing();
        long timeoutNs = timeout.compareTo(WAIT_MAX) < 0 ? timeout.toNanos() : WAIT_MAX.toNanos();
        if (agent.isDrivenByCallers()) {
            return agent.end(timeoutNs);
        }
        parts.seat().call();
        boolean isInterrupted = false;
        long startNs = System.nanoTime();
        try {
            while (true) {
                long remainingNs = timeoutNs - (System.nanoTime() - startNs);
                try {
                    boolean isEnded = agent.awaitEnd(Math.max(0, remainingNs));
                    if (isEnded) {
                        housekeeping.shutdown();
                    } else {
                        overdue(timeout);
                    }
                    return isEnded;
                } catch (InterruptedException e) {
                    // Half a close would lose the clean end; the interrupt is told afterwards.
                    isInterrupted = true;
                }
            }
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
