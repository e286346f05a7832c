package dev.varve.wal;

/** The time an append was given ran out while it waited for room in the buffers. Nothing was written; a later append may succeed. */
public final class AppendTimeoutException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message how long it waited, and what for
     */
    public AppendTimeoutException(String message) {
        super(message);
    }
}
