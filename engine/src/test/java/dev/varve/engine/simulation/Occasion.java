package dev.varve.engine.simulation;

/**
 * When a fault happens: at the n-th matching operation, counted from the moment the fault was scripted.
 *
 * @param operation what is asked
 * @param name      a glob for the name of the file or directory meant, such as {@code *.varve}; a file renamed is known by its new name
 * @param nth       which of the matching operations, from 1
 * @param andLater  whether all matching operations after it fail, too
 */
public record Occasion(Operation operation, String name, long nth, boolean andLater) {
    /** Checks the count. */
    public Occasion {
        if (nth < 1) {
            throw new IllegalArgumentException("operations are counted from 1: nth=" + nth);
        }
    }

    /**
     * The next such operation.
     *
     * @param operation what is asked
     * @param name      a glob
     * @return the occasion
     */
    public static Occasion next(Operation operation, String name) {
        return nth(operation, name, 1);
    }

    /**
     * The n-th such operation from now.
     *
     * @param operation what is asked
     * @param name      a glob
     * @param nth       from 1
     * @return the occasion
     */
    public static Occasion nth(Operation operation, String name, long nth) {
        return new Occasion(operation, name, nth, false);
    }

    /**
     * This one and all later ones.
     *
     * @return the occasions
     */
    public Occasion onwards() {
        return new Occasion(operation, name, nth, true);
    }
}
