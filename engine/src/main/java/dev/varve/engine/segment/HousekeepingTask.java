package dev.varve.engine.segment;

import java.util.concurrent.Callable;
import java.util.concurrent.Executor;

/**
 * One blocking call made on the housekeeping thread, its result picked up by the driver.
 *
 * <p>The driver starts it and asks {@link #isDone()}; the executor's thread runs it and then wakes the driver. At most one call at a time.
 *
 * @param <T> what the call returns
 */
final class HousekeepingTask<T> implements Runnable {
    private final Executor executor;
    private final Runnable wakeUp;
    private Callable<T> call;
    private T result;
    private RuntimeException failure;
    private volatile boolean running;

    HousekeepingTask(Executor executor, Runnable wakeUp) {
        this.executor = executor;
        this.wakeUp = wakeUp;
    }

    void start(Callable<T> newCall) {
        assert !running && call == null;
        call = newCall;
        running = true;
        boolean isAccepted = false;
        try {
            executor.execute(this);
            isAccepted = true;
        } finally {
            if (!isAccepted) {
                call = null;
                running = false;
            }
        }
    }

    @Override
    public void run() {
        try {
            result = call.call();
        } catch (RuntimeException e) {
            failure = e;
        } catch (Throwable e) {
            // An error, too: else the driver would take a call that failed for one that returned nothing.
            failure = new IllegalStateException("housekeeping call failed", e);
        } finally {
            running = false;
            wakeUp.run();
        }
    }

    boolean isRunning() {
        return running;
    }

    /** Whether a call was started and is over. */
    boolean isDone() {
        return call != null && !running;
    }

    /** Takes the result, or throws what the call threw. */
    T take() {
        assert isDone();
        T taken = result;
        RuntimeException thrown = failure;
        call = null;
        result = null;
        failure = null;
        if (thrown != null) {
            throw thrown;
        }
        return taken;
    }

    /** Takes the result; null if there is none, or if the call failed: for whoever only tidies up. */
    T takeOrNull() {
        boolean isFailed = failure != null;
        failure = null;
        T taken = isDone() ? take() : null;
        return isFailed ? null : taken;
    }
}
