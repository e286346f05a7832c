package dev.varve.tools;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which records a reading command is about; mixed into {@code cat} and {@code dump}. */
final class RangeOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--from", paramLabel = "LSN", defaultValue = "0", description = "First LSN, inclusive.")
    private long fromLsn;

    @Option(names = "--to", paramLabel = "LSN", description = "Last LSN, exclusive.")
    private Long toLsn;

    @Option(names = "--limit", paramLabel = "N", description = "At most so many records.")
    private Long limit;

    RangeOptions() {
        // Filled by picocli.
    }

    /** Refuses what can mean nothing. */
    void check() {
        if (fromLsn < 0) {
            throw wrong("--from is " + fromLsn + ", but an LSN is never negative");
        }
        if (toLsn != null && toLsn < 0) {
            throw wrong("--to is " + toLsn + ", but an LSN is never negative");
        }
        if (limit != null && limit < 0) {
            throw wrong("--limit is " + limit + ", but must not be negative");
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    long fromLsn() {
        return fromLsn;
    }

    /**
     * The end of the range.
     *
     * @return an LSN, exclusive
     */
    long toLsn() {
        return toLsn == null ? Long.MAX_VALUE : toLsn;
    }

    /**
     * The most records.
     *
     * @return the count
     */
    long limit() {
        return limit == null ? Long.MAX_VALUE : limit;
    }
}
