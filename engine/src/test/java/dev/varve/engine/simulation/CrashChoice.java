package dev.varve.engine.simulation;

/**
 * Decides, in place of the seed, what a power cut leaves of each thing that was not durable. Asked for one thing after the other, always in
 * the same order; so a test can go through all combinations.
 */
@FunctionalInterface
public interface CrashChoice {
    /** The thing is as it was when it was last durable. */
    int OLD = 0;
    /** The thing is as the program left it. */
    int NEW = 1;
    /** Only for a block: each of its sectors is old, new, or garbage, as the seed says. */
    int GARBLED = 2;

    /**
     * Decides about one thing.
     *
     * @param what         says what it is, for messages: a block of a file, a changed name, a length
     * @param alternatives how many outcomes there are: 2, or for a block 3
     * @return {@link #OLD}, {@link #NEW} or {@link #GARBLED}, less than {@code alternatives}
     */
    int choose(String what, int alternatives);
}
