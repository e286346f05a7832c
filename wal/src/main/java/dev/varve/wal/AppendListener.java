package dev.varve.wal;

/**
 * Told what became of a record that {@link WriteAheadLog#offer} took. Runs on the log's executor, never on the log's own thread; it may
 * append, and wait for what it appends.
 */
public interface AppendListener {
    /**
     * The record is as durable as was asked for.
     *
     * @param lsn        where it lies
     * @param sequence   its number
     * @param attachment what was given to {@code offer}
     */
    void appended(long lsn, long sequence, Object attachment);

    /**
     * The log failed before the record was known to be durable; it may or may not be there after the log is opened anew.
     *
     * @param failure    why, with the record's LSN
     * @param attachment what was given to {@code offer}
     */
    void failed(IndeterminateAppendException failure, Object attachment);
}
