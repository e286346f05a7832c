package dev.varve.wal;

import java.util.concurrent.Executor;

/**
 * Runs what tells listeners and futures: on the caller's executor, whatever that does, or on a virtual thread, but never on the log's own
 * thread, where a callback that appends and waits would wait for itself.
 *
 * <p>Any thread.
 */
final class Callbacks implements Executor {
    private final Executor given;
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
            System.getLogger(WriteAheadLog.class.getName()).log(System.Logger.Level.WARNING,
                "the log's executor did not take a task; a thread of its own runs it", e);
            startVirtual(task);
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
