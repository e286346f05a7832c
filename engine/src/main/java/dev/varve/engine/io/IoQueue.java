package dev.varve.engine.io;

import java.util.ArrayDeque;

/**
 * Carries requests to an engine and back, coping with everything the kernel may do: partial submission, EAGAIN, EINTR, short transfers,
 * completions in any order. Each transfer is submitted until it is done or has failed, exactly once for each byte; a sync that was taken is
 * never tried again.
 *
 * <p>One owner thread. Nothing is sent before {@link #submit()}, so that what was added together goes in one system call.
 *
 * <p>Invariants: the engine never holds more than its depth; a completion handler runs exactly once per {@link #add}; a refused
 * request does not keep those behind it from being sent.
 */
public final class IoQueue implements AutoCloseable {
    /** Rounds in which a request may get no further by a block before it is failed with EIO. */
    private static final int STALLED_ROUNDS_MAX = 16;
    /** How often one call that submits is repeated because a signal came. */
    private static final int INTERRUPTIONS_MAX = 1000;
    /** How often submission may be refused with nothing in flight, where there is always room, before it is an error. */
    private static final int REFUSALS_MAX = 100;

    private final IoEngine engine;
    private final ArrayDeque<IoRequest> waiting = new ArrayDeque<>();
    private final IoRequest[] outgoing;
    private final IoRequest[] reaped;
    private final InFlightList taken = new InFlightList();
    private long nowNs;
    private int inFlight;
    /** Refusals in a row with nothing in flight, whose end nothing would bring about. */
    private int refusals;
    private boolean submitting;
    private long submitCalls;

    /**
     * Makes a queue in front of an engine.
     *
     * @param engine the engine, owned by the queue from now on
     */
    public IoQueue(IoEngine engine) {
        this.engine = engine;
        this.outgoing = new IoRequest[engine.depth()];
        this.reaped = new IoRequest[engine.depth()];
    }

    /**
     * The engine behind the queue.
     *
     * @return the engine
     */
    public IoEngine engine() {
        return engine;
    }

    /**
     * Requests that are not over: waiting here or with the kernel.
     *
     * @return the count
     */
    public int pending() {
        return waiting.size() + inFlight;
    }

    /**
     * Says what time it is. Requests that the engine takes from now on were sent now.
     *
     * @param newNowNs any clock that never goes back
     */
    public void tick(long newNowNs) {
        nowNs = newNowNs;
    }

    /** {@return the request that the engine has had longest; null if it has none} */
    public IoRequest oldest() {
        return taken.oldest();
    }

    /**
     * How often the engine was asked to submit.
     *
     * @return calls since the queue was made
     */
    public long submitCalls() {
        return submitCalls;
    }

    /**
     * Adds a prepared request; it is sent by the next {@link #submit()}.
     *
     * @param request a prepared request
     * @throws MisalignedRequestException if memory, offset or length is no multiple of the file's block size
     */
    public void add(IoRequest request) {
        request.checkAligned();
        request.queued();
        waiting.add(request);
    }

    /** Sends what was added, as far as the engine takes it; the rest goes with a later call. Never blocks for room. */
    public void submit() {
        if (submitting) {
            // Called by the handler of a refused request: the loop below is still running and sends what it added.
            return;
        }
        submitting = true;
        try {
            sendWaiting();
        } finally {
            submitting = false;
        }
    }

    private void sendWaiting() {
        while (!waiting.isEmpty() && inFlight < engine.depth()) {
            int count = 0;
            int room = engine.depth() - inFlight;
            while (count < room && !waiting.isEmpty()) {
                outgoing[count++] = waiting.poll();
            }
            if (!send(count)) {
                return;
            }
        }
    }

    /** Sends the first {@code count} outgoing requests; false if the engine has no room and they went back to wait. */
    private boolean send(int count) {
        int from = 0;
        int interruptions = 0;
        while (from < count) {
            submitCalls++;
            int accepted = offer(from, count);
            if (accepted > 0) {
                refusals = 0;
                assert accepted <= count - from : accepted;
                inFlight += accepted;
                for (int end = from + accepted; from < end; from++) {
                    taken.add(outgoing[from], nowNs);
                }
            } else if (isPutOff(accepted, interruptions)) {
                putBack(from, count);
                return false;
            } else if (accepted == -Errno.EINTR && interruptions < INTERRUPTIONS_MAX) {
                interruptions++;
            } else {
                IoRequest refused = outgoing[from++];
                refused.fail(accepted == 0 ? Errno.EIO : -accepted);
            }
        }
        return true;
    }

    /** Whether a refusal is to be waited out: as long as requests are in flight, whose reaping makes room; otherwise not for ever. */
    private boolean isPutOff(int accepted, int interruptions) {
        boolean isInterrupted = accepted == -Errno.EINTR && interruptions == INTERRUPTIONS_MAX;
        if (inFlight > 0) {
            return isInterrupted || accepted == -Errno.EAGAIN || accepted == -Errno.ENOMEM;
        }
        return (isInterrupted || accepted == -Errno.EAGAIN) && ++refusals <= REFUSALS_MAX;
    }

    /** Offers requests to the engine. If it throws, none is lost: what it may have given to the kernel counts as in flight. */
    private int offer(int from, int count) {
        boolean isAnswered = false;
        try {
            int accepted = engine.submit(outgoing, from, count);
            isAnswered = true;
            return accepted;
        } finally {
            if (!isAnswered) {
                keep(from, count);
            }
        }
    }

    private void keep(int from, int to) {
        for (int i = to - 1; i >= from; i--) {
            if (outgoing[i].state() == IoRequest.State.IN_FLIGHT) {
                inFlight++;
                taken.add(outgoing[i], nowNs);
            } else {
                waiting.addFirst(outgoing[i]);
            }
        }
    }

    private void putBack(int from, int to) {
        for (int i = to - 1; i >= from; i--) {
            waiting.addFirst(outgoing[i]);
        }
    }

    /**
     * Collects completions and tells their owners; continues short transfers.
     *
     * @param min       how many completions to wait for; 0 never blocks
     * @param timeoutNs how long to wait at most, from 0
     * @return how many requests were collected
     */
    public int reap(int min, long timeoutNs) {
        assert timeoutNs >= 0 : timeoutNs;
        if (min == 0 && inFlight == 0) {
            return 0;
        }
        int count = engine.reap(reaped, min, timeoutNs);
        if (count < 0) {
            if (count == -Errno.EINTR) {
                return 0;
            }
            throw IoFailureException.of("collecting I/O completions", -count);
        }
        inFlight -= count;
        assert inFlight >= 0 : inFlight;
        settleReaped(0, count);
        return count;
    }

    /** All of them, even if the handler of one throws. */
    private void settleReaped(int from, int to) {
        int next = from;
        try {
            while (next < to) {
                IoRequest request = reaped[next];
                reaped[next++] = null;
                taken.remove(request);
                settle(request);
            }
        } finally {
            if (next < to) {
                settleReaped(next, to);
            }
        }
    }

    private void settle(IoRequest request) {
        long result = request.roundResult();
        boolean isSync = request.kind() == IoRequest.Kind.DATA_SYNC || request.kind() == IoRequest.Kind.SYNC;
        if (!isSync && (result == -Errno.EINTR || result == -Errno.EAGAIN)) {
            retry(request);
        } else if (result < 0) {
            // A sync, whatever it says: it has not been done, and the next one may not know of what this one was to make durable.
            request.fail((int) -result);
        } else if (isSync) {
            if (result == 0) {
                request.finish();
            } else {
                request.fail(Errno.EIO);
            }
        } else if (result > request.length() - request.progress()) {
            request.fail(Errno.EIO);
        } else {
            continueTransfer(request, result);
        }
    }

    private void continueTransfer(IoRequest request, long count) {
        long before = request.progress();
        request.advance(count);
        long boundary = request.progress() & -(long) request.file().blockSize();
        // Where a file goes on, a read that ends inside a block, or is empty, has met something else than its end.
        boolean isEndOfFile = request.kind() == IoRequest.Kind.READ && (count == 0 || boundary != request.progress())
            && request.offset() + request.progress() >= request.file().length();
        if (isEndOfFile || request.progress() == request.length()) {
            request.finish();
            return;
        }
        request.retreatTo(boundary);
        if (boundary > before) {
            waiting.addFirst(request);
        } else {
            retry(request);
        }
    }

    private void retry(IoRequest request) {
        if (request.stalled() > STALLED_ROUNDS_MAX) {
            request.fail(Errno.EIO);
        } else {
            waiting.addFirst(request);
        }
    }

    /**
     * Submits and reaps until a request is over. Other requests complete meanwhile.
     *
     * @param request an added request
     * @throws IoFailureException if it failed
     */
    public void await(IoRequest request) {
        awaitSettled(request);
        if (request.state() == IoRequest.State.FAILED) {
            throw request.failure();
        }
    }

    /**
     * As {@link #await}, but a failure is left for the caller to look at.
     *
     * @param request an added request
     */
    public void awaitSettled(IoRequest request) {
        while (request.isPending()) {
            submit();
            if (request.isPending()) {
                reap(1, 1_000_000_000L);
            }
        }
    }

    /**
     * Adds a request and waits for it.
     *
     * @param request a prepared request
     * @throws IoFailureException if it failed
     */
    public void run(IoRequest request) {
        add(request);
        await(request);
    }

    /** Fails every request that the engine has not got; their handlers are called. Those in flight are not touched. */
    public void abandonWaiting() {
        while (!waiting.isEmpty()) {
            waiting.poll().fail(Errno.EIO);
        }
    }

    /** Waits for whatever is in flight, then closes the engine; requests still waiting are failed. */
    @Override
    public void close() {
        abandonWaiting();
        while (inFlight > 0) {
            reap(1, 1_000_000_000L);
            abandonWaiting();
        }
        engine.close();
    }
}
