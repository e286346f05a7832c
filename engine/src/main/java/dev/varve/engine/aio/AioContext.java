package dev.varve.engine.aio;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import dev.varve.engine.linux.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One AIO context of the kernel: requests go in, events come out in order of completion.
 *
 * <p>One thread at a time submits and cancels, one at a time collects, and no other is there when it is destroyed. Invariants: at most as
 * many requests are in flight as it was made for, so that the kernel always has room for their events; its id is forgotten before it is
 * destroyed, because the kernel gives the same id out again.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/aio.7.html">aio(7)</a>, {@code fs/aio.c}
 */
final class AioContext {
    private static final long DESTROYED = 0;

    private final Syscalls calls;
    private final Syscalls collectCalls;
    private final int depth;
    private final MemorySegment events;
    private final MemorySegment timeout;
    private final MemorySegment sigset;
    private long id;

    /**
     * Makes a context.
     *
     * @param arena where its memory comes from; closed after {@link #destroy} only
     * @param depth the most requests in flight
     * @throws StorageContractException naming cause and remedy, if the kernel refuses
     */
    AioContext(Arena arena, int depth) {
        this.calls = Syscalls.open();
        this.collectCalls = Syscalls.open();
        this.depth = depth;
        this.events = arena.allocate((long) depth * IoEventDescriptor.LENGTH, IoEventDescriptor.ALIGNMENT);
        this.timeout = arena.allocate(TimespecDescriptor.LENGTH, TimespecDescriptor.ALIGNMENT);
        this.sigset = arena.allocate(SigsetDescriptor.LENGTH, SigsetDescriptor.ALIGNMENT);
        long result = calls.ioSetup(depth);
        if (result < 0) {
            throw refusal(depth, (int) -result, AioLimits.current());
        }
        this.id = result;
    }

    /** Why the kernel refused a context, and what mends it. */
    static StorageContractException refusal(int depth, int errno, AioLimits limits) {
        String remedy = switch (errno) {
            case Errno.EAGAIN -> "the requests reserved by all processes of this machine would exceed its limit: fs.aio-nr="
                + limits.used() + ", fs.aio-max-nr=" + limits.max() + "; raise it with: " + limits.remedy(depth);
            case Errno.ENOSYS -> "this kernel or sandbox has no kernel AIO; it needs CONFIG_AIO, and io_setup, io_submit,"
                + " io_getevents and io_destroy in the seccomp profile";
            case Errno.EPERM -> "a seccomp profile or security module forbids it; allow io_setup, io_submit, io_getevents"
                + " and io_destroy";
            case Errno.EINVAL -> "no kernel takes so many; choose a smaller depth";
            case Errno.ENOMEM -> "the kernel has no memory for them; free some, raise the memory limit of the container, or"
                + " choose a smaller depth";
            default -> Errno.describe(errno);
        };
        return new StorageContractException(obstacle(errno),
            "io_setup for " + depth + " requests failed with " + Errno.name(errno) + ": " + remedy, errno);
    }

    private static StorageObstacle obstacle(int errno) {
        return switch (errno) {
            case Errno.EAGAIN -> StorageObstacle.REQUEST_LIMIT;
            case Errno.ENOSYS -> StorageObstacle.NO_KERNEL_AIO;
            case Errno.EPERM -> StorageObstacle.FORBIDDEN;
            case Errno.EINVAL -> StorageObstacle.DEPTH;
            case Errno.ENOMEM -> StorageObstacle.MEMORY;
            default -> StorageObstacle.OTHER;
        };
    }

    /**
     * Submits iocbs in order, up to the first that is refused.
     *
     * @param count    how many, from 1
     * @param pointers address of an array of iocb addresses
     * @return how many were taken, or the first one's error negated
     */
    int submit(int count, long pointers) {
        assert count > 0 && count <= depth : count;
        return calls.ioSubmit(id(), count, pointers);
    }

    /**
     * Collects events, to be read by {@link #data} and the like until the next call.
     *
     * @param min       how many to wait for; 0 never blocks
     * @param max       how many to collect at most, from 1
     * @param timeoutNs how long to wait, from 0
     * @return how many were collected, or -EINTR
     */
    int collect(int min, int max, long timeoutNs) {
        TimespecDescriptor.encode(timeout, timeoutNs);
        int limit = Math.min(max, depth);
        return collectCalls.ioGetevents(id(), Math.min(min, limit), limit, events.address(), timeout.address());
    }

    /**
     * As {@link #collect}, with another signal mask while it waits.
     *
     * @param limits     how many and how long
     * @param signalMask the signals blocked meanwhile: bit n - 1 for signal n
     */
    int collectMasked(ReapLimits limits, long signalMask) {
        TimespecDescriptor.encode(timeout, limits.timeoutNs());
        SigsetDescriptor.encode(sigset, signalMask);
        int limit = Math.min(limits.max(), depth);
        return collectCalls.ioPgetevents(id(), Math.min(limits.min(), limit), limit, events.address(), timeout.address(), sigset.address());
    }

    /**
     * Asks the kernel to cancel a request in flight.
     *
     * @param iocb address of the iocb it was submitted by
     * @return -EINPROGRESS if it will come back soon, by an event as ever; -EINVAL if it cannot be cancelled or is not in flight
     */
    int cancel(long iocb) {
        return calls.ioCancel(id(), iocb);
    }

    /** The word that event {@code index} carries. */
    long data(int index) {
        return IoEventDescriptor.data(events, (long) index * IoEventDescriptor.LENGTH);
    }

    /** The result of event {@code index}: bytes, or an error number negated. */
    long result(int index) {
        return IoEventDescriptor.result(events, (long) index * IoEventDescriptor.LENGTH);
    }

    private long id() {
        if (id == DESTROYED) {
            throw new IllegalStateException("the AIO context is destroyed");
        }
        return id;
    }

    /** Ends the context, waiting until the kernel has finished all its file I/O; a poll in flight is dropped. Idempotent. */
    void destroy() {
        if (id != DESTROYED) {
            long last = id;
            id = DESTROYED;
            int result = calls.ioDestroy(last);
            assert result == 0 : result;
        }
    }
}
