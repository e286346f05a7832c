package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The power is cut at every step of a truncation, then at some step of the recovery: the log begins where it did, or where it was to begin,
 * and nothing else changes. {@code -Dvarve.seeds=N} cuts at each step of N courses of events.
 */
@Timeout(300)
class TruncationCrashTest {
    private static final int SEEDS = Math.clamp(Integer.getInteger("varve.seeds", 10), 1, 1000);
    private static final long SEGMENT = SegmentedLog.SEGMENT;
    private static final List<CrashMode> MODES = List.of(CrashMode.values());
    /** Held here, because loggers that nobody holds forget their level. */
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    private int begunAnew;
    private int begunAsBefore;

    @BeforeAll
    static void tellNothingOfHundredsOfRecoveries() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void tellAgain() {
        LOGGER.setLevel(null);
    }

    /** In which state a log is whose beginning is given up. */
    enum State {
        /** Everything is prepared: what is given up is not needed. */
        AT_REST,
        /** The segment has just been changed: what is given up becomes a spare. */
        SPARE_WANTED,
        /** Not a byte is free. */
        DISK_FULL
    }

    private static SegmentedLog prepared(State state, long seed) {
        SegmentedLog log = new SegmentedLog(new SimulatedDisk(seed)).open();
        log.fill(3).settle();
        log.append(SegmentedLog.RECORD);
        if (state == State.SPARE_WANTED) {
            log.fill(1);
        }
        log.log().idle(200_000_000);
        if (state != State.SPARE_WANTED) {
            log.settle();
        }
        if (state == State.DISK_FULL) {
            log.disk().capacity(log.allocated());
        }
        return log;
    }

    /** How many steps the truncation of such a log takes until nothing is left to do. */
    private static long stepsOf(State state, long seed) {
        SegmentedLog log = prepared(state, seed);
        long before = log.disk().steps();
        log.truncateAll();
        return log.disk().steps() - before;
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void theLogBeginsWhereItDidOrWhereItWasToBeginAndNothingElseIsLost(State state) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            long steps = stepsOf(state, seed);
            assertThat(steps).isBetween(10L, 1000L);
            for (long step = 1; step <= steps; step++) {
                cutAt(state, seed, step);
            }
        }
        System.out.println("truncation cut at each step, " + state + ": " + begunAsBefore + " as before, " + begunAnew
            + " anew, seeds 1 to " + SEEDS);
        assertThat(begunAsBefore).isPositive();
        assertThat(begunAnew).isPositive();
    }

    private void cutAt(State state, long seed, long step) {
        String where = state + ", seed " + seed + ", step " + step;
        SegmentedLog log = prepared(state, seed);
        SimulatedDisk disk = log.disk();
        Random random = new Random(seed * 10_007 + step);
        long lowest = log.parts().segments().lowest().segment();
        long last = log.parts().builder().header().segment();
        disk.crashAtStep(disk.steps() + step);
        CompletableFuture<Void> done = log.parts().truncation().ask(log.parts().placement().tailLsn());
        log.log().turnUntil(() -> done.isDone() && log.parts().truncation().isIdle());
        boolean isTold = done.isDone() && !done.isCompletedExceptionally();
        boolean isSeen = log.parts().segments().lowest().segment() == last;
        crash(disk, random);
        reopen(log, random);
        long found = log.parts().segments().lowest().segment();
        assertThat(found).as(where).isIn(lowest, last);
        assertThat(found == last || !(isTold || isSeen)).as("what somebody was told or shown does not come back, %s", where).isTrue();
        begunAnew += found == last ? 1 : 0;
        begunAsBefore += found == last ? 0 : 1;
        goesOn(log, where);
    }

    private static void crash(SimulatedDisk disk, Random random) {
        disk.crashAtStep(Long.MAX_VALUE);
        if (random.nextInt(4) == 0) {
            disk.kill();
        } else {
            disk.crash(MODES.get(random.nextInt(MODES.size())));
        }
    }

    /** Opens it; half the time the power goes once more meanwhile. */
    private static void reopen(SegmentedLog log, Random random) {
        if (random.nextBoolean()) {
            log.disk().crashAtStep(log.disk().steps() + random.nextLong(1, 80));
            try {
                log.open();
            } catch (PowerCutException _) {
                // As it was meant to be.
            }
            crash(log.disk(), random);
        }
        log.open();
    }

    private static void goesOn(SegmentedLog log, String where) {
        assertThat(log.log().report().verdict().isOpenable()).as(where).isTrue();
        List<Long> retained = new ArrayList<>(log.retained());
        assertThat(log.read(0)).as(where).isEqualTo(retained).contains(log.lsns().getLast());
        log.truncateAll();
        log.disk().capacity(Long.MAX_VALUE / 4);
        log.settle();
        assertThat(log.allocatedBeyond()).as("space, %s", where).isEqualTo(2 * SEGMENT);
        assertThat(log.parts().segments().count()).as(where).isEqualTo(1);
        log.fill(2);
        assertThat(log.read(0)).as(where).isEqualTo(log.retained());
        assertThat(log.log().close()).as(where).isTrue();
        log.open();
        assertThat(log.read(0)).as(where).isEqualTo(log.retained());
    }
}
