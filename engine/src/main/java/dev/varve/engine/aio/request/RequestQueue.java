package dev.varve.engine.aio.request;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.io.Errno;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * All requests that are not over.
 *
 * <pre>
 *            ┌── a sync behind writes ──► held ──┐ the last of those writes is over
 *   add ─────┤                                   ▼
 *            └─────────────────────────────► ready ── room ──► in flight ──► over
 * </pre>
 *
 * <p>Any thread; all state is guarded by one lock, which is held while the kernel takes requests. Invariants: a request's memory is lent
 * from {@link #add} until it is over; a sync becomes ready when no write that was added before it, to the same file, is left; listeners are
 * called without the lock.
 */
final class RequestQueue {
    private final SharedContext<AioRequest> context;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();
    private final ArrayDeque<AioRequest> ready = new ArrayDeque<>();
    private final LinkedHashSet<AioRequest> pending = new LinkedHashSet<>();
    private int inFlight;
    private boolean isClosing;

    RequestQueue(SharedContext<AioRequest> context) {
        this.context = context;
    }

    /** Accepts requests, all or none, and gives the kernel what it has room for. */
    void add(List<AioRequest> requests) {
        List<AioRequest> over = new ArrayList<>();
        lock.lock();
        try {
            accept(requests);
            for (AioRequest request : requests) {
                enqueue(request, over);
            }
            send(over);
            wakeReaperIfStuck();
        } finally {
            lock.unlock();
        }
        over.forEach(AioRequest::announce);
    }

    /** If nothing is in flight, no event will come to try again at; the reaper then does so by the clock. */
    private void wakeReaperIfStuck() {
        if (inFlight == 0 && !ready.isEmpty()) {
            context.wakeUp();
        }
    }

    private void accept(List<AioRequest> requests) {
        if (isClosing) {
            throw new IllegalStateException("closed to further requests");
        }
        List<RequestMemory.Part> parts = new ArrayList<>();
        for (AioRequest request : requests) {
            AsyncFile file = request.operation().file();
            if (file != null && file.isClosed()) {
                throw new IllegalStateException(file.path() + " is closed");
            }
            parts.addAll(request.operation().parts());
        }
        RequestMemory.lend(parts);
    }

    private void enqueue(AioRequest request, List<AioRequest> over) {
        Operation operation = request.operation();
        if (operation.isSync()) {
            for (AioRequest earlier : pending) {
                if (earlier.operation().kind() == Operation.Kind.WRITE && earlier.operation().file() == operation.file()) {
                    request.before().add(earlier);
                }
            }
        }
        pending.add(request);
        if (operation.kind() == Operation.Kind.NOTHING) {
            request.over(0);
            settle(request, over);
        } else if (request.before().isEmpty()) {
            ready.add(request);
        }
    }

    /** Gives the kernel what is ready, as far as there is room. */
    private void send(List<AioRequest> over) {
        while (!ready.isEmpty() && inFlight < context.depth()) {
            List<Submission<AioRequest>> batch = new ArrayList<>();
            while (!ready.isEmpty() && batch.size() < context.depth() - inFlight) {
                AioRequest request = ready.poll();
                batch.add(new Submission<>(request.operation().iocb(), request));
            }
            if (!send(batch, over)) {
                return;
            }
        }
    }

    /** Sends a batch; false if the kernel has no room and the rest is ready again. */
    private boolean send(List<Submission<AioRequest>> batch, List<AioRequest> over) {
        int from = 0;
        while (from < batch.size()) {
            int taken = context.submit(batch.subList(from, batch.size()));
            for (int i = 0; i < taken; i++) {
                batch.get(from++).request().taken();
                inFlight++;
            }
            if (taken == -Errno.EAGAIN || (taken == -Errno.ENOMEM && inFlight > 0)) {
                for (int i = batch.size() - 1; i >= from; i--) {
                    ready.addFirst(batch.get(i).request());
                }
                return false;
            }
            if (taken < 0 && taken != -Errno.EINTR) {
                AioRequest refused = batch.get(from++).request();
                refused.over(taken);
                settle(refused, over);
            }
        }
        return true;
    }

    /** What follows when a request is over: memory is given back, syncs that waited for it become ready. */
    private void settle(AioRequest request, List<AioRequest> over) {
        pending.remove(request);
        RequestMemory.giveBack(request.operation().parts());
        if (request.operation().kind() == Operation.Kind.WRITE) {
            for (AioRequest other : pending) {
                if (other.before().remove(request) && other.before().isEmpty()) {
                    ready.add(other);
                }
            }
        }
        over.add(request);
        settled.signalAll();
    }

    /** The reaper has reaped: requests are over, and there is room for others. */
    void reaped(List<AioEvent<AioRequest>> events) {
        List<AioRequest> over = new ArrayList<>(events.size());
        lock.lock();
        try {
            for (AioEvent<AioRequest> event : events) {
                inFlight--;
                event.request().over(event.result());
                settle(event.request(), over);
            }
            send(over);
        } finally {
            lock.unlock();
        }
        over.forEach(AioRequest::announce);
    }

    /** Whether something is ready that the kernel would not take, with nothing in flight that would make room. */
    boolean isStuck() {
        lock.lock();
        try {
            return inFlight == 0 && !ready.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Whether nothing is pending and nothing will be. */
    boolean isFinished() {
        lock.lock();
        try {
            return isClosing && pending.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Withdraws one request, or all of a file, or all if there is no file. */
    CancelOutcome cancel(AioRequest one, AsyncFile file) {
        List<AioRequest> over = new ArrayList<>();
        boolean isOneCancelled = false;
        boolean isOneInFlight = false;
        lock.lock();
        try {
            for (AioRequest request : List.copyOf(pending)) {
                boolean isMeant = one != null ? request == one : file == null || request.operation().file() == file;
                if (isMeant && withdraw(request, over)) {
                    isOneCancelled = true;
                } else if (isMeant) {
                    isOneInFlight = true;
                }
            }
            send(over);
            wakeReaperIfStuck();
        } finally {
            lock.unlock();
        }
        over.forEach(AioRequest::announce);
        if (isOneInFlight) {
            return CancelOutcome.NOT_CANCELLED;
        }
        return isOneCancelled ? CancelOutcome.CANCELLED : CancelOutcome.ALL_DONE;
    }

    private boolean withdraw(AioRequest request, List<AioRequest> over) {
        if (request.state().isOver() || request.isCancelled()) {
            return true;
        }
        if (request.state() == AioRequest.State.QUEUED) {
            ready.remove(request);
            request.withdrawn();
            settle(request, over);
            return true;
        }
        if (request.operation().kind() == Operation.Kind.POLL && context.cancel(request) == -Errno.EINPROGRESS) {
            request.cancelled();
            return true;
        }
        return false;
    }

    /** Nobody reaps any more: every request fails, and memory stays lent, since the kernel may still have it. */
    void abandon() {
        List<AioRequest> over;
        lock.lock();
        try {
            isClosing = true;
            over = List.copyOf(pending);
            over.forEach(request -> request.over(-Errno.EIO));
            pending.clear();
            ready.clear();
            settled.signalAll();
        } finally {
            lock.unlock();
        }
        over.forEach(AioRequest::announce);
    }

    /** Accepts nothing any more. */
    void close() {
        lock.lock();
        try {
            isClosing = true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a file has requests that are not over. */
    boolean hasPending(AsyncFile file) {
        return pending.stream().anyMatch(request -> request.operation().file() == file);
    }

    int pending() {
        lock.lock();
        try {
            return pending.size();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until something is so; it is asked under the lock, after each request that is over.
     *
     * @throws TimeoutException if it was not so in time
     */
    void await(BooleanSupplier isSo, long timeoutNs) throws InterruptedException, TimeoutException {
        lock.lockInterruptibly();
        try {
            long remainingNs = timeoutNs;
            while (!isSo.getAsBoolean()) {
                if (remainingNs <= 0) {
                    throw new TimeoutException("not over after " + TimeUnit.NANOSECONDS.toMillis(timeoutNs) + " ms");
                }
                remainingNs = settled.awaitNanos(remainingNs);
            }
        } finally {
            lock.unlock();
        }
    }
}
