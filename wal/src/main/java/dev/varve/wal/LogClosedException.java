package dev.varve.wal;

import java.nio.file.Path;

/** The log was closed; nothing of it may be used any more. */
public final class LogClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param directory the log's directory
     */
    public LogClosedException(Path directory) {
        super("the log in " + directory + " is closed");
    }
}
