package dev.varve.engine.aio;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.linux.Abi;
import dev.varve.engine.linux.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Waits until one of several descriptors can be read: the loop in which completions of kernel AIO, counted by an {@link EventCounter}, take
 * their turn with everything else a program waits for.
 *
 * <p>One thread uses it and closes it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/epoll.7.html">epoll(7)</a>
 */
public final class Epoll implements AutoCloseable {
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLLIN = 0x1;
    private static final int CLOSED = -1;
    private static final long NS_PER_MS = 1_000_000;

    private final Syscalls calls = Syscalls.open();
    private final EpollEventDescriptor layout = new EpollEventDescriptor(Abi.current());
    private final MemorySegment events;
    private final int readyMax;
    private int descriptor;

    /**
     * Makes an instance that watches nothing.
     *
     * @param readyMax how many descriptors one wait tells of at most, from 1
     * @throws IoFailureException if the process may open no further file
     */
    public Epoll(int readyMax) {
        this.readyMax = readyMax;
        this.events = Arena.ofAuto().allocate((long) readyMax * layout.length(), EpollEventDescriptor.ALIGNMENT);
        this.descriptor = check(calls.epollCreate(), "making an epoll instance");
    }

    /**
     * Watches a descriptor until it is closed or forgotten; as long as there is something to read, each wait tells of it.
     *
     * @param watched the descriptor: an event counter's, a socket's, a pipe's
     * @param tag     what a wait tells
     */
    public void watch(int watched, long tag) {
        layout.encode(events, EPOLLIN, tag);
        check(calls.epollCtl(descriptor, EPOLL_CTL_ADD, watched, events.address()), "watching descriptor " + watched);
    }

    /**
     * Watches a descriptor no longer.
     *
     * @param watched the descriptor
     */
    public void forget(int watched) {
        check(calls.epollCtl(descriptor, EPOLL_CTL_DEL, watched, events.address()), "forgetting descriptor " + watched);
    }

    /**
     * Waits until something watched can be read.
     *
     * @param timeoutNs how long at most, from 0; rounded up to a millisecond
     * @return the tags of what can be read, none after the timeout or a signal
     */
    public long[] await(long timeoutNs) {
        if (timeoutNs < 0) {
            throw new IllegalArgumentException("negative timeout: " + timeoutNs + " ns");
        }
        int timeoutMs = (int) Math.min(Integer.MAX_VALUE, Math.ceilDiv(timeoutNs, NS_PER_MS));
        int count = calls.epollWait(descriptor, events.address(), readyMax, timeoutMs);
        long[] tags = new long[count == -Errno.EINTR ? 0 : check(count, "waiting by epoll")];
        for (int i = 0; i < tags.length; i++) {
            tags[i] = layout.data(events, i);
        }
        return tags;
    }

    private static int check(int result, String what) {
        if (result < 0) {
            throw IoFailureException.of(what, -result);
        }
        return result;
    }

    /** Closes the instance; what it watched stays open. Idempotent. */
    @Override
    public void close() {
        if (descriptor != CLOSED) {
            calls.close(descriptor);
            descriptor = CLOSED;
        }
    }
}
