package dev.varve.wal;

/** The log has failed: an I/O error happened after which nothing may be acknowledged. Close it and open it anew. */
public final class LogFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message what failed, where, and what to do
     * @param cause   the first failure
     */
    public LogFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
