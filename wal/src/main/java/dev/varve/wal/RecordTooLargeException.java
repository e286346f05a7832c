package dev.varve.wal;

/** A record, or an atomic batch of records, is longer than the log takes. Nothing was written. */
public final class RecordTooLargeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param length    bytes that were offered
     * @param lengthMax bytes that are taken at most
     */
    public RecordTooLargeException(long length, long lengthMax) {
        super("a record of " + length + " bytes is longer than recordLengthMax=" + lengthMax);
    }
}
