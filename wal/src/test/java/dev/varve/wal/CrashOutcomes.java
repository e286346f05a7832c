package dev.varve.wal;

import dev.varve.engine.simulation.CrashChoice;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The outcomes of one power cut, one after the other: all of them if few things were not durable; otherwise all old, all new, each thing
 * other than the rest, and some at random.
 */
final class CrashOutcomes implements CrashChoice {
    private final int thingsMax;
    private final int samples;
    private final SplittableRandom random;
    private int[] chosen = new int[0];
    private int[] alternatives = new int[0];
    private int asked;
    private int things;
    private int number;

    /**
     * Makes the outcomes.
     *
     * @param thingsMax of how many things all combinations are gone through
     * @param samples   how many combinations of more things are tried at random
     * @param seed      chooses those
     */
    CrashOutcomes(int thingsMax, int samples, long seed) {
        this.thingsMax = thingsMax;
        this.samples = samples;
        this.random = new SplittableRandom(seed);
    }

    @Override
    public int choose(String what, int count) {
        if (asked == chosen.length) {
            chosen = Arrays.copyOf(chosen, asked + 1);
            alternatives = Arrays.copyOf(alternatives, asked + 1);
            chosen[asked] = first(count);
            // Where names are lost more may be asked for than there was at first: that is left as it is.
            alternatives[asked] = asked < thingsMax ? count : NEW + 1;
        }
        return chosen[asked++];
    }

    private int first(int count) {
        if (number == 0 || (isExhaustive() && asked >= thingsMax)) {
            return NEW;
        }
        return isExhaustive() ? OLD : sampled(count);
    }

    private boolean isExhaustive() {
        return things <= thingsMax;
    }

    /** The first outcome is all new; it tells how many things there are. */
    private int sampled(int count) {
        int single = (number - 2) / 4;
        if (number == 1) {
            return OLD;
        }
        if (single < things) {
            boolean isIt = asked == single;
            return switch ((number - 2) % 4) {
                case 0 -> isIt ? OLD : NEW;
                case 1 -> isIt ? NEW : OLD;
                case 2 -> isIt ? count - 1 : NEW;
                default -> isIt ? count - 1 : OLD;
            };
        }
        return random.nextInt(count);
    }

    /** Whether chance has a part in the present outcome. */
    boolean isGarbled() {
        for (int i = 0; i < asked; i++) {
            if (chosen[i] == GARBLED) {
                return true;
            }
        }
        return false;
    }

    /** The same outcome once more. */
    CrashOutcomes again() {
        asked = 0;
        return this;
    }

    /** Goes on to the next outcome; false if there is none. */
    boolean next() {
        number++;
        if (number == 1) {
            things = asked;
            asked = 0;
            chosen = new int[0];
            alternatives = new int[0];
            return things > 0;
        }
        int end = asked;
        asked = 0;
        if (!isExhaustive()) {
            chosen = new int[0];
            return number < 2 + 4 * things + samples;
        }
        while (end > 0 && chosen[end - 1] + 1 == alternatives[end - 1]) {
            end--;
        }
        if (end == 0) {
            return false;
        }
        chosen = Arrays.copyOf(chosen, end);
        chosen[end - 1]++;
        return true;
    }

    @Override
    public String toString() {
        return "outcome " + number + " " + Arrays.toString(chosen);
    }
}
