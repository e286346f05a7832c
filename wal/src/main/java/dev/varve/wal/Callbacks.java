package dev.varve.wal;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs what tells listeners and futures: on the caller's executor, whatever that does, or on a virtual thread, but never on the log's own
 * thread nor on a caller's that is driving the log, where a callback that appends and waits would wait for itself.
 *
 * <p>Of a log without threads the tasks wait until the step is over, and are then given to the executor, or run by whoever drives.
 *
 * <p>Any thread; without threads, the one that uses the log.
 */
final class Callbacks implements Executor {
    private final Executor given;
    private final Queue<Runnable> later;
    private final AtomicBoolean isReported = new AtomicBoolean();
    private volatile Thread logThread;
    private volatile Thread drivingCaller;

    /** Makes one in front of an executor; null for a virtual thread for each task. */
    Callbacks(Executor given) {
        this(given != null ? given : Callbacks::startVirtual, null);
    }

    private Callbacks(Executor given, Queue<Runnable> later) {
        this.given = given;
        this.later = later;
    }

    /** Makes one for a log without threads; null for the thread that drives. */
    static Callbacks afterSteps(Executor given) {
        return new Callbacks(given != null ? given : Runnable::run, new ArrayDeque<>());
    }

    /** Between two steps: runs what has waited for that. */
    void runWaiting() {
        for (Runnable task = later.poll(); task != null; task = later.poll()) {
            give(task);
        }
    }

    /** Says which thread is the log's own. */
    void keepOff(Thread thread) {
        logThread = thread;
    }

    /** Says which caller drives the log at present; null for none. By whoever holds the seat. */
    void keepOffCaller(Thread thread) {
        drivingCaller = thread;
    }

    @Override
    public void execute(Runnable task) {
        if (later != null) {
            later.add(task);
        } else {
            give(task);
        }
    }

    private void give(Runnable task) {
        try {
            given.execute(() -> runElsewhere(task));
        } catch (RuntimeException | Error e) {
            // Whoever waits must be told although the executor is shut down, full or broken.
            report(e);
            startVirtual(task);
        }
    }

    /** Once: an executor that refuses one task will refuse the next million. */
    private void report(Throwable refusal) {
        if (isReported.compareAndSet(false, true)) {
            System.getLogger(WriteAheadLog.class.getName()).log(System.Logger.Level.WARNING,
                "the log's executor does not take its tasks; threads of the log's own run them", refusal);
        }
    }

    private void runElsewhere(Runnable task) {
        Thread thread = Thread.currentThread();
        if (thread.equals(logThread) || thread.equals(drivingCaller)) {
            startVirtual(task);
        } else {
            task.run();
        }
    }

    private static void startVirtual(Runnable task) {
        // Started by whoever drives: what that thread would pass on is not meant for others' callbacks.
        Thread.ofVirtual().name("varve-callback").inheritInheritableThreadLocals(false).start(task);
    }
}
