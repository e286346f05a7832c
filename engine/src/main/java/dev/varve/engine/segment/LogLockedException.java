package dev.varve.engine.segment;

import java.nio.file.Path;

/** Another writer, in this process or another one, has the log open. */
public final class LogLockedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param directory the log's directory
     */
    public LogLockedException(Path directory) {
        super("another writer has the log in " + directory + " open; close it first, or read without writing");
    }
}
