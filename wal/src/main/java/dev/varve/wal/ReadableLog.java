package dev.varve.wal;

/**
 * The reading side of a log: where it begins, how far it is durable, and the records between. What is only to read may be given this.
 *
 * <pre>
 *    given up │ headLsn ──── records ──── │ durableLsn ── not durable yet ── │ tailLsn
 *             └ moves when the log is truncated                              └ moves with every append
 * </pre>
 *
 * <p>Any thread may call any method.
 */
public interface ReadableLog {
    /**
     * How far the log is durable.
     *
     * @return every record below this LSN is
     * @throws LogClosedException if the log is closed
     */
    long durableLsn();

    /**
     * Where the log begins.
     *
     * @return the LSN of the oldest retained record, or of the first to come
     * @throws LogClosedException if the log is closed
     */
    long headLsn();

    /**
     * Where the log ends.
     *
     * @return an LSN behind every record accepted so far, where the next one may lie
     * @throws LogClosedException if the log is closed
     */
    long tailLsn();

    /**
     * Reads records from an LSN on, up to the durable end, in order. A cursor reads through an engine of its own. It does not keep the log
     * from being truncated: one that is overtaken throws {@link dev.varve.recovery.OvertakenException} and skips nothing.
     *
     * @param fromLsn where to begin: the first record at or behind it; 0 or {@link #headLsn()} for all. If it was truncated away, the
     *                cursor's first {@code next()} throws
     * @return a cursor, to be used by one thread and closed; it reads on if the log fails, but not once it is closed
     * @throws LogFailedException                             if the log had failed before
     * @throws LogClosedException                             if it is closed
     * @throws dev.varve.engine.io.StorageContractException   if the machine has no further kernel AIO context or file to give
     * @throws dev.varve.engine.io.IoFailureException         if the directory cannot be opened
     */
    Cursor read(long fromLsn);
}
