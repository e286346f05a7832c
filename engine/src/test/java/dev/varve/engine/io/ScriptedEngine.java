package dev.varve.engine.io;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * An engine that answers what the test told it to, and otherwise takes everything and transfers it whole. What it was offered is written
 * down.
 */
final class ScriptedEngine implements IoEngine {
    private final int depth;
    private final Deque<Integer> submitAnswers = new ArrayDeque<>();
    private final Deque<Long> results = new ArrayDeque<>();
    private final Deque<Integer> reapAnswers = new ArrayDeque<>();
    private final Deque<IoRequest> inFlight = new ArrayDeque<>();
    private final List<String> rounds = new ArrayList<>();
    private int inFlightMax;
    private boolean closed;

    ScriptedEngine(int depth) {
        this.depth = depth;
    }

    /** What coming calls of submit answer: at most so many taken, or a negative errno. */
    ScriptedEngine submits(int... answers) {
        Arrays.stream(answers).forEach(submitAnswers::add);
        return this;
    }

    /** What the requests to be reaped next have transferred, or their negative errno. */
    ScriptedEngine transfers(long... answers) {
        Arrays.stream(answers).forEach(results::add);
        return this;
    }

    /** What coming calls of reap answer instead of completions: a negative errno, or 0 for a timeout. */
    ScriptedEngine reaps(int... answers) {
        Arrays.stream(answers).forEach(reapAnswers::add);
        return this;
    }

    /** The rounds taken so far, for example {@code WRITE 4096+8192}: kind, offset and length of what was still to transfer. */
    List<String> rounds() {
        return rounds;
    }

    int inFlight() {
        return inFlight.size();
    }

    int inFlightMax() {
        return inFlightMax;
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public int submit(IoRequest[] requests, int from, int to) {
        int answer = submitAnswers.isEmpty() ? to - from : submitAnswers.poll();
        int taken = Math.min(answer, to - from);
        for (int i = from; i < from + taken; i++) {
            IoRequest request = requests[i];
            request.taken(0);
            inFlight.add(request);
            rounds.add(request.kind() + " " + (request.offset() + request.progress()) + "+" + (request.length() - request.progress()));
        }
        inFlightMax = Math.max(inFlightMax, inFlight.size());
        return Math.min(answer, taken);
    }

    @Override
    public int reap(IoRequest[] done, int min, long timeoutNs) {
        if (!reapAnswers.isEmpty()) {
            return reapAnswers.poll();
        }
        int count = Math.min(done.length, inFlight.size());
        for (int i = 0; i < count; i++) {
            IoRequest request = inFlight.poll();
            request.transferred(results.isEmpty() ? request.length() - request.progress() : results.poll());
            done[i] = request;
        }
        return count;
    }

    @Override
    public void wakeUp() {
        // Nobody sleeps.
    }

    @Override
    public StorageContract contract() {
        return StorageContract.DIRECT_AIO;
    }

    @Override
    public void close() {
        closed = true;
    }
}
