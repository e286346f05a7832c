package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.recovery.Hole;
import dev.varve.recovery.NoLogException;
import dev.varve.recovery.UnsalvageableException;
import dev.varve.wal.WrittenLog.Batch;
import dev.varve.wal.WrittenLog.Written;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Logs of the real writer are damaged at random and salvaged: what comes out must be exactly the undamaged batches, and every other one
 * must be named. {@code -Dvarve.seeds=N} runs more seeds, {@code -Dvarve.seed=S} a single one.
 */
class SalvageDamageTest {
    private static final int SEEDS_FULL = 400;
    private static final int SEEDS = Integer.getInteger("varve.seeds", SEEDS_FULL);
    /** Ways in which each log is damaged, from none at all to this many things at once. */
    private static final int CASES = 8;
    private static final long MET_MIN = 20;
    private static final List<String> MUST_BE_MET = List.of("batches left out", "header put together", "known number missing",
        "more islands than segments", "salvaged", "undamaged", "unknown number missing");
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    private final Situations situations = new Situations();

    @BeforeAll
    static void tellNothingOfThousandsOfRecoveries() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void tellAgain() {
        LOGGER.setLevel(null);
    }

    @Test
    void exactlyTheUndamagedBatchesComeOutAndEveryHoleIsNamed() {
        ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
        long single = Long.getLong("varve.seed", -1);
        long startNs = System.nanoTime();
        LongStream seeds = single >= 0 ? LongStream.of(single) : LongStream.rangeClosed(1, SEEDS).parallel();
        seeds.forEach(seed -> {
            try {
                story(seed);
            } catch (RuntimeException | Error e) {
                if (single >= 0) {
                    e.printStackTrace();
                }
                failures.add("seed " + seed + ": " + e);
            }
        });
        System.out.println("salvage: seeds 1 to " + SEEDS + " in " + (System.nanoTime() - startNs) / 1_000_000 + " ms; "
            + situations.all());
        assertThat(failures.stream().sorted().limit(10)).as("failed seeds, of %d", failures.size()).isEmpty();
        if (single < 0 && SEEDS >= SEEDS_FULL) {
            assertThat(MUST_BE_MET).allSatisfy(name -> assertThat(situations.count(name)).as(name).isGreaterThanOrEqualTo(MET_MIN));
        }
    }

    /** One log, damaged in several ways. */
    private void story(long seed) {
        SalvageStory story = new SalvageStory(seed);
        story.write();
        Map<String, byte[]> before = story.files(SimulatedLog.DIRECTORY);
        if (!before.containsKey("MANIFEST")) {
            situations.add("the power went before there was a log", 1);
            return;
        }
        WrittenLog log = new WrittenLog(before);
        for (int i = 0; i < CASES; i++) {
            run(story.fork(i), i, log, before);
        }
    }

    private void run(SalvageStory story, int damages, WrittenLog log, Map<String, byte[]> before) {
        for (int i = damages; i > 0; i--) {
            story.damage();
        }
        Map<String, byte[]> after = story.files(SimulatedLog.DIRECTORY);
        SalvageOracle oracle = new SalvageOracle(log, before, after, story.unreadable());
        SalvageReport report;
        try {
            report = story.salvage(SalvageOptions.defaults().withPresumedLinks(true));
        } catch (UnsalvageableException | NoLogException e) {
            situations.add("refused", 1);
            assertThat(oracle.isNamed()).as(e.getMessage()).isFalse();
            return;
        }
        Map<String, byte[]> now = story.files(SimulatedLog.DIRECTORY);
        assertThat(now.keySet()).as("the source is not changed").isEqualTo(after.keySet());
        now.forEach((name, bytes) -> assertThat(Arrays.equals(bytes, after.get(name))).as("%s is not changed", name).isTrue());
        List<Written> salvaged = story.salvaged();
        compare(salvaged, oracle, report);
        checkHoles(log, oracle, salvaged, report);
        situations.add("salvaged", 1);
        situations.add(damages == 0, "undamaged");
        situations.add(report.found().islands().size() > log.segments().size(), "more islands than segments");
        situations.add(report.found().islands().stream().anyMatch(island -> !island.isHeaderFound()), "header put together");
        situations.add(!report.found().leftOut().isEmpty(), "batches left out");
        situations.add(report.isMoreMissing(), "unknown number missing");
        situations.add(report.recordsMissing() > 0, "known number missing");
        if (damages == 0) {
            assertThat(report.isComplete()).as("an undamaged log has no hole").isTrue();
            assertThat(report.records()).isEqualTo(log.records().size());
        }
    }

    private static void compare(List<Written> salvaged, SalvageOracle oracle, SalvageReport report) {
        List<Batch> expected = oracle.expected(salvaged);
        List<String> wanted = new ArrayList<>();
        expected.forEach(batch -> batch.records().forEach(record -> wanted.add(record.toString())));
        assertThat(salvaged.stream().map(Written::toString).toList()).as("%s; %s; %s; %s", report.found().holes(), report.found().leftOut(),
            report.found().notes(), oracle).isEqualTo(wanted);
        assertThat(report.records()).isEqualTo(wanted.size());
        assertThat(report.batches()).isEqualTo(expected.size());
    }

    /** Every batch of the log that did not come out lies in a part of a hole, or is named as left out. */
    private static void checkHoles(WrittenLog log, SalvageOracle oracle, List<Written> salvaged, SalvageReport report) {
        List<Batch> expected = oracle.expected(salvaged);
        for (WrittenLog.Segment segment : log.segments()) {
            for (Batch batch : segment.batches()) {
                if (batch.hasRecords() && batch.isLive() && !expected.contains(batch) && oracle.isKnown(batch)) {
                    long at = (long) batch.block() * segment.blockSize();
                    boolean isInHole = report.found().holes().stream().flatMap(hole -> hole.parts().stream())
                        .anyMatch(part -> part.segment() == batch.segment() && (part.fromByte() == 0 || oracle.isCutOff(batch)
                            || (part.fromByte() <= at && part.toByte() > at)));
                    boolean isLeftOut = report.found().leftOut().stream().anyMatch(left -> left.segment() == batch.segment()
                        && left.firstBatch() <= batch.number() && left.lastBatch() >= batch.number());
                    assertThat(isInHole || isLeftOut)
                        .as("batch %d of segment %d; %s; %s; %s; %s", batch.number(), batch.segment(), report.found().holes(),
                            report.found().leftOut(), report.found().notes(), oracle)
                        .isTrue();
                }
            }
        }
        for (Hole hole : report.found().holes()) {
            boolean isLast = hole.island() == report.found().islands().size();
            long missing = log.segments().stream().flatMap(segment -> segment.batches().stream())
                .filter(batch -> batch.isLive() && (!isLast || oracle.isKnown(batch))).flatMap(batch -> batch.records().stream())
                .filter(record -> record.lsn() >= hole.fromLsn() && record.lsn() < hole.toLsn()).count();
            if (hole.records() >= 0) {
                assertThat(hole.records()).as("%s of %s; %s; %s", hole, report.found().holes(), report.found().leftOut(), oracle)
                    .isEqualTo(missing);
            }
        }
    }
}
