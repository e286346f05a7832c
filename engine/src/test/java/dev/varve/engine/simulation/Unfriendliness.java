package dev.varve.engine.simulation;

import java.util.SplittableRandom;

/**
 * How often an engine does what a kernel may do and seldom does. Each value is a probability, from 0 to less than 1.
 *
 * @param partialSubmit   a submission of several requests takes only some of them
 * @param refusedSubmit   a submission takes none and answers EAGAIN or EINTR
 * @param interruptedReap a waiting reap returns before enough has completed, with EINTR if nothing has
 * @param shortTransfer   a read or write of several sectors transfers only some of them
 * @param disorder        a request takes another time than its neighbours, so that completions overtake each other
 */
public record Unfriendliness(double partialSubmit, double refusedSubmit, double interruptedReap, double shortTransfer,
                             double disorder) {
    private static final double[] LEVELS = {0.02, 0.1, 0.4};

    /** Checks the probabilities. */
    public Unfriendliness {
        for (double probability : new double[] {partialSubmit, refusedSubmit, interruptedReap, shortTransfer, disorder}) {
            if (!(probability >= 0 && probability < 1)) {
                throw new IllegalArgumentException("impossible probability: " + probability);
            }
        }
    }

    /**
     * A kernel on a good day: everything is taken, done whole and in order.
     *
     * @return no unfriendliness at all
     */
    public static Unfriendliness quiet() {
        return new Unfriendliness(0, 0, 0, 0, 0);
    }

    /**
     * A kernel that does all of it often.
     *
     * @return every kind at a high level
     */
    public static Unfriendliness rough() {
        return new Unfriendliness(0.4, 0.3, 0.3, 0.3, 0.6);
    }

    /**
     * Some kinds on, some off: combinations that are rare when everything happens at once get their turn.
     *
     * @param seed chooses
     * @return about half of the kinds, each at a level of its own
     */
    public static Unfriendliness swarm(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new Unfriendliness(level(random), level(random), level(random), level(random), level(random));
    }

    private static double level(SplittableRandom random) {
        return random.nextBoolean() ? 0 : LEVELS[random.nextInt(LEVELS.length)];
    }
}
