package dev.varve.engine.segment;

/** The log's lock keeps other writers away no longer, or did not: its file was deleted or replaced, or another writer has been there. */
public final class LostLockException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message what was found, where, and what to do
     */
    public LostLockException(String message) {
        super(message);
    }
}
