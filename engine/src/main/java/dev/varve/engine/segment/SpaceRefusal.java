package dev.varve.engine.segment;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.NoSpaceException;
import java.nio.file.Path;

/** Why no further segment can be prepared at present, and when to try again. Owned by the driver, as its allocator is. */
final class SpaceRefusal {
    private static final long RETRY_DELAY_NS = 200_000_000L;

    private final Path directory;
    private NoSpaceException reason;
    private long retryAtNs;

    SpaceRefusal(Path directory) {
        this.directory = directory;
    }

    /**
     * A file could not be made. Whatever the device gave for a reason, there is no space that can be written.
     *
     * @param failure     what was refused
     * @param neededBytes how much space would do
     * @param nowNs       the driver's clock
     * @throws IoFailureException the failure, if trying again is of no use
     */
    void begin(IoFailureException failure, long neededBytes, long nowNs) {
        if (Errno.isWritingOver(failure.errno())) {
            throw failure;
        }
        String remedy = Errno.isNoSpace(failure.errno())
            ? neededBytes + " bytes of free space are needed; free them, or truncate the log" : "it is tried again";
        begin(new NoSpaceException("no segment can be prepared in " + directory + ": " + remedy + "; appending goes on by itself ("
            + failure.getMessage() + ")", failure.errno()), nowNs);
    }

    /** The same was refused before, as somebody else has said. */
    void begin(NoSpaceException newReason, long nowNs) {
        reason = newReason;
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
