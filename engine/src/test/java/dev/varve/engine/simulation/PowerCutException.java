package dev.varve.engine.simulation;

/**
 * The simulated machine went down under a caller: the call did not happen and no later call on the same engine, directory, file or lock
 * will. Only closing them is still allowed, and does nothing.
 */
public final class PowerCutException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message where in which course the machine went down
     */
    public PowerCutException(String message) {
        super(message);
    }
}
