package dev.varve.engine.io;

/** The file system is full, or the quota used up. Nothing was given out that is now lost; work resumes when space returns. */
public final class NoSpaceException extends IoFailureException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message what needed the space, and where
     * @param errno   ENOSPC or EDQUOT
     */
    public NoSpaceException(String message, int errno) {
        super(message, errno);
    }
}
