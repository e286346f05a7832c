package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
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
    private static final int SEEDS_FULL = 10_000;
    private static final int SEEDS = Integer.getInteger("varve.seeds", SEEDS_FULL);

    /** What a run of all seeds must have met, each so often; otherwise it proves less than it says. */
    private static final long MET_MIN = 50;
    private static final List<String> MUST_BE_MET = List.of("acknowledged DURABLE", "acknowledged PROTECTED",
        "block of an earlier life read", "closed cleanly", "completion overtook", "crash in a roll", "crash while opening",
        "crash in a truncation", "crash while opening a clean log", "crash while opening, twice in a row", "crash while reading",
        "crash while the manifest is written", "crash with several batches un-synced", "end at a block that was never written",
        "failed log", "failed sync lost sector", "hole with a later valid batch", "hole with a later valid header", "indeterminate",
        "killed write absent", "killed write partial", "killed write whole", "length lost", "name change kept", "name change lost",
        "older version survived", "opening failed by an I/O error", "partial submit", "power cut", "process kill", "pushed back",
        "read from somewhere", "read of what was given up", "recycled segment used", "read while batches are un-synced", "reap interrupted",
        "records that stay together", "request failed", "sector garbled", "sector reverted", "sector torn", "sector zeroed", "short read",
        "short write", "submit again", "submit interrupted", "sync in flight at stop", "torn body", "torn header", "truncated",
        "verdict CLEAN", "verdict CRASH_TAIL", "verdict CREATED", "write in flight at stop", "write missed by sync",
        "write sampled in pieces");

    /** Held here, because loggers that nobody holds forget their level. */
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

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
        LongAdder workedNs = new LongAdder();
        LongStream seeds = single >= 0 ? LongStream.of(single) : LongStream.range(FIRST, FIRST + SEEDS).parallel();
        seeds.forEach(seed -> {
            long beganNs = THREADS.getCurrentThreadCpuTime();
            try {
                new CrashCycle(seed, situations).run();
            } catch (RuntimeException | Error e) {
                failures.add(new Failure(seed, e));
            } finally {
                workedNs.add(THREADS.getCurrentThreadCpuTime() - beganNs);
            }
        });
        long cycles = situations.count("power cut") + situations.count("process kill");
        long millis = (System.nanoTime() - startNs) / 1_000_000;
        System.out.println("crash simulation: seeds " + FIRST + " to " + (FIRST + SEEDS - 1) + " in " + millis + " ms, " + cycles
            + " cycles of work, crash, recovery and check, " + cycles * 1_000_000_000 / Math.max(1, workedNs.sum())
            + " per second of processor time; " + situations.all());
        List<Failure> sorted = new ArrayList<>(failures);
        sorted.sort((a, b) -> Long.compare(a.seed(), b.seed()));
        if (!sorted.isEmpty()) {
            sorted.getFirst().cause().printStackTrace();
        }
        assertThat(sorted.stream().map(f -> "seed " + f.seed() + ": " + f.cause()).limit(10)).as("failed seeds, of %d", sorted.size())
            .isEmpty();
        if (single < 0 && SEEDS >= SEEDS_FULL) {
            assertThat(MUST_BE_MET).allSatisfy(name -> assertThat(situations.count(name)).as(name).isGreaterThanOrEqualTo(MET_MIN));
        }
    }
}
