package dev.varve.engine.segment;

import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.NoSpaceException;

/** Why no further segment can be prepared at present, and when to try again. Owned by the driver, as its allocator is. */
final class SpaceRefusal {
    private static final long RETRY_DELAY_NS = 200_000_000L;

    private NoSpaceException reason;
    private long retryAtNs;

    /** A file could not be made. Whatever the device gave for a reason, there is no space that can be written. */
    void begin(IoFailureException failure, long nowNs) {
        reason = failure instanceof NoSpaceException full ? full
            : new NoSpaceException("preparing a segment failed: " + failure.getMessage(), failure.errno());
        retryAtNs = nowNs + RETRY_DELAY_NS;
    }

    /** There is space again. */
    void end() {
        reason = null;
    }

    /** The reason, null if there is none. */
    NoSpaceException reason() {
        return reason;
    }

    long retryAtNs() {
        return retryAtNs;
    }

    /** Whether it is too early to try again. */
    boolean isInForce(long nowNs) {
        return reason != null && nowNs - retryAtNs < 0;
    }
}
