package dev.varve.engine.io;

/**
 * Asynchronous I/O as the kernel offers it: no order between requests, partial acceptance, short transfers.
 *
 * <p>One owner thread calls {@link #submit}, {@link #reap} and {@link #close}; only {@link #wakeUp} may be called from any thread.
 * Log code does not call an engine but an {@link IoQueue}.
 *
 * <p>What a completion means:
 * <ul>
 *   <li>WRITE: the device has taken the bytes, perhaps only into its volatile cache; with {@link IoRequest#isDurable()} they are durable.
 *   <li>DATA_SYNC and SYNC: every write to that file <em>reaped before this request was submitted</em> is durable. Nothing is said about
 *       writes that were merely submitted before, not even in the same call.
 * </ul>
 */
public interface IoEngine extends AutoCloseable {
    /**
     * The most requests in flight at once.
     *
     * @return the depth, from 1
     */
    int depth();

    /**
     * Offers requests to the kernel, in order, stopping at the first it does not take. A request that was taken belongs to the
     * kernel, its memory included, until {@link #reap} returns it.
     *
     * @param requests the requests
     * @param from     the first to submit
     * @param to       the end, exclusive
     * @return how many were taken, from 1 if any was offered, or the negative errno that {@code requests[from]} was refused with;
     *         {@code -EAGAIN} when the engine has no room
     * @throws IllegalStateException if {@code requests[from]} is not queued
     */
    int submit(IoRequest[] requests, int from, int to);

    /**
     * Collects completed requests, in any order. Each has been given its raw result by {@link IoRequest#transferred(long)}.
     *
     * @param done      where to put them, from index 0
     * @param min       how many to wait for; 0 never blocks
     * @param timeoutNs how long to wait at most, from 0
     * @return how many were put, possibly fewer than {@code min} after the timeout, a signal or {@link #wakeUp}; or a negative errno
     */
    int reap(IoRequest[] done, int min, long timeoutNs);

    /** Lets the present or the next waiting {@link #reap} return early. Any thread may call it, at any time, even after close. */
    void wakeUp();

    /**
     * What carries the requests, for status lines and segment headers.
     *
     * @return the storage contract this engine keeps
     */
    StorageContract contract();

    /** Waits until the kernel has finished with every request, then releases the engine. Idempotent. */
    @Override
    void close();
}
