package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.LogRepair.Part;
import dev.varve.recovery.LogRepair.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Logs that lie, with checksums that are right: recovery and reader end with a verdict or an exception that is declared, within bounds,
 * and never with a record that nobody appended. {@code -Dvarve.seeds=N} runs more seeds, {@code -Dvarve.seed=S} a single one.
 */
class RecoveryFuzzTest {
    private static final long FIRST = 1;
    private static final int SEEDS_FULL = 3_000;
    private static final int SEEDS = Integer.getInteger("varve.seeds", SEEDS_FULL);
    private static final Path PATH = Path.of("log");
    private static final Pattern PIECE = Pattern.compile("[,;] ?");
    /** What a run of all seeds must have met; otherwise it proves less than it says. */
    private static final List<String> MUST_BE_MET = List.of("CLEAN", "CRASH_TAIL", "CORRUPT", "WRITER_BUG", "BAD_MANIFEST", "BAD_HEADER",
        "SEGMENT_MISSING", "SEGMENT_FOREIGN", "UnsupportedVersionException", "DamagedLogException",
        "RefusedLogException", "read some", "read none", "continued", "read made-up record");

    private static final List<SimulatedDisk> DISKS = new ArrayList<>();
    private static final List<LogImage> CORPUS = new ArrayList<>();
    /** Every record of the corpus, discarded ones included. */
    private static final Map<Place, String> APPENDED = new HashMap<>();

    private final Map<String, Integer> met = new TreeMap<>();
    private final MeteredMemory memory = new MeteredMemory();

    @BeforeAll
    static void writeGenuineLogs() {
        LogFixture crashed = LogFixture.simulated(new SimulatedDisk(1, DiskSettings.quiet()), LogFixture.SMALL);
        fill(crashed.open(), 3);
        int hole = crashed.writer().next().block() - 2;
        crashed.crash();
        crashed.damage().zeroBlock(LogFixture.SEGMENT_3, hole);
        LogFixture decreed = crashed.fork(2);
        add(crashed);
        fill(decreed.open(), 2);
        decreed.writer().closeCleanly();
        add(decreed);
        LogFixture another = LogFixture.simulated(new SimulatedDisk(3, DiskSettings.quiet()), LogFixture.SMALL);
        fill(another.open(), 2);
        another.writer().anchor();
        another.crash();
        add(another);
        LogFixture small = LogFixture.simulated(new SimulatedDisk(4, DiskSettings.quiet()), LogFixture.SMALL);
        small.open().append("only record");
        small.writer().prepareNext().close();
        small.writer().closeCleanly();
        add(small);
    }

    private static void fill(TestWriter writer, int segments) {
        for (int segment = 0; segment < segments; segment++) {
            for (int i = 0; i < 5; i++) {
                String name = writer.header().salt() + " " + FuzzedLog.CONFIDENTIAL + " segment " + segment + " batch " + i + " ";
                writer.append(name, TestWriter.FILLER, "", name.repeat(i == 2 ? 150 : i));
            }
            if (segment + 1 < segments) {
                writer.roll();
            }
        }
        // The last batch lies behind a hole, as a crash may leave it, once the one before it is taken away.
        long synced = writer.next().lastBatch();
        writer.append(synced, "torn");
        writer.append(synced, "behind a hole");
    }

    private static void add(LogFixture log) {
        LogImage image = LogImage.of(log.damage());
        LogRepair scan = new LogRepair(image, Set.of());
        scan.run();
        APPENDED.putAll(scan.whole());
        CORPUS.add(image);
        DISKS.add(log.disk());
    }

    private void fuzz(long seed) {
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        LogForger forger = new LogForger(CORPUS, random);
        int base = random.nextInt(CORPUS.size());
        LogImage image = CORPUS.get(base).copy();
        forger.change(image);
        Set<Part> parts = forger.parts();
        LogRepair repair = new LogRepair(image, parts);
        repair.run();
        SimulatedDisk disk = DISKS.get(base).fork(seed);
        image.restore(disk.damage(PATH), CORPUS.get(base));
        FuzzedLog log = new FuzzedLog(disk, image, new FuzzedLog.Records(APPENDED, repair.repaired()), random, memory);
        log.run();
        PIECE.splitAsStream(log.outcome()).forEach(name -> met.merge(name.strip(), 1, Integer::sum));
    }

    @Test
    void noLogMakesRecoveryFailUnexpectedlyOrInventARecord() {
        long single = Long.getLong("varve.seed", -1);
        long startNs = System.nanoTime();
        for (long seed = single >= 0 ? single : FIRST; seed < (single >= 0 ? single + 1 : FIRST + SEEDS); seed++) {
            try {
                fuzz(seed);
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ": " + e, e);
            }
        }
        long millis = (System.nanoTime() - startNs) / 1_000_000;
        System.out.println("fuzzing recovery: seeds " + FIRST + " to " + (FIRST + SEEDS - 1) + " in " + millis + " ms; " + met);
        if (single < 0 && SEEDS >= SEEDS_FULL) {
            assertThat(met).containsKeys(MUST_BE_MET.toArray(String[]::new));
        }
    }

    @Test
    void aLogThatWasNotChangedIsReadAsItIs() {
        for (int i = 0; i < CORPUS.size(); i++) {
            LogRepair repair = new LogRepair(CORPUS.get(i).copy(), EnumSet.allOf(Part.class));
            repair.run();
            assertThat(repair.repaired()).isEmpty();
            SimulatedDisk disk = DISKS.get(i).fork(i);
            FuzzedLog log = new FuzzedLog(disk, CORPUS.get(i), new FuzzedLog.Records(APPENDED, new HashMap<>()), new Random(i), memory);
            log.run();
            assertThat(log.outcome()).contains("continued").containsPattern("^(CLEAN|CRASH_TAIL), read ");
        }
    }
}
