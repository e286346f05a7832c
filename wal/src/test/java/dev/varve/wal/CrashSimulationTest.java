package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A log is cut down at thousands of random moments on a disk that forgets what it may. {@code -Dvarve.seeds=N} runs more seeds, {@code
 * -Dvarve.seed=S} a single one.
 */
class CrashSimulationTest {
    private static final long FIRST = 1;
    private static final int SEEDS = Integer.getInteger("varve.seeds", 2000);

    /** Held here, because loggers that nobody holds forget their level. */
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    private record Failure(long seed, Throwable cause) {
    }

    @BeforeAll
    static void tellNothingOfThousandsOfRecoveries() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void tellAgain() {
        LOGGER.setLevel(null);
    }

    @Test
    void nothingAcknowledgedIsLostAndNothingIsInventedWhateverThePowerDoes() {
        Situations situations = new Situations();
        ConcurrentLinkedQueue<Failure> failures = new ConcurrentLinkedQueue<>();
        long single = Long.getLong("varve.seed", -1);
        long startNs = System.nanoTime();
        LongStream seeds = single >= 0 ? LongStream.of(single) : LongStream.range(FIRST, FIRST + SEEDS).parallel();
        seeds.forEach(seed -> {
            try {
                new CrashCycle(seed, situations).run();
            } catch (RuntimeException | Error e) {
                failures.add(new Failure(seed, e));
            }
        });
        long millis = (System.nanoTime() - startNs) / 1_000_000;
        System.out.println("crash simulation: seeds " + FIRST + " to " + (FIRST + SEEDS - 1) + " in " + millis + " ms; " + situations.all());
        List<Failure> sorted = new ArrayList<>(failures);
        sorted.sort((a, b) -> Long.compare(a.seed(), b.seed()));
        if (!sorted.isEmpty()) {
            sorted.getFirst().cause().printStackTrace();
        }
        assertThat(sorted.stream().map(f -> "seed " + f.seed() + ": " + f.cause()).limit(10)).as("failed seeds, of %d", sorted.size()).isEmpty();
    }
}
