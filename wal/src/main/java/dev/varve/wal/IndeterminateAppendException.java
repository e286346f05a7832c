package dev.varve.wal;

/**
 * It is not known whether a record is durable. It was accepted and may be found, whole, when the log is opened anew; it may also be
 * missing.
 *
 * <p>The cause says why: a {@link LogFailedException} if the log failed, an {@link InterruptedException} if the thread was interrupted
 * while it waited, a {@link java.util.concurrent.TimeoutException} if its time ran out. In the last two cases nothing is wrong with the
 * log, and {@link WriteAheadLog#awaitDurable} can wait on.
 */
public final class IndeterminateAppendException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long lsn;
    private final long endLsn;

    /**
     * Makes an exception for one record, or for several that stay together.
     *
     * @param lsn   the record's LSN
     * @param why   why it is not known
     * @param cause what the record is in doubt for, as above
     */
    public IndeterminateAppendException(long lsn, String why, Throwable cause) {
        this("the record at LSN " + lsn, why, cause, new Range(lsn, 0));
    }

    private IndeterminateAppendException(String what, String why, Throwable cause, Range range) {
        super("indeterminate: " + what + " may or may not be durable: " + why, cause);
        this.lsn = range.lsn();
        this.endLsn = range.endLsn();
    }

    private record Range(long lsn, long endLsn) {
    }

    /** For all records below an LSN. */
    static IndeterminateAppendException below(long endLsn, String why, Throwable cause) {
        return new IndeterminateAppendException("records below LSN " + endLsn, why, cause, new Range(0, endLsn));
    }

    /**
     * Where the record lies if it is there.
     *
     * @return its LSN; 0 if this comes from {@link WriteAheadLog#sync}, which waits for no single record
     */
    public long lsn() {
        return lsn;
    }

    /**
     * The end of what {@link WriteAheadLog#sync} waited for.
     *
     * @return every record in doubt lies below this LSN; 0 if a single record is in doubt
     */
    public long endLsn() {
        return endLsn;
    }
}
