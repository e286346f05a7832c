package dev.varve.wal;

import java.util.Objects;

/**
 * How a record is appended.
 *
 * @param kind  the caller's own mark, 0 to 65535, given back when the record is read
 * @param level what its acknowledgement waits for
 */
public record AppendOptions(int kind, AckLevel level) {
    private static final int KIND_MAX = 0xffff;
    private static final AppendOptions PLAIN = new AppendOptions(0, AckLevel.DURABLE);

    /** Checks the values. */
    public AppendOptions {
        if (kind < 0 || kind > KIND_MAX) {
            throw new IllegalArgumentException("kind=" + kind + " is not from 0 to " + KIND_MAX);
        }
        Objects.requireNonNull(level, "level");
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
        return new AppendOptions(kind, newLevel);
    }
}
