package dev.varve.engine.aio;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import java.lang.foreign.Arena;
import java.lang.ref.Reference;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One context of the kernel with all that it can do, for any number of submitting threads and one that reaps. A process may have several.
 *
 * <pre>
 *    any thread                                          one thread at a time
 *        │ submit, cancel                                     │ reap, reapMasked
 *        ▼                                                    ▼
 *    [lock] ── iocbs, slots ──► io_submit    io_getevents ──► events, matched by slot and generation
 *        ▲                      io_cancel    io_pgetevents    │
 *        └──────────────── slots are freed under the lock ────┘
 * </pre>
 *
 * <p>It adds identity, and what keeps the JVM alive: no wait without end, no context used after its end, no second reaper, memory reachable
 * until its event was reaped. All else is as the kernel has it: requests are not ordered, a submission may be taken in part, a transfer may
 * fall short.
 *
 * <p>What is known of a request in flight lies in its slot: an {@link AioBatch} submitted and {@link AioEvents} reaped allocate nothing.
 * Lists of {@link Submission} and {@link AioEvent} do the same for whoever wants an object of each.
 *
 * <p>Invariants: at most {@code depth} requests and one poll of its own are in flight; a slot is freed once, by the event that carries its
 * generation; iocbs and events outlive the kernel's context.
 *
 * @param <R> what comes back with an event
 */
public final class SharedContext<R> implements AutoCloseable {
    /** How long a wait lasts that nobody could end, because the kernel would not take the poll just then. */
    private static final long UNARMED_WAIT_NS = 1_000_000;

    private final int depth;
    private final Arena arena;
    private final AioContext context;
    private final Doorbell doorbell;
    private final RequestSlots<R> slots;
    /** By slot, what holds the memory that the kernel has. */
    private final Object[] memories;
    private final IocbSlab iocbs;
    private final DoorbellPoll poll;
    /** Taken after {@link #reaping} where both are. */
    private final ReentrantLock submitting = new ReentrantLock();
    private final ReentrantLock reaping = new ReentrantLock();
    private volatile boolean isClosed;

    private SharedContext(int depth, Arena arena, AioContext context, Doorbell doorbell) {
        this.depth = depth;
        this.arena = arena;
        this.context = context;
        this.doorbell = doorbell;
        this.slots = new RequestSlots<>(depth);
        this.memories = new Object[depth];
        this.iocbs = new IocbSlab(arena, depth + 1);
        this.poll = new DoorbellPoll(doorbell, iocbs, depth);
    }

    /**
     * Makes a context.
     *
     * @param depth the most requests that may be in flight, from 1 to {@link KernelAioEngine#DEPTH_MAX}; one more counts against
     *              fs.aio-max-nr
     * @param <R>   what comes back with an event
     * @return the context
     * @throws StorageContractException if the machine refuses asynchronous I/O; the message names cause and remedy
     */
    @SuppressWarnings("MustBeClosedChecker") // The context closes the arena, at a moment that is no scope's end.
    public static <R> SharedContext<R> open(int depth) {
        if (depth < 1 || depth > KernelAioEngine.DEPTH_MAX) {
            throw new IllegalArgumentException("impossible depth: " + depth);
        }
        Arena arena = Arena.ofShared();
        AioContext context = null;
        Doorbell doorbell = null;
        SharedContext<R> opened = null;
        try {
            context = new AioContext(arena, depth + 1);
            doorbell = new Doorbell();
            opened = new SharedContext<>(depth, arena, context, doorbell);
            return opened;
        } finally {
            if (opened == null) {
                release(context, doorbell, arena);
            }
        }
    }

    /** The order is the point: no memory and no descriptor is given back before the kernel is done with it. */
    private static void release(AioContext context, Doorbell doorbell, Arena arena) {
        if (context != null) {
            context.destroy();
        }
        if (doorbell != null) {
            doorbell.close();
        }
        arena.close();
    }

    /**
     * The most requests in flight at once.
     *
     * @return the depth, from 1
     */
    public int depth() {
        return depth;
    }

    /**
     * How many requests are in flight: taken by the kernel and not reaped. Any thread.
     *
     * @return the count at some moment of the call
     */
    public int inFlight() {
        submitting.lock();
        try {
            return slots.occupied();
        } finally {
            submitting.unlock();
        }
    }

    /**
     * Submits requests by one system call, in order, up to the first that is refused. Any thread; one waits for the other's system call.
     *
     * @param batch the requests; those that are taken leave it, so that it can be submitted again
     * @return how many were taken, or the first one's error number negated; {@code -EAGAIN} when there is no room before some are reaped
     * @throws IllegalStateException if the context is closed, or memory of one of them freed; then none was submitted
     */
    public int submit(AioBatch<R> batch) {
        submitting.lock();
        try {
            checkOpen();
            int count = Math.min(batch.count(), slots.free());
            if (count == 0) {
                return batch.isEmpty() ? 0 : -Errno.EAGAIN;
            }
            for (int i = 0; i < count; i++) {
                Iocb iocb = batch.iocb(i);
                iocb.checkAlive();
                int slot = slots.upcoming(i);
                iocbs.encode(slot, slots.word(slot), iocb);
                iocbs.point(i, slot);
            }
            int taken = context.submit(count, iocbs.pointers());
            for (int i = 0; i < taken; i++) {
                int slot = slots.take(batch.request(i));
                memories[slot] = batch.iocb(i).memory();
            }
            batch.remove(Math.max(taken, 0));
            return taken == 0 ? -Errno.EAGAIN : taken;
        } finally {
            submitting.unlock();
            Reference.reachabilityFence(batch);
        }
    }

    /**
     * As {@link #submit(AioBatch)}, but what is taken stays in the list.
     *
     * @param list the requests
     * @return how many were taken, or the first one's error number negated; {@code -EAGAIN} when there is no room before some are reaped
     * @throws IllegalStateException if the context is closed, or memory of one of them freed; then none was submitted
     */
    public int submit(List<Submission<R>> list) {
        AioBatch<R> batch = new AioBatch<>();
        list.forEach(submission -> batch.add(submission.iocb(), submission.request()));
        return submit(batch);
    }

    /**
     * Asks the kernel to cancel a request in flight. It cancels polls alone; and also of a cancelled one the event comes. Any thread.
     *
     * @param request equal to what was submitted with the iocb; of several the kernel is asked for one
     * @return {@code -EINPROGRESS} if it is being cancelled, {@code -EINVAL} if the kernel cannot cancel it, {@code -ENOENT} if it is not
     *         in flight
     */
    public int cancel(R request) {
        submitting.lock();
        try {
            checkOpen();
            int slot = slots.find(request::equals);
            return slot < 0 ? -Errno.ENOENT : context.cancel(iocbs.address(slot));
        } finally {
            submitting.unlock();
        }
    }

    /**
     * Reaps events in order of completion. Any thread, one at a time.
     *
     * @param into   where they are put, in place of those it had
     * @param limits how many, and how long to wait
     * @return how many there are, possibly fewer than wanted after the timeout, a signal or {@link #wakeUp}; or {@code -EINTR}
     * @throws IllegalStateException if the context is closed, or another thread is reaping
     */
    public int reap(AioEvents<R> into, ReapLimits limits) {
        return reap(into, limits, false, 0);
    }

    /**
     * As {@link #reap(AioEvents, ReapLimits)}, with an object of each event.
     *
     * @param into   where they are added to those it has
     * @param limits how many, and how long to wait
     * @return how many were added, possibly fewer than wanted after the timeout, a signal or {@link #wakeUp}; or {@code -EINTR}
     * @throws IllegalStateException if the context is closed, or another thread is reaping
     */
    public int reap(List<AioEvent<R>> into, ReapLimits limits) {
        AioEvents<R> events = new AioEvents<>();
        int result = reap(events, limits);
        events.copyTo(into);
        return result;
    }

    /**
     * As {@link #reap(AioEvents, ReapLimits)}, by one {@code io_pgetevents}: while it waits, the thread's signal mask is another. The JVM
     * needs some of its threads' signals; masks are for programs that handle a signal themselves.
     *
     * @param into       where they are put, in place of those it had
     * @param limits     how many, and how long to wait
     * @param signalMask the signals blocked meanwhile: bit n - 1 for signal n
     * @return how many there are, possibly fewer than wanted after the timeout, a signal or {@link #wakeUp}; or {@code -EINTR}
     * @throws IllegalStateException if the context is closed, or another thread is reaping
     */
    public int reapMasked(AioEvents<R> into, ReapLimits limits, long signalMask) {
        return reap(into, limits, true, signalMask);
    }

    /**
     * As {@link #reapMasked(AioEvents, ReapLimits, long)}, with an object of each event.
     *
     * @param into       where they are added to those it has
     * @param limits     how many, and how long to wait
     * @param signalMask the signals blocked meanwhile: bit n - 1 for signal n
     * @return how many were added, possibly fewer than wanted after the timeout, a signal or {@link #wakeUp}; or {@code -EINTR}
     * @throws IllegalStateException if the context is closed, or another thread is reaping
     */
    public int reapMasked(List<AioEvent<R>> into, ReapLimits limits, long signalMask) {
        AioEvents<R> events = new AioEvents<>();
        int result = reapMasked(events, limits, signalMask);
        events.copyTo(into);
        return result;
    }

    /** Holds the lock of reaping when it returns. */
    private void beginToReap() {
        if (reaping.isHeldByCurrentThread() || !reaping.tryLock()) {
            throw new IllegalStateException("two threads reap one context; the kernel would share the events out among them");
        }
        if (isClosed) {
            reaping.unlock();
            checkOpen();
        }
    }

    private int reap(AioEvents<R> into, ReapLimits limits, boolean isMasked, long signalMask) {
        beginToReap();
        into.clear();
        try {
            if (limits.max() == 0) {
                return 0;
            }
            if (limits.min() == 0 || limits.timeoutNs() == 0 || !doorbell.enter()) {
                int events = isMasked ? context.collectMasked(ReapLimits.now(limits.max()), signalMask)
                    : context.collect(0, limits.max(), 0);
                return events < 0 ? events : deliver(events, into);
            }
            try {
                return await(into, limits, isMasked, signalMask);
            } finally {
                doorbell.leave();
            }
        } finally {
            reaping.unlock();
        }
    }

    /** Waits for one event at a time, since the kernel counts the poll's, too: waiting for more, a ring would not end the wait. */
    private int await(AioEvents<R> into, ReapLimits limits, boolean isMasked, long signalMask) {
        long startNs = System.nanoTime();
        long remainingNs = limits.timeoutNs();
        while (true) {
            long waitNs = armPoll() ? remainingNs : Math.min(remainingNs, UNARMED_WAIT_NS);
            int max = limits.max() - into.count();
            int events = isMasked ? context.collectMasked(new ReapLimits(1, max, waitNs), signalMask) : context.collect(1, max, waitNs);
            if (events < 0) {
                return into.count() > 0 ? into.count() : events;
            }
            deliver(events, into);
            remainingNs = limits.timeoutNs() - (System.nanoTime() - startNs);
            if (into.count() >= limits.min() || remainingNs <= 0 || doorbell.isRung()) {
                return into.count();
            }
        }
    }

    /** Puts the doorbell's poll in flight if it is not; false if the kernel does not take it. */
    private boolean armPoll() {
        if (poll.isInFlight()) {
            return true;
        }
        submitting.lock();
        try {
            poll.prepare(0);
            if (context.submit(1, iocbs.pointers()) <= 0) {
                return false;
            }
            poll.taken();
            return true;
        } finally {
            submitting.unlock();
        }
    }

    /** Hands the first events over; how many there are now. */
    private int deliver(int events, AioEvents<R> into) {
        submitting.lock();
        try {
            for (int i = 0; i < events; i++) {
                long word = context.data(i);
                if (poll.owns(word)) {
                    poll.completed(word);
                } else {
                    into.add(slots.release(word), context.result(i));
                    memories[RequestSlots.slot(word)] = null;
                }
            }
        } finally {
            submitting.unlock();
        }
        return into.count();
    }

    /** Lets the present or the next waiting {@link #reap} return early. Any thread, at any time. */
    public void wakeUp() {
        doorbell.ring();
    }

    private void checkOpen() {
        if (isClosed) {
            throw new IllegalStateException("the AIO context is closed");
        }
    }

    /**
     * Ends a waiting reap, waits until the kernel has finished with every request, and gives everything back. Idempotent. Events that
     * nobody reaped are lost, polls in flight are cancelled; memory is the callers' again when this returns.
     */
    @Override
    public void close() {
        isClosed = true;
        doorbell.ring();
        reaping.lock();
        submitting.lock();
        try {
            if (arena.scope().isAlive()) {
                release(context, doorbell, arena);
            }
        } finally {
            submitting.unlock();
            reaping.unlock();
        }
    }
}
