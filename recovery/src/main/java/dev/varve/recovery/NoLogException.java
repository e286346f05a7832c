package dev.varve.recovery;

import java.nio.file.Path;

/** A directory holds no log: there is nothing to look at. */
public final class NoLogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param directory the directory
     */
    public NoLogException(Path directory) {
        super("there is no log in " + directory + "; opening it for writing creates one");
    }
}
