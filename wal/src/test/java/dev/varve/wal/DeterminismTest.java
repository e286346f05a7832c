package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One seed is one story: told again, the whole log asks its disk for the same things, in the same order, and gets the same answers. */
class DeterminismTest {
    /** Each hundredth of the crash simulation's seeds. */
    private static final int STRIDE = 100;
    private static final int SEEDS = Integer.getInteger("varve.seeds", 10_000);
    /** Held here, because loggers that nobody holds forget their level. */
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    @BeforeAll
    static void tellNothingOfThousandsOfRecoveries() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void tellAgain() {
        LOGGER.setLevel(null);
    }

    private static long hashOf(long seed) {
        CrashCycle cycle = new CrashCycle(seed, new Situations());
        cycle.run();
        return cycle.traceHash();
    }

    @Test
    void theSameSeedGivesTheSameTraceAndAnotherSeedAnother() {
        Set<Long> hashes = new HashSet<>();
        int told = 0;
        for (long seed = STRIDE; seed <= SEEDS; seed += STRIDE) {
            long hash = hashOf(seed);
            assertThat(hashOf(seed)).as("trace of seed %d", seed).isEqualTo(hash);
            hashes.add(hash);
            told++;
        }
        assertThat(told).isPositive();
        assertThat(hashes).as("different seeds, different stories").hasSize(told);
    }
}
