package dev.varve.engine.segment;

import java.util.random.RandomGenerator;

/**
 * 128 random bits that tell one log's files from another's.
 *
 * @param high upper half
 * @param low  lower half, also stored in every batch header
 */
public record LogId(long high, long low) {
    /** Checks that it is not all zeros. */
    public LogId {
        if (high == 0 && low == 0) {
            throw new IllegalArgumentException("a log id is never zero");
        }
    }

    /**
     * Draws a new id.
     *
     * @param random a source good enough for salts
     * @return an id that is not zero
     */
    public static LogId random(RandomGenerator random) {
        long high = random.nextLong();
        long low = random.nextLong();
        return new LogId(high, low == 0 ? 1 : low);
    }

    @Override
    public String toString() {
        return String.format("%016x%016x", high, low);
    }
}
