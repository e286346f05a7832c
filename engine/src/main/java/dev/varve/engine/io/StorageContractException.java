package dev.varve.engine.io;

import java.util.Objects;

/**
 * The machine or the file system cannot keep the promise the log is built on. The message names the cause and what mends it,
 * {@link #obstacle} the cause for programs.
 */
public final class StorageContractException extends IoFailureException {
    private static final long serialVersionUID = 2L;

    private final StorageObstacle obstacle;

    /**
     * Makes an exception.
     *
     * @param obstacle what is in the way
     * @param message  the cause and the remedy
     * @param errno    the positive errno, 0 if there is none
     */
    public StorageContractException(StorageObstacle obstacle, String message, int errno) {
        super(message, errno);
        this.obstacle = Objects.requireNonNull(obstacle, "obstacle");
    }

    /**
     * Makes an exception with a cause.
     *
     * @param obstacle what is in the way
     * @param message  the cause and the remedy
     * @param cause    what was thrown
     */
    public StorageContractException(StorageObstacle obstacle, String message, Throwable cause) {
        super(message, cause);
        this.obstacle = Objects.requireNonNull(obstacle, "obstacle");
    }

    /**
     * What is in the way.
     *
     * @return the obstacle
     */
    public StorageObstacle obstacle() {
        return obstacle;
    }
}
