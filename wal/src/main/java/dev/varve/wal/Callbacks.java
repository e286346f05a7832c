package dev.varve.wal;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs what tells listeners and futures: on the caller's executor, whatever that does, or on a virtual thread, but never on the log's own
 * thread, where a callback that appends and waits would wait for itself.
 *
 * <p>Any thread.
 */
final class Callbacks implements Executor {
    private final Executor given;
    private final AtomicBoolean isReported = new AtomicBoolean();
    private volatile Thread logThread;

    /** Makes one in front of an executor; null for a virtual thread for each task. */
    Callbacks(Executor given) {
        this.given = given != null ? given : Callbacks::startVirtual;
    }

    /** Says which thread drives the log. */
    void keepOff(Thread thread) {
        logThread = thread;
    }

    @Override
    public void execute(Runnable task) {
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
        if (Thread.currentThread().equals(logThread)) {
            startVirtual(task);
        } else {
            task.run();
        }
    }

    private static void startVirtual(Runnable task) {
        Thread.ofVirtual().name("varve-callback").start(task);
    }
}
