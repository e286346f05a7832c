package dev.varve.wal;

import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.StorageContract;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** An engine that does nothing until a test says what completes, and in which order. It notes who rings. */
final class ScriptedEngine implements IoEngine {
    private static final int DEPTH = 64;

    private final List<IoRequest> inFlight = new ArrayList<>();
    private final ArrayDeque<IoRequest> done = new ArrayDeque<>();
    private Runnable onWakeUp = () -> { };
    private int wakeUps;

    /** A file that exists only by name. */
    record Named(String path, long length) implements IoFile {
        @Override
        public int blockSize() {
            return 4096;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    /** What happens in the ringing thread when somebody rings. */
    void onWakeUp(Runnable action) {
        onWakeUp = action;
    }

    int wakeUps() {
        return wakeUps;
    }

    /** Requests that the engine has and the test has not completed, in the order of their submission. */
    List<IoRequest> inFlight() {
        return inFlight;
    }

    /** Completes a request wholly. */
    void succeed(IoRequest request) {
        finish(request, request.length() - request.progress());
    }

    /** Completes a request with a raw result: bytes, or a negative errno. */
    void finish(IoRequest request, long result) {
        if (!inFlight.remove(request)) {
            throw new AssertionError("not in flight: " + request);
        }
        request.transferred(result);
        done.add(request);
    }

    @Override
    public int depth() {
        return DEPTH;
    }

    @Override
    public int submit(IoRequest[] requests, int from, int to) {
        for (int i = from; i < to; i++) {
            requests[i].taken(i);
            inFlight.add(requests[i]);
        }
        return to - from;
    }

    @Override
    public int reap(IoRequest[] reaped, int min, long timeoutNs) {
        int count = 0;
        while (!done.isEmpty()) {
            reaped[count++] = done.poll();
        }
        return count;
    }

    @Override
    public void wakeUp() {
        wakeUps++;
        onWakeUp.run();
    }

    @Override
    public StorageContract contract() {
        return StorageContract.DIRECT_AIO;
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
