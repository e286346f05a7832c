package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.Damage;
import dev.varve.engine.simulation.DiskSnapshot;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Verdict;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * In small workloads the power is cut at every step, every outcome of that cut is recovered, and in some of them the power is cut again at
 * every step of the recovery. What was acknowledged stays, what was seen stays, nothing is invented, nobody cries wolf.
 *
 * <p>All states of up to six things that were not durable are tried, old, new and garbled, samples of more, and some that are decided
 * sector by sector; each tenth recovery is cut. {@code -Dvarve.exhaustive=full}: eight things, and many more samples.
 */
class ExhaustiveCrashTest {
    private static final boolean IS_FULL = "full".equals(System.getProperty("varve.exhaustive"));
    /** Of so many things all combinations are tried. */
    private static final int THINGS_MAX = IS_FULL ? 8 : 6;
    /** Of more, so many combinations. */
    private static final int SAMPLES = IS_FULL ? 2000 : 20;
    /** A garbled block is garbled in so many ways. */
    private static final int GARBLINGS = IS_FULL ? 40 : 3;
    /** So many cuts decide by sectors of 512 bytes. */
    private static final int SECTOR_CUTS = IS_FULL ? 1000 : 20;
    /** The recovery of one state in so many is cut at each of its steps. */
    private static final int RECOVERIES_CUT = 10;
    private static final int RECOVERY_STEPS_MIN = 10;
    private static final long SEED = 5;
    /** Held here, because loggers that nobody holds forget their level. */
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    /** What is there, what is durable of it, and what was promised, when the power is cut. */
    private final Set<List<Long>> stops = new HashSet<>();
    private final Set<Long> states = new HashSet<>();
    private int cuts;
    private int recoveries;
    private int cutInside;

    @BeforeAll
    static void tellNothingOfThousandsOfRecoveries() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void tellAgain() {
        LOGGER.setLevel(null);
    }

    @ParameterizedTest
    @EnumSource(SmallWorkload.class)
    void whateverACutAtAnyStepLeavesIsRecovered(SmallWorkload workload) {
        long startNs = System.nanoTime();
        long stepsMax = 0;
        for (int variant = 0; variant < workload.variants(); variant++) {
            SmallStory whole = workload.prepared(variant);
            long from = whole.disk().steps();
            workload.work(whole);
            long to = whole.disk().steps();
            stepsMax = Math.max(stepsMax, to - from);
            for (long step = from + 1; step <= to + 1; step++) {
                cut(workload, variant, step);
            }
        }
        System.out.printf("exhaustive crashes: %-16s %3d steps, %2d orders, %6d cuts, %6d distinct states, %7d recoveries, %4d of them cut"
            + " at every step, %6d ms%n", workload, stepsMax, workload.variants(), cuts, states.size(), recoveries, cutInside,
            (System.nanoTime() - startNs) / 1_000_000);
        assertThat(states.size()).as("states of %s", workload).isGreaterThanOrEqualTo(workload.statesMin());
        assertThat(cutInside).as("recoveries that were cut").isPositive();
    }

    /** Cuts the power instead of one step, with every outcome. */
    private void cut(SmallWorkload workload, int variant, long step) {
        SmallStory story = workload.prepared(variant);
        story.disk().crashAtStep(step);
        workload.work(story);
        DiskSnapshot stopped = story.disk().snapshot();
        if (!stops.add(List.of(hash(ended(stopped, CrashMode.KEEP_ALL)), hash(ended(stopped, CrashMode.DROP_UNSYNCED)),
            (long) story.promisesHash()))) {
            return;
        }
        String where = workload + ", order " + variant + ", step " + step;
        SimulatedDisk killed = stopped.disk(SEED);
        killed.kill();
        // What a reader has seen after the kill may still lie in the device's cache.
        List<Long> seen = lsns(recover(story, killed, where + ", killed"));
        killed.crash();
        assertThat(lsns(recover(story, killed, where + ", killed and cut"))).as(where).isEqualTo(seen);
        CrashOutcomes outcomes = new CrashOutcomes(THINGS_MAX, SAMPLES, step);
        do {
            int round = 0;
            do {
                SimulatedDisk disk = stopped.disk(cuts);
                disk.crash(outcomes.again());
                recoverOnce(story, disk, where + ", " + outcomes);
            } while (outcomes.isGarbled() && ++round < GARBLINGS);
        } while (outcomes.next());
        for (int i = 0; i < SECTOR_CUTS; i++) {
            SimulatedDisk disk = stopped.disk(cuts);
            disk.crash();
            recoverOnce(story, disk, where + ", cut as seed " + disk.seed() + " will");
        }
    }

    private static SimulatedDisk ended(DiskSnapshot stopped, CrashMode mode) {
        SimulatedDisk disk = stopped.disk(SEED);
        disk.crash(mode);
        return disk;
    }

    /** Recovers a state, unless the same was left before by a story with the same promises. */
    private void recoverOnce(SmallStory story, SimulatedDisk disk, String where) {
        cuts++;
        if (!states.add(31L * hash(disk) + story.promisesHash())) {
            return;
        }
        DiskSnapshot found = disk.snapshot();
        SimulatedLog log = recover(story, disk, where);
        if (states.size() % RECOVERIES_CUT == 1) {
            cutInside++;
            List<Long> seen = lsns(log);
            cutRecovery(story, found, seen, where);
            goesOn(disk, seen, where);
        }
    }

    private static long hash(SimulatedDisk disk) {
        CRC32C crc = new CRC32C();
        long hash = 0;
        disk.openDirectory(SimulatedLog.DIRECTORY, true).close();
        Damage files = disk.damage(SimulatedLog.DIRECTORY);
        for (String name : files.names()) {
            crc.reset();
            crc.update(files.bytes(name));
            hash = 31 * (31 * hash + name.hashCode()) + crc.getValue();
        }
        return hash;
    }

    /** Recovers and compares. */
    private SimulatedLog recover(SmallStory story, SimulatedDisk disk, String where) {
        recoveries++;
        SimulatedLog log = open(disk, where);
        try (Cursor cursor = log.read()) {
            story.model().checkRecovered(cursor);
        } catch (AssertionError e) {
            throw new AssertionError(where + ": " + e.getMessage(), e);
        }
        return log;
    }

    private static List<Long> lsns(SimulatedLog log) {
        List<Long> lsns = new ArrayList<>();
        try (Cursor cursor = log.read()) {
            while (cursor.next()) {
                lsns.add(cursor.lsn());
            }
        }
        return lsns;
    }

    private static SimulatedLog open(SimulatedDisk disk, String where) {
        SimulatedLog log = SimulatedLog.open(disk, SmallStory.CONFIG, SEED);
        assertThat(log.report().verdict()).as(where + ": " + log.report().detail())
            .isIn(Verdict.CRASH_TAIL, Verdict.CLEAN, Verdict.CREATED);
        return log;
    }

    /** Cuts the power at every step of the recovery: the next one finds the same. */
    private void cutRecovery(SmallStory story, DiskSnapshot found, List<Long> seen, String where) {
        boolean isCut = true;
        int step = 0;
        while (isCut) {
            step++;
            SimulatedDisk disk = found.disk(step);
            disk.crash();
            disk.crashAtStep(disk.steps() + step);
            try {
                open(disk, where);
                isCut = disk.isStopped();
            } catch (PowerCutException e) {
                assertThat(disk.isStopped()).isTrue();
            }
            disk.crashAtStep(Long.MAX_VALUE);
            disk.crash();
            String again = where + ", recovery cut at step " + step;
            assertThat(lsns(recover(story, disk, again))).as(again).isEqualTo(seen);
        }
        assertThat(step).as("steps of a recovery").isGreaterThan(RECOVERY_STEPS_MIN);
    }

    /** After all that the log is a log: it takes records, and keeps them through the next power cut. */
    private void goesOn(SimulatedDisk disk, List<Long> seen, String where) {
        disk.crash();
        SimulatedLog log = open(disk, where);
        assertThat(lsns(log)).as(where).isEqualTo(seen);
        LogModel model = new LogModel();
        try (Cursor cursor = log.read()) {
            while (cursor.next()) {
                model.accepted(cursor.lsn(), List.of(cursor.payload().toArray(ValueLayout.JAVA_BYTE)), new int[1]);
                model.acknowledged(cursor.lsn());
            }
        }
        for (int i = 0; i < 8; i++) {
            byte[] payload = Payloads.of(SEED + i, 3000);
            long lsn = log.offer(payload, AckLevel.DURABLE, null);
            assertThat(lsn).as(where).isPositive();
            model.accepted(lsn, List.of(payload), new int[1]);
            log.drain();
            model.acknowledged(lsn);
        }
        disk.crash();
        recoveries += 2;
        try (Cursor cursor = open(disk, where).read()) {
            model.checkRecovered(cursor);
        }
    }
}
