package dev.varve.wal;

/**
 * It is not known whether a record is durable: the log failed, or the caller stopped waiting. The record was accepted and may be found,
 * whole, when the log is opened anew; it may also be missing.
 */
public final class IndeterminateAppendException extends LogFailedException {
    private static final long serialVersionUID = 1L;

    private final long lsn;

    /**
     * Makes an exception.
     *
     * @param lsn   the record's LSN
     * @param why   why it is not known
     * @param cause the failure, null if the caller stopped waiting
     */
    public IndeterminateAppendException(long lsn, String why, Throwable cause) {
        super("indeterminate: the record at LSN " + lsn + " may or may not be durable: " + why, cause);
        this.lsn = lsn;
    }

    /**
     * Where the record lies if it is there.
     *
     * @return its LSN
     */
    public long lsn() {
        return lsn;
    }
}
