package dev.varve.recovery;

import java.nio.file.Path;

/**
 * Records that a reader wanted were truncated away: it is positioned below the beginning of the log. Nothing was skipped, and nothing is
 * damaged; whoever can do without those records goes on at {@link #firstLsn()}.
 */
public final class OvertakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long wantedLsn;
    private final long firstLsn;

    /**
     * Makes an exception.
     *
     * @param directory the log's directory, for the message
     * @param wantedLsn where the reader stood
     * @param firstLsn  where the log begins now
     */
    OvertakenException(Path directory, long wantedLsn, long firstLsn) {
        super("the log in " + directory + " was truncated: the records from LSN " + wantedLsn + " on are gone, the first one available"
            + " lies at LSN " + firstLsn + "; read from there, or restore what is missing from a copy");
        this.wantedLsn = wantedLsn;
        this.firstLsn = firstLsn;
    }

    /**
     * Where the reader stood.
     *
     * @return the LSN from which on it wanted records; the first one that is missing lies there or behind
     */
    public long wantedLsn() {
        return wantedLsn;
    }

    /**
     * Where the log begins now.
     *
     * @return LSN of the first record available, or of the first to come
     */
    public long firstLsn() {
        return firstLsn;
    }
}
