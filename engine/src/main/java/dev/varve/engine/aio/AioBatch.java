package dev.varve.engine.aio;

import java.util.Arrays;
import java.util.Objects;

/**
 * Requests to be submitted by one call, each an iocb and whatever its event is to bring back; used again and again, and then nothing is
 * allocated.
 *
 * <pre>
 *   add ──►  | first | second | third | …  |  ──► {@link SharedContext#submit(AioBatch)}
 *                                                  what was taken leaves at the front, the rest moves up
 * </pre>
 *
 * <p>One owner thread. An iocb is looked at by the submission, not before.
 *
 * @param <R> what comes back with an event
 */
public final class AioBatch<R> {
    private Iocb[] iocbs = new Iocb[1];
    private Object[] requests = new Object[1];
    private int from;
    private int to;

    /** Makes an empty batch; it grows to the most that it ever has in it. */
    public AioBatch() {
        // Nothing is in it.
    }

    /**
     * Adds a request behind the others.
     *
     * @param iocb    what the kernel is asked
     * @param request given back with the event; not null
     */
    public void add(Iocb iocb, R request) {
        Objects.requireNonNull(iocb, "iocb");
        Objects.requireNonNull(request, "request");
        if (to == iocbs.length) {
            makeRoom();
        }
        iocbs[to] = iocb;
        requests[to++] = request;
    }

    private void makeRoom() {
        int count = count();
        int room = count > iocbs.length / 2 ? 2 * iocbs.length : iocbs.length;
        iocbs = Arrays.copyOf(Arrays.copyOfRange(iocbs, from, to), room);
        requests = Arrays.copyOf(Arrays.copyOfRange(requests, from, to), room);
        from = 0;
        to = count;
    }

    /**
     * How many are in it.
     *
     * @return the count
     */
    public int count() {
        return to - from;
    }

    /**
     * Whether nothing is in it.
     *
     * @return true if all were taken or removed
     */
    public boolean isEmpty() {
        return from == to;
    }

    /**
     * Removes the first, such as one that was refused.
     *
     * @return its request
     * @throws IllegalStateException if there is none
     */
    public R removeFirst() {
        if (isEmpty()) {
            throw new IllegalStateException("the batch is empty");
        }
        R first = request(0);
        remove(1);
        return first;
    }

    /** Removes all. */
    public void clear() {
        remove(count());
    }

    /** What the {@code index}-th asks, from 0. */
    Iocb iocb(int index) {
        return iocbs[from + index];
    }

    /** What the {@code index}-th brings back, from 0. */
    @SuppressWarnings("unchecked") // Nothing but requests is put in.
    R request(int index) {
        return (R) requests[from + index];
    }

    /** Removes the first {@code count}. */
    void remove(int count) {
        assert count >= 0 && count <= count() : count;
        Arrays.fill(iocbs, from, from + count, null);
        Arrays.fill(requests, from, from + count, null);
        from += count;
        if (isEmpty()) {
            from = 0;
            to = 0;
        }
    }
}
