package dev.varve.engine.aio.request;

import dev.varve.engine.aio.AioBatch;
import dev.varve.engine.aio.AioEvents;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.io.Errno;
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
 *            └─────────────────────────────► ready ── room ──► in flight ──► over ──► listeners are told
 * </pre>
 *
 * <p>Any thread; all state is guarded by one lock, which is held while the kernel takes requests. Invariants: a request's memory is lent
 * from {@link #add} until it is over; a sync becomes ready when no write that was added before it, to the same file, is left; listeners are
 * called without the lock; each step of a request looks at no other but those it frees, however many there are.
 */
final class RequestQueue {
    private final SharedContext<AioRequest> context;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();
    private final RequestList held = new RequestList();
    private final RequestList ready = new RequestList();
    private final RequestList inFlight = new RequestList();
    private final RequestList over = new RequestList();
    /** What is being given to the kernel: the first of those that are ready. */
    private final AioBatch<AioRequest> batch = new AioBatch<>();
    private long looks;
    private boolean isClosing;

    RequestQueue(SharedContext<AioRequest> context) {
        this.context = context;
    }

    /** Accepts a request and gives the kernel what it has room for. */
    void add(AioRequest request) {
        lock.lock();
        try {
            checkIsOpen();
            checkIsOpen(request.operation().file());
            RequestMemory.lend(request.operation().parts());
            enqueue(request);
            send();
            wakeReaperIfStuck();
        } finally {
            lock.unlock();
        }
        announce();
    }

    /** Accepts requests, all or none, and gives the kernel what it has room for. */
    void add(List<AioRequest> requests) {
        lock.lock();
        try {
            checkIsOpen();
            requests.forEach(request -> checkIsOpen(request.operation().file()));
            lendAll(requests);
            requests.forEach(this::enqueue);
            send();
            wakeReaperIfStuck();
        } finally {
            lock.unlock();
        }
        announce();
    }

    private void checkIsOpen() {
        if (isClosing) {
            throw new IllegalStateException("closed to further requests");
        }
    }

    private static void checkIsOpen(AsyncFile file) {
        if (file != null && file.isClosed()) {
            throw new IllegalStateException(file.path() + " is closed");
        }
    }

    private static void lendAll(List<AioRequest> requests) {
        int count = 0;
        try {
            for (AioRequest request : requests) {
                RequestMemory.lend(request.operation().parts());
                count++;
            }
        } finally {
            if (count < requests.size()) {
                requests.subList(0, count).forEach(request -> RequestMemory.giveBack(request.operation().parts()));
            }
        }
    }

    private void enqueue(AioRequest request) {
        looks++;
        AsyncFile file = request.operation().file();
        boolean mustWait = file != null && file.enter(request);
        (mustWait ? held : ready).add(request);
        if (request.operation().kind() == Operation.Kind.NOTHING) {
            request.over(0);
            settle(request);
        }
    }

    /** Gives the kernel what is ready, as far as there is room. */
    private void send() {
        boolean hasRoom = true;
        while (hasRoom && !ready.isEmpty() && inFlight.count() < context.depth()) {
            int room = context.depth() - inFlight.count();
            for (AioRequest request = ready.first(); request != null && batch.count() < room; request = request.next()) {
                looks++;
                batch.add(request.operation().iocb(), request);
            }
            try {
                hasRoom = sendBatch();
            } finally {
                batch.clear();
            }
        }
    }

    /** If nothing in flight ends by itself, no event need come to try again at; the reaper then does so by the clock. */
    private void wakeReaperIfStuck() {
        if (!ready.isEmpty() && !isRoomComing()) {
            context.wakeUp();
        }
    }

    /** A poll may never end. */
    private boolean isRoomComing() {
        return inFlight.count() > inFlight.polls();
    }

    /** Sends the batch; false if the kernel has no room, and the rest stays ready. */
    private boolean sendBatch() {
        while (!batch.isEmpty()) {
            int taken = context.submit(batch);
            for (int i = 0; i < taken; i++) {
                AioRequest request = ready.first();
                request.taken();
                inFlight.add(request);
            }
            if (taken == -Errno.EAGAIN || (taken == -Errno.ENOMEM && isRoomComing())) {
                return false;
            }
            if (taken < 0 && taken != -Errno.EINTR) {
                AioRequest refused = batch.removeFirst();
                assert refused == ready.first() : refused;
                refused.over(taken);
                settle(refused);
            }
        }
        return true;
    }

    /** What follows when a request is over: memory is given back, syncs that waited for it become ready. */
    private void settle(AioRequest request) {
        RequestMemory.giveBack(request.operation().parts());
        leave(request);
    }

    private void leave(AioRequest request) {
        AsyncFile file = request.operation().file();
        looks += file == null ? 1 : 1 + file.leave(request, ready);
        over.add(request);
        settled.signalAll();
    }

    /** Tells the listeners of all that are over. */
    private void announce() {
        for (AioRequest request = pollOver(); request != null; request = pollOver()) {
            request.announce();
        }
    }

    private AioRequest pollOver() {
        lock.lock();
        try {
            return over.poll();
        } finally {
            lock.unlock();
        }
    }

    /** The reaper has reaped: requests are over, and there is room for others. */
    void reaped(AioEvents<AioRequest> events) {
        lock.lock();
        try {
            for (int i = 0; i < events.count(); i++) {
                AioRequest request = events.request(i);
                request.over(events.result(i));
                settle(request);
            }
            send();
        } finally {
            lock.unlock();
        }
        announce();
    }

    /** Whether something is ready that the kernel would not take, with nothing in flight that is sure to make room. */
    boolean isStuck() {
        lock.lock();
        try {
            return !ready.isEmpty() && !isRoomComing();
        } finally {
            lock.unlock();
        }
    }

    /** Whether nothing is pending and nothing will be. */
    boolean isFinished() {
        lock.lock();
        try {
            return isClosing && count() == 0;
        } finally {
            lock.unlock();
        }
    }

    /** Withdraws one request. */
    CancelOutcome cancel(AioRequest request) {
        CancelOutcome outcome = CancelOutcome.ALL_DONE;
        lock.lock();
        try {
            if (!request.state().isOver()) {
                outcome = withdraw(request) ? CancelOutcome.CANCELLED : CancelOutcome.NOT_CANCELLED;
                send();
                wakeReaperIfStuck();
            }
        } finally {
            lock.unlock();
        }
        announce();
        return outcome;
    }

    /** Withdraws all requests of a file, or all if there is no file. */
    CancelOutcome cancelAll(AsyncFile file) {
        int cancelled = 0;
        int left = 0;
        lock.lock();
        try {
            // Syncs first, or the end of the writes that they wait for would make them ready.
            for (RequestList list : List.of(held, ready, inFlight)) {
                AioRequest next;
                for (AioRequest request = list.first(); request != null; request = next) {
                    looks++;
                    next = request.next();
                    if (file != null && request.operation().file() != file) {
                        continue;
                    }
                    if (withdraw(request)) {
                        cancelled++;
                    } else {
                        left++;
                    }
                }
            }
            send();
            wakeReaperIfStuck();
        } finally {
            lock.unlock();
        }
        announce();
        if (left > 0) {
            return CancelOutcome.NOT_CANCELLED;
        }
        return cancelled > 0 ? CancelOutcome.CANCELLED : CancelOutcome.ALL_DONE;
    }

    /** Withdraws a request that is not over, if it can be: the kernel takes polls back, nothing else. */
    private boolean withdraw(AioRequest request) {
        if (request.state() == AioRequest.State.QUEUED) {
            request.withdrawn();
            settle(request);
            return true;
        }
        if (!request.isCancelled() && request.operation().kind() == Operation.Kind.POLL
            && context.cancel(request) == -Errno.EINPROGRESS) {
            request.cancelled();
        }
        return request.isCancelled();
    }

    /** Nobody reaps any more: every request fails, and memory stays lent, since the kernel may still have it. */
    void abandon() {
        lock.lock();
        try {
            isClosing = true;
            for (RequestList list : List.of(held, ready, inFlight)) {
                while (!list.isEmpty()) {
                    AioRequest request = list.first();
                    request.over(-Errno.EIO);
                    leave(request);
                }
            }
        } finally {
            lock.unlock();
        }
        announce();
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

    int pending() {
        lock.lock();
        try {
            return count();
        } finally {
            lock.unlock();
        }
    }

    private int count() {
        return held.count() + ready.count() + inFlight.count();
    }

    /** How often a request was looked at until now, which the length of the queue is not to multiply; for tests. */
    long looks() {
        lock.lock();
        try {
            return looks;
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
