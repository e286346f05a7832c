package dev.varve.engine.channel;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.StorageContract;
import java.util.ArrayDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Asynchronous I/O by a few threads that wait for the channel in the owner's place. They, and never the owner, touch channels, because an
 * interrupt would close one.
 *
 * <pre>
 *   owner ── submit ──► pool's queue ──► thread: read, write, force ──► completed ── reap ──► owner
 * </pre>
 *
 * <p>One owner thread calls everything but {@link #wakeUp}; another thread may become the owner if the handover is synchronized.
 * Invariant: a request is its thread's until it lies in {@code completed}; at most {@code depth} are not reaped.
 */
final class ChannelEngine implements IoEngine {
    private static final int THREADS_MAX = 4;
    private static final long IDLE_S = 2;

    private final int depth;
    private final StorageContract contract;
    private final ThreadPoolExecutor threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Outcome> completed = new ArrayDeque<>();
    private boolean isRung;
    private int inFlight;
    private boolean isClosed;

    /** A request and the result that its owner has not been told yet. */
    private record Outcome(IoRequest request, long result) {
    }

    /**
     * Makes an engine; its threads start when they are needed and end when they are not.
     *
     * @param depth    the most requests in flight, from 1
     * @param contract what its disk's files keep
     */
    ChannelEngine(int depth, StorageContract contract) {
        if (depth < 1) {
            throw new IllegalArgumentException("impossible depth: " + depth);
        }
        this.depth = depth;
        this.contract = contract;
        int count = Math.min(depth, THREADS_MAX);
        this.threads = new ThreadPoolExecutor(count, count, IDLE_S, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
            task -> Thread.ofPlatform().daemon().name("varve-channel").unstarted(task));
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public StorageContract contract() {
        return contract;
    }

    @Override
    public int submit(IoRequest[] requests, int from, int to) {
        checkOpen();
        int count = Math.min(to - from, depth - inFlight);
        if (count <= 0) {
            return to > from ? -Errno.EAGAIN : 0;
        }
        for (int i = 0; i < count; i++) {
            IoRequest request = requests[from + i];
            if (!(request.file() instanceof ChannelFile file)) {
                return i == 0 ? -Errno.EBADF : i;
            }
            request.taken(i);
            inFlight++;
            threads.execute(() -> execute(file, request));
        }
        return count;
    }

    private void execute(ChannelFile file, IoRequest request) {
        long result = -Errno.EIO;
        try {
            result = file.execute(request);
        } finally {
            lock.lock();
            try {
                completed.add(new Outcome(request, result));
                changed.signal();
            } finally {
                lock.unlock();
            }
        }
    }

    @Override
    public int reap(IoRequest[] done, int min, long timeoutNs) {
        checkOpen();
        if (min < 0 || timeoutNs < 0) {
            throw new IllegalArgumentException("negative: min=" + min + " timeoutNs=" + timeoutNs);
        }
        return collect(done, Math.min(min, done.length), timeoutNs);
    }

    private int collect(IoRequest[] done, int min, long timeoutNs) {
        boolean isInterrupted = false;
        lock.lock();
        try {
            long startNs = System.nanoTime();
            while (completed.size() < min && !isRung && timeoutNs - (System.nanoTime() - startNs) > 0) {
                try {
                    changed.awaitNanos(timeoutNs - (System.nanoTime() - startNs));
                } catch (InterruptedException e) {
                    // As the kernel's wait, this one is not ended by interrupts.
                    isInterrupted = true;
                }
            }
            isRung = isRung && min == 0;
            int count = 0;
            while (count < done.length && !completed.isEmpty()) {
                Outcome outcome = completed.poll();
                outcome.request().transferred(outcome.result());
                done[count++] = outcome.request();
            }
            inFlight -= count;
            return count;
        } finally {
            lock.unlock();
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void wakeUp() {
        lock.lock();
        try {
            isRung = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void checkOpen() {
        if (isClosed) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>Results of requests nobody reaped are noted in them; their completion handlers are not called. If the device hangs, so does this.
     */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        IoRequest[] done = new IoRequest[depth];
        while (inFlight > 0) {
            collect(done, 1, TimeUnit.SECONDS.toNanos(1));
        }
        threads.shutdown();
    }
}
