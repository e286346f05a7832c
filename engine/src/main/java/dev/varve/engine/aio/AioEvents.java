package dev.varve.engine.aio;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The events of one reap, in order of completion; used again and again, and then nothing is allocated.
 *
 * <p>One owner thread, which reaps.
 *
 * @param <R> what the caller's objects are
 */
public final class AioEvents<R> {
    private Object[] requests = new Object[1];
    private long[] results = new long[1];
    private int count;

    /** Makes room for events; it grows to the most that are ever reaped at once. */
    public AioEvents() {
        // There are none yet.
    }

    /**
     * How many the last reap brought.
     *
     * @return the count
     */
    public int count() {
        return count;
    }

    /**
     * What is over.
     *
     * @param index which event, from 0
     * @return the object that was submitted with the iocb
     */
    @SuppressWarnings("unchecked") // Nothing but requests is put in.
    public R request(int index) {
        return (R) requests[Objects.checkIndex(index, count)];
    }

    /**
     * What came of it.
     *
     * @param index which event, from 0
     * @return as {@link AioEvent#result}
     */
    public long result(int index) {
        return results[Objects.checkIndex(index, count)];
    }

    /** Forgets all. */
    public void clear() {
        Arrays.fill(requests, 0, count, null);
        count = 0;
    }

    /** Adds an object of each to a list. */
    void copyTo(List<AioEvent<R>> list) {
        for (int i = 0; i < count; i++) {
            list.add(new AioEvent<>(request(i), result(i)));
        }
    }

    void add(R request, long result) {
        if (count == results.length) {
            requests = Arrays.copyOf(requests, 2 * count);
            results = Arrays.copyOf(results, 2 * count);
        }
        requests[count] = request;
        results[count++] = result;
    }
}
