package dev.varve.engine.aio;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import dev.varve.engine.linux.Syscalls;

/**
 * A counter that the kernel adds one to for each completion, and whose descriptor is readable while it is not zero: the way from kernel AIO
 * into an epoll loop.
 *
 * <p>Any thread. It takes no event out of a context: it tells how many there are to be reaped.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/eventfd.2.html">eventfd(2)</a>
 */
public final class EventCounter implements AutoCloseable {
    private static final int CLOSED = -1;

    private final Syscalls calls;
    private int descriptor;

    private EventCounter(Syscalls calls, int descriptor) {
        this.calls = calls;
        this.descriptor = descriptor;
    }

    /**
     * Makes a counter that stands at zero, does not block and is not inherited by exec.
     *
     * @return the counter
     * @throws StorageContractException if the process may open no further file
     */
    public static EventCounter open() {
        Syscalls calls = Syscalls.open();
        int descriptor = calls.eventfd();
        if (descriptor < 0) {
            throw refusal(-descriptor);
        }
        return new EventCounter(calls, descriptor);
    }

    /** Why the kernel gives no eventfd, and what mends it. */
    static StorageContractException refusal(int errno) {
        StorageObstacle obstacle = switch (errno) {
            case Errno.EMFILE, Errno.ENFILE -> StorageObstacle.DESCRIPTORS;
            case Errno.ENOMEM -> StorageObstacle.MEMORY;
            default -> StorageObstacle.OTHER;
        };
        return new StorageContractException(obstacle, "no event counter could be made: " + Errno.describe(errno)
            + " (too many open files? see ulimit -n)", errno);
    }

    /**
     * The kernel's number for it.
     *
     * @return the descriptor
     * @throws IllegalStateException if it is closed
     */
    public synchronized int descriptor() {
        if (descriptor == CLOSED) {
            throw new IllegalStateException("the event counter is closed");
        }
        return descriptor;
    }

    /**
     * What was added since the last take; never blocks.
     *
     * @return the count, 0 if nothing was
     */
    public synchronized long take() {
        long count;
        do {
            count = calls.count(descriptor());
        } while (count == -Errno.EINTR);
        if (count < 0 && count != -Errno.EAGAIN) {
            throw IoFailureException.of("reading an event counter", (int) -count);
        }
        return Math.max(count, 0);
    }

    /** Adds one, as the kernel does. Without effect once closed. */
    public synchronized void add() {
        int result = -Errno.EINTR;
        while (descriptor != CLOSED && result == -Errno.EINTR) {
            result = calls.increment(descriptor);
        }
    }

    /** Closes the counter. Idempotent. Requests in flight still count, unseen. */
    @Override
    public synchronized void close() {
        if (descriptor != CLOSED) {
            calls.close(descriptor);
            descriptor = CLOSED;
        }
    }
}
