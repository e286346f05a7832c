package dev.varve.wal.checklist;

import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.StorageContract;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * A real engine whose completions are passed on in another order, or later. The kernel has done the work by then; what is told of it is
 * what a slower or busier device would tell.
 *
 * <p>Used as its engine is. Invariant: each completion is passed on once; a wait ends with at least one, if there is one to be passed on.
 */
final class DetainingEngine implements IoEngine {
    private static final int SMALL_LENGTH_MAX = 64 << 10;
    private static final long LOOK_NS = 1_000_000;

    private final IoEngine engine;
    private final Control control;
    private final List<IoRequest> kept = new ArrayList<>();
    private final IdentityHashMap<IoRequest, Long> numbers = new IdentityHashMap<>();
    private final IoRequest[] reaped;
    private long next;

    /** What a test asks for. Any thread. */
    static final class Control {
        private final Random random = new Random(27);
        private boolean isShuffling;
        private boolean isDetaining;
        private IoRequest detained;
        private int delivered;
        private int inversions;

        /** From now on completions come in random order. */
        synchronized void shuffle() {
            isShuffling = true;
        }

        /** The next short write to a segment is not told to be over before {@link #release}. */
        synchronized void detainNextWrite() {
            isDetaining = true;
        }

        synchronized void awaitDetained() throws InterruptedException {
            while (detained == null) {
                wait();
            }
        }

        synchronized void release() {
            isDetaining = false;
            detained = null;
        }

        /** Completions that were passed on while another was held back. */
        synchronized int deliveredWhileDetained() {
            return delivered;
        }

        /** Completions that were passed on behind one of a request that was submitted later. */
        synchronized int inversions() {
            return inversions;
        }

        private synchronized void submitted(IoRequest request) {
            boolean isMeant = request.kind() == IoRequest.Kind.WRITE && request.length() < SMALL_LENGTH_MAX
                && !request.file().path().endsWith("MANIFEST");
            if (isDetaining && detained == null && isMeant) {
                detained = request;
                notifyAll();
            }
        }

        private synchronized boolean isDetained(IoRequest request) {
            return request == detained;
        }

        private synchronized boolean isToBeDelivered() {
            return !isShuffling || random.nextInt(4) > 0;
        }

        private synchronized int pick(int count) {
            return isShuffling ? random.nextInt(count) : 0;
        }

        private synchronized void delivered(boolean isInverted) {
            delivered += detained != null ? 1 : 0;
            inversions += isInverted ? 1 : 0;
        }
    }

    DetainingEngine(IoEngine engine, Control control) {
        this.engine = engine;
        this.control = control;
        this.reaped = new IoRequest[engine.depth()];
    }

    @Override
    public int depth() {
        return engine.depth();
    }

    @Override
    public int submit(IoRequest[] requests, int from, int to) {
        int taken = engine.submit(requests, from, to);
        for (int i = from; i < from + taken; i++) {
            numbers.put(requests[i], next++);
            control.submitted(requests[i]);
        }
        return taken;
    }

    @Override
    public int reap(IoRequest[] done, int min, long timeoutNs) {
        boolean mayWait = min > 0 && kept.isEmpty();
        // What is released meanwhile is to be seen soon.
        int count = engine.reap(reaped, mayWait ? min : 0, mayWait ? timeoutNs : 0);
        if (count < 0) {
            return count;
        }
        for (int i = 0; i < count; i++) {
            kept.add(reaped[i]);
        }
        int passed = 0;
        List<IoRequest> free = new ArrayList<>(kept.stream().filter(request -> !control.isDetained(request)).toList());
        while (passed < done.length && !free.isEmpty() && (min > passed || control.isToBeDelivered())) {
            IoRequest request = free.remove(control.pick(free.size()));
            kept.removeIf(one -> one == request);
            long number = numbers.remove(request);
            control.delivered(numbers.values().stream().anyMatch(other -> other < number));
            done[passed++] = request;
        }
        if (passed == 0 && min > 0 && !kept.isEmpty()) {
            LockSupport.parkNanos(Math.min(timeoutNs, LOOK_NS));
        }
        return passed;
    }

    @Override
    public void wakeUp() {
        engine.wakeUp();
    }

    @Override
    public StorageContract contract() {
        return engine.contract();
    }

    @Override
    public void close() {
        engine.close();
    }
}
