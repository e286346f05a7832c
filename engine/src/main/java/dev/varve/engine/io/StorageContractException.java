package dev.varve.engine.io;

/** The machine or the file system cannot keep the promise the log is built on. The message names the cause and what mends it. */
public final class StorageContractException extends IoFailureException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message the cause and the remedy
     * @param errno   the positive errno, 0 if there is none
     */
    public StorageContractException(String message, int errno) {
        super(message, errno);
    }

    /**
     * Makes an exception with a cause.
     *
     * @param message the cause and the remedy
     * @param cause   what was thrown
     */
    public StorageContractException(String message, Throwable cause) {
        super(message, cause);
    }
}
