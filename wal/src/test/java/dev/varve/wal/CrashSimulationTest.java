package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Campaign T1: a log is cut down, failed and lied to at thousands of random moments, and after each the oracle compares. {@code
 * -Dvarve.seeds=N} runs more seeds, {@code -Dvarve.seed=S} a single one.
 */
class CrashSimulationTest {
    private static final long FIRST = 1;
    /** About 60 seconds of one core. */
    private static final int SEEDS_BRIEF = 10_000;
    private static final int SEEDS_TORTURE = 100_000;
    private static final int SEEDS = Integer.getInteger("varve.seeds", Boolean.getBoolean("varve.torture") ? SEEDS_TORTURE : SEEDS_BRIEF);
    private static final int TOLD_MAX = 10;

    /** A run of so many seeds that met a situation less than once must have met it too rarely; otherwise it proves less than it says. */
    private static final int SEEDS_PER_MEETING = 200;
    /** With fewer seeds chance has too much to say. */
    private static final int SEEDS_COUNTED_MIN = 1_000;
    private static final List<String> MUST_BE_MET = """
        acknowledged DURABLE, acknowledged PROTECTED, acknowledged WRITTEN, block of an earlier life read, call failed, claim committed,
        claim given up, claim written in place, closed cleanly, completion overtook, completion unreaped at stop, crash in a roll,
        crash while opening, crash while opening a clean log, crash while opening twice in a row, crash while reading,
        crash while the manifest is written, crash with several batches un-synced, damage met by a reader,
        damage outside the window reported, damage that changed nothing, damage within the window not seen,
        damage within the window reported, disk full, disk has room again, empty record, end at a block that was never written, failed log,
        failed log closed, failed log opened again, failed sync lost sector, failed sync spared sector, harmless: FREE_BLOCK,
        harmless: HEADER, harmless: HEADER_COPY, harmless: MANIFEST_SLOT, hole with a later valid batch, hole with a later valid header,
        indeterminate, indeterminate record found absent, indeterminate record found whole, killed write absent, killed write partial,
        killed write whole, length lost, lie that damaged something acknowledged, lie without consequence, misdirected,
        misread without consequence, missing batches known by LATER_BATCH, missing batches known by MANIFEST,
        missing batches known by SUCCESSOR, name change kept, name change lost, no space, older version survived,
        only records recovered that nobody knew of, opening failed by an I/O error, opened on a full disk,
        ordered: MANIFEST_FAILS, ordered: NAMES_FAIL, ordered: READ_FAILS, ordered: SYNC_FAILS,
        ordered: WRITE_FAILS, partial submit, power cut, process kill, pushed back, read cleared behind its end, read from somewhere,
        read while batches are un-synced, reader failed by an I/O error, reader that stays sees more, reap interrupted, reap timed out,
        reap woken, record that travels alone, records discarded, records recovered, records that stay together, recovered twice,
        refused for lack of space, request failed, resumed since there is room again, rot: FLIPPED_BIT, rot: FLIPPED_BIT_IN_HEADER,
        rot: GARBLED_SECTOR, rot: LOST_BATCH, rot: MISPLACED_BLOCK, rot: STALE_BLOCK, rot: UNREADABLE_SECTOR, rot: ZEROED_BLOCK,
        rot: ZEROED_SECTOR, sector garbled, sector kept, sector reverted, sector torn, sector zeroed, short read, short write, submit again,
        crash in a truncation, read of what was given up, recycled segment used, submit interrupted,
        sync in flight at stop, sync lied, torn body, torn header, twin cut down while it is recovered, unreadable read,
        truncated, verdict CLEAN, verdict CRASH_TAIL, verdict CREATED,
        went on was cut down and recovered, write in flight at stop, write lost,
        write missed by sync, write sampled in pieces
        """.lines().flatMap(line -> List.of(line.split(",")).stream()).map(String::strip).filter(name -> !name.isEmpty()).toList();

    /** Held here, because loggers that nobody holds forget their level. */
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    private record Failure(long seed, String story, Throwable cause) {
        @Override
        public String toString() {
            return "seed " + seed + ": " + cause + "\n    " + story + "\n    mvn -pl wal -am test -Dtest=CrashSimulationTest -Dvarve.seed="
                + seed + " -Dsurefire.failIfNoSpecifiedTests=false";
        }
    }

    private final Situations situations = new Situations();
    private final ConcurrentLinkedQueue<Failure> failures = new ConcurrentLinkedQueue<>();

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
        long single = Long.getLong("varve.seed", -1);
        long startNs = System.nanoTime();
        LongStream seeds = single >= 0 ? LongStream.of(single) : LongStream.range(FIRST, FIRST + SEEDS).parallel();
        seeds.forEach(this::run);
        tell(single, (System.nanoTime() - startNs) / 1_000_000);

        List<Failure> sorted = new ArrayList<>(failures);
        sorted.sort(Comparator.comparingLong(Failure::seed));
        if (!sorted.isEmpty()) {
            sorted.getFirst().cause().printStackTrace();
        }
        assertThat(sorted.stream().limit(TOLD_MAX).map(Failure::toString)).as("failed seeds, of %d", sorted.size()).isEmpty();
        if (single < 0 && SEEDS >= SEEDS_COUNTED_MIN) {
            long floor = SEEDS / SEEDS_PER_MEETING;
            assertThat(MUST_BE_MET).hasSizeGreaterThanOrEqualTo(60).doesNotHaveDuplicates()
                .allSatisfy(name -> assertThat(situations.count(name)).as(name).isGreaterThanOrEqualTo(floor));
        }
    }

    private void run(long seed) {
        CrashCycle cycle = new CrashCycle(seed, situations);
        try {
            cycle.run();
        } catch (RuntimeException | Error e) {
            failures.add(new Failure(seed, cycle.story(), e));
        }
    }

    private void tell(long single, long millis) {
        long recoveries = situations.count("verdict CLEAN") + situations.count("verdict CRASH_TAIL");
        long reported = situations.count(Situations.WINDOW_REPORTED);
        long lost = situations.count(Situations.WINDOW_LOST);
        System.out.println("T1: " + (single >= 0 ? "seed " + single : "seeds " + FIRST + " to " + (FIRST + SEEDS - 1)) + " in " + millis
            + " ms, " + ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toMillis() + " ms of CPU, " + recoveries
            + " cycles of work, crash and recovery; of " + (reported + lost) + " faults within the blind window " + reported
            + " were reported; " + situations.all());
    }
}
