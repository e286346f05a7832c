package dev.varve.wal;

import java.time.Duration;
import java.util.Objects;

/**
 * How a record is appended.
 *
 * @param kind      the caller's own mark, 0 to 65535, given back when the record is read
 * @param level     what its acknowledgement waits for
 * @param timeoutNs how long the appending thread waits at most, for room and for the level together, in nanoseconds;
 *                  {@link Long#MAX_VALUE} for ever. A future or a listener waits on
 */
public record AppendOptions(int kind, AckLevel level, long timeoutNs) {
    private static final int KIND_MAX = 0xffff;
    private static final AppendOptions PLAIN = new AppendOptions(0, AckLevel.DURABLE);

    /** Checks the values. */
    public AppendOptions {
        if (kind < 0 || kind > KIND_MAX) {
            throw new IllegalArgumentException("kind=" + kind + " is not from 0 to " + KIND_MAX);
        }
        Objects.requireNonNull(level, "level");
        if (timeoutNs < 0) {
            throw new IllegalArgumentException("negative: timeoutNs=" + timeoutNs);
        }
    }

    /**
     * Without a limit of time.
     *
     * @param kind  0 to 65535
     * @param level what its acknowledgement waits for
     */
    public AppendOptions(int kind, AckLevel level) {
        this(kind, level, Long.MAX_VALUE);
    }

    /**
     * What most records want.
     *
     * @return kind 0, level DURABLE
     */
    public static AppendOptions defaults() {
        return PLAIN;
    }

    /**
     * A durable record of some kind.
     *
     * @param kind 0 to 65535
     * @return the options
     */
    public static AppendOptions ofKind(int kind) {
        return kind == 0 ? PLAIN : new AppendOptions(kind, AckLevel.DURABLE);
    }

    /**
     * The same with another level.
     *
     * @param newLevel what the acknowledgement waits for
     * @return the options
     */
    public AppendOptions withLevel(AckLevel newLevel) {
        return new AppendOptions(kind, newLevel, timeoutNs);
    }

    /**
     * The same with a limit of time. If it runs out while there is no room, {@link AppendTimeoutException} says that nothing was written;
     * if it runs out before the record has reached the level, {@link IndeterminateAppendException} says that this is not known.
     *
     * @param timeout how long to wait at most, from 0
     * @return the options
     */
    public AppendOptions withTimeout(Duration timeout) {
        long limitNs = timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE)) < 0 ? timeout.toNanos() : Long.MAX_VALUE;
        return new AppendOptions(kind, level, limitNs);
    }
}
