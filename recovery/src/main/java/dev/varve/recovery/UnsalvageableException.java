package dev.varve.recovery;

/** What is left of a log does not say which records are its own. The message says what is missing, and what can be done. */
public final class UnsalvageableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message what, where, and what to do
     */
    public UnsalvageableException(String message) {
        super(message);
    }
}
