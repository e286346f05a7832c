package dev.varve.wal;

import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.segment.SegmentName;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * Whether the storage answers. A request that is with the kernel for longer than the limit stalls the log, and so does a step of the driver
 * that does not come back, because a call that should not block does.
 *
 * <p>The driver looks at each step; any thread asks. Nothing is given up because of a stall: buffers stay the kernel's.
 */
final class StallWatch {
    private static final System.Logger LOG = System.getLogger(WriteAheadLog.class.getName());
    private static final long NOT_STEPPING = Long.MIN_VALUE;

    private final Path directory;
    private final IoQueue queue;
    private final BatchBuilder builder;
    private final LongSupplier nanos;
    private final long limitNs;
    private volatile Stall stall;
    private boolean wasLate;
    private volatile boolean isClosing;
    private volatile boolean isCloseOverdue;
    private volatile long steppingSinceNs = NOT_STEPPING;

    /** What has not been answered, by the driver's clock. */
    private record Stall(String request, long sinceNs, int others) {
        String text(long nowNs) {
            return request + " has been with the kernel for " + (nowNs - sinceNs) / 1_000_000 + " ms"
                + (others == 0 ? "" : ", and " + others + " requests beside it");
        }
    }

    /**
     * Makes a watch.
     *
     * @param directory where the log lies
     * @param queue     the driver's
     * @param builder   knows what segment is being written, whose file may have been opened under another name
     * @param time      clock and limit
     */
    StallWatch(Path directory, IoQueue queue, BatchBuilder builder, Time time) {
        this.directory = directory;
        this.queue = queue;
        this.builder = builder;
        this.nanos = time.nanos();
        this.limitNs = time.limitNs();
    }

    /** The driver's clock, and how long a request may take by it. */
    record Time(LongSupplier nanos, long limitNs) {
    }

    /** A step begins. By the driver. */
    void enter(long nowNs) {
        steppingSinceNs = nowNs;
        queue.tick(nowNs);
        look(nowNs);
    }

    /** A step is over. By the driver. */
    void leave() {
        steppingSinceNs = NOT_STEPPING;
    }

    private void look(long nowNs) {
        IoRequest oldest = queue.oldest();
        boolean isLate = oldest != null && nowNs - oldest.sentNs() >= limitNs;
        if (oldest == null || !(isLate || isClosing)) {
            stall = null;
        } else if (stall == null || stall.sinceNs() != oldest.sentNs()) {
            stall = describe(oldest);
        }
        if (isLate != wasLate) {
            wasLate = isLate;
            String what = isLate ? "is stalled: " + stall.text(nowNs) : "is answered by its storage again";
            LOG.log(Level.WARNING, () -> "the log in " + directory + " " + what);
        }
    }

    private Stall describe(IoRequest oldest) {
        return new Stall(oldest.kind() + " of " + oldest.file().path() + " at offset " + oldest.offset() + ", length " + oldest.length()
            + " (the log writes in segment " + SegmentName.of(builder.header().segment()) + ")", oldest.sentNs(), queue.pending() - 1);
    }

    /** When a step would find a stall that has not been found yet; {@link Long#MAX_VALUE} for never. By the driver. */
    long wakeAtNs() {
        IoRequest oldest = queue.oldest();
        return oldest == null || wasLate ? Long.MAX_VALUE : oldest.sentNs() + limitNs;
    }

    /** The log is being closed: whatever is in flight now is worth telling of. Any thread. */
    void closing() {
        isClosing = true;
    }

    /** Somebody has waited in vain for the log to be closed; what keeps it. Any thread. */
    String closeOverdue() {
        isCloseOverdue = true;
        String reason = reason();
        return reason.isEmpty() ? "what is accepted is still being written" : reason;
    }

    /** What the storage owes an answer to; empty if nothing is late. Any thread. */
    String reason() {
        Stall found = stall;
        if (found != null && (isCloseOverdue || nanos.getAsLong() - found.sinceNs() >= limitNs)) {
            return found.text(nanos.getAsLong());
        }
        long sinceNs = steppingSinceNs;
        if (sinceNs != NOT_STEPPING && nanos.getAsLong() - sinceNs >= limitNs && sinceNs == steppingSinceNs) {
            return "a call of the log's thread into the kernel, made in " + directory + ", has not returned for "
                + (nanos.getAsLong() - sinceNs) / 1_000_000 + " ms";
        }
        return "";
    }
}
