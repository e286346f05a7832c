package dev.varve.wal;

/** A thread was interrupted while it waited for room in the buffers. Nothing was written; its interrupt status is still set. */
public final class AppendInterruptedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Makes an exception. */
    public AppendInterruptedException() {
        super("interrupted while waiting for room in the log's buffers; nothing was written");
    }
}
