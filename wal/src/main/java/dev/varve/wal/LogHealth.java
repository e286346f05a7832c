package dev.varve.wal;

import java.util.Objects;

/**
 * How an open log is, as {@link WriteAheadLog#health} tells.
 *
 * @param state  the state
 * @param reason why, in an operator's words: what, where, and what to do; empty if all is well
 */
public record LogHealth(State state, String reason) {
    static final LogHealth OPEN = new LogHealth(State.OPEN, "");

    /** What a log is able to do. */
    public enum State {
        /** All is well. */
        OPEN,
        /**
         * The storage has not answered a request for longer than {@link LogConfig.Commit#stallLimitNs}. Records are taken while there is
         * room, and none becomes durable. It ends by itself when the storage answers.
         */
        STALLED,
        /** There is no space for a further segment: appends are refused, everything else works. It ends by itself when space returns. */
        FULL,
        /** A write or a sync has failed. Nothing is acknowledged any more; only closing and opening anew leads out. */
        FAILED,
        /** Closed, and everything is released. */
        CLOSED
    }

    /** Checks that nothing is missing. */
    public LogHealth {
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(reason, "reason");
    }
}
