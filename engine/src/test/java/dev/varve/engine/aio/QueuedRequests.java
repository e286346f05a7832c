package dev.varve.engine.aio;

import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.StorageContract;

/** Brings requests into the state in which an engine may be offered them, without a queue in the way. */
final class QueuedRequests {
    private final IoQueue queue = new IoQueue(new NoEngine());

    IoRequest queued(IoRequest request) {
        queue.add(request);
        return request;
    }

    private static final class NoEngine implements IoEngine {
        @Override
        public int depth() {
            return 1;
        }

        @Override
        public int submit(IoRequest[] requests, int from, int to) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int reap(IoRequest[] done, int min, long timeoutNs) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void wakeUp() {
            throw new UnsupportedOperationException();
        }

        @Override
        public StorageContract contract() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
