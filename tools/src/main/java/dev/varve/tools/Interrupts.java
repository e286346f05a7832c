package dev.varve.tools;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a writing command end cleanly when a signal interrupts it. The JVM turns SIGHUP, SIGINT and SIGTERM into a shutdown, and ends
 * with 129, 130 or 143 once the hook made here is done.
 *
 * <pre>
 *   command   running ⇄ waiting for input ──────────────► finished
 *   hook      close the log ──► command waits for input? ── no ──► wait for finished
 *                                        └── yes: nothing is outstanding, so the hook may go
 * </pre>
 *
 * <p>Two threads: the command's, and the hook's, which starts only when the JVM is being shut down.
 */
final class Interrupts implements AutoCloseable {
    private static final long FINISH_TIMEOUT_NS = 30_000_000_000L;
    private static final long POLL_NS = 1_000_000;

    private final Thread hook;
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean interrupted;
    private volatile boolean waitingForInput;

    private Interrupts(Runnable stop, Runnable farewell) {
        hook = new Thread(() -> interrupt(stop, farewell), "varve-interrupt");
    }

    /**
     * From now on a signal ends the command cleanly.
     *
     * @param stop     closes the log; safe while the command uses it
     * @param farewell what to say if the command's own thread waits for input and cannot; nothing is outstanding then
     * @return to be closed when the command has finished
     */
    static Interrupts handle(Runnable stop, Runnable farewell) {
        Interrupts interrupts = new Interrupts(stop, farewell);
        Runtime.getRuntime().addShutdownHook(interrupts.hook);
        return interrupts;
    }

    private void interrupt(Runnable stop, Runnable farewell) {
        interrupted = true;
        stop.run();
        long startNs = System.nanoTime();
        try {
            while (!finished.await(POLL_NS, TimeUnit.NANOSECONDS)) {
                if (waitingForInput) {
                    farewell.run();
                    return;
                }
                if (System.nanoTime() - startNs > FINISH_TIMEOUT_NS) {
                    return;
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Whether a signal has come.
     *
     * @return true from then on
     */
    boolean isInterrupted() {
        return interrupted;
    }

    /** The command goes to wait for input; everything it has done is acknowledged and said. */
    void beginWaiting() {
        waitingForInput = true;
    }

    /** Input has come. If a signal came first, the hook speaks for the command, which never goes on. */
    void endWaiting() {
        if (interrupted) {
            parkForever();
        }
        waitingForInput = false;
        if (interrupted) {
            // The hook may have seen the command waiting just before: then it is speaking, and this thread must not.
            waitingForInput = true;
            parkForever();
        }
    }

    private static void parkForever() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** The command has said all it has to say. */
    @Override
    public void close() {
        finished.countDown();
        if (!interrupted) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException _) {
                // The signal came just now: the hook finds the command finished.
            }
        }
    }
}
