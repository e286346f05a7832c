package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.segment.SegmentStarter;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A log is looked at while its writer is at work, in this very moment: between one read and the next. */
@Timeout(120)
class LiveInspectionTest {
    private static final int BLOCK = 4096;

    private final LogFixture log = LogFixture.simulated(31);

    @Test
    void aLogThatIsBeingWrittenIsWholeUpToWhatIsKnownToBeSynced() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.append("b");
        writer.append(1, "not known to be synced");
        Inspection inspection = log.inspect();
        assertThat(inspection.report().verdict()).isEqualTo(Verdict.LIVE);
        assertThat(inspection.chain().endLsn()).isEqualTo(2L * BLOCK);
        assertThat(log.read(inspection.chain(), 0)).containsExactly("a");
        writer.anchor();
        assertThat(log.read()).hasSize(3);
    }

    @Test
    void lookingTakesNoLockAndChangesNothing() {
        log.open().append("a");
        log.crash();
        List<byte[]> before = new ArrayList<>();
        List<String> names = log.damage().names();
        names.forEach(name -> before.add(log.damage().bytes(name)));
        log.inspect(true, (_, _) -> {
            try (AutoCloseable lock = log.disk().openDirectory(Path.of("log"), false).tryLock(SegmentName.LOCK)) {
                assertThat(lock).isNotNull();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(log.damage().names()).isEqualTo(names);
        for (int i = 0; i < names.size(); i++) {
            assertThat(log.damage().bytes(names.get(i))).as(names.get(i)).isEqualTo(before.get(i));
        }
    }

    /** Lets something happen between two reads of an inspection. */
    private Inspection inspectWhile(boolean walkAll, int reads, Runnable action) {
        int[] seen = new int[1];
        return log.inspect(walkAll, (_, _) -> {
            if (++seen[0] == reads) {
                action.run();
            }
        });
    }

    @Test
    void whatIsWrittenBetweenWalkAndEvidenceIsNotTakenForDamage() {
        for (int reads = 1; reads < 12; reads++) {
            LogFixture other = LogFixture.simulated(32 + reads);
            TestWriter writer = other.open();
            List<String> written = new ArrayList<>();
            append(writer, written, 3);
            List<String> durable = List.copyOf(written.subList(0, 2));
            int[] seen = new int[1];
            int at = reads;
            Inspection inspection = other.inspect(true, (_, _) -> {
                if (++seen[0] >= at && writer.next().block() < LogFixture.SMALL.dataEndBlock()) {
                    append(writer, written, 1);
                }
            });
            assertThat(inspection.report().verdict()).as("%d reads: %s", reads, inspection.report()).isEqualTo(Verdict.LIVE);
            List<String> read = other.read(inspection.chain(), 0);
            assertThat(read).as("%d reads", reads).isEqualTo(written.subList(0, read.size())).startsWith(durable.toArray(String[]::new));
        }
    }

    @Test
    void evidenceThatIsNewerThanTheWalkIsWalkedAgain() {
        // Twenty chunks, of which eight are read ahead: what is written behind them meanwhile is seen by the search for evidence only.
        Geometry large = new Geometry(BLOCK, 1280, 2, 200);
        for (int reads = 1; reads < 24; reads++) {
            LogFixture other = LogFixture.simulated(new SimulatedDisk(90 + reads, DiskSettings.quiet()), large);
            TestWriter writer = other.open();
            writer.append("x".repeat(500_000));
            writer.append("y".repeat(500_000));
            int[] seen = new int[1];
            int at = reads;
            Inspection inspection = other.inspect(false, (_, _) -> {
                if (++seen[0] == at) {
                    for (int i = 0; i < 8; i++) {
                        writer.append("z".repeat(500_000));
                    }
                }
            });
            assertThat(inspection.report().verdict()).as("%d reads: %s", reads, inspection.report()).isEqualTo(Verdict.LIVE);
            assertThat(other.read(inspection.chain(), 0)).hasSizeBetween(1, 9);
            Evidence evidence = inspection.report().evidence();
            assertThat(evidence.later().headers() > 0).as("%d reads: %s", reads, evidence)
                .isEqualTo(evidence.later().highestBatch() > evidence.lastBatch());
        }
    }

    private static void append(TestWriter writer, List<String> written, int count) {
        for (int i = 0; i < count; i++) {
            String text = "record " + written.size();
            writer.append(text);
            written.add(text);
        }
    }

    @Test
    void rollsAndTrimsWhileItIsLookedAtDoNotLookLikeMissingSegments() {
        for (int reads = 1; reads < 16; reads++) {
            LogFixture other = LogFixture.simulated(50 + reads);
            TestWriter writer = other.open();
            List<String> written = new ArrayList<>();
            append(writer, written, 3);
            writer.roll();
            append(writer, written, 3);
            int[] seen = new int[1];
            int at = reads;
            Inspection inspection = other.inspect(true, (_, _) -> {
                if (++seen[0] == at) {
                    writer.roll();
                    append(writer, written, 2);
                    Manifest now = writer.manifest();
                    writer.writeManifest(new Manifest(now.logId(), now.generation() + 1, now.epoch(), 2,
                        now.highestSegment(), now.durable(), false));
                    other.damage().remove(LogFixture.SEGMENT_1);
                }
            });
            assertThat(inspection.report().verdict()).as("%d reads: %s", reads, inspection.report()).isEqualTo(Verdict.LIVE);
        }
    }

    @Test
    void aWriterThatOpensTheLogWhileItIsLookedAtIsNoticed() {
        TestWriter first = log.open();
        List<String> written = new ArrayList<>();
        append(first, written, 4);
        log.crash();
        Inspection inspection = inspectWhile(false, 4, () -> append(log.open(), written, 5));
        assertThat(inspection.report().verdict()).isEqualTo(Verdict.LIVE);
        List<String> read = log.read(inspection.chain(), 0);
        assertThat(read).isEqualTo(written.subList(0, read.size())).hasSizeGreaterThanOrEqualTo(4);
    }

    @Test
    void aSegmentThatIsBegunWhileItIsSearchedForBatchesHasNoBadHeader() {
        for (int reads = 1; reads < 16; reads++) {
            LogFixture other = LogFixture.simulated(70 + reads);
            TestWriter writer = other.open();
            List<String> written = new ArrayList<>();
            append(writer, written, 3);
            IoFile prepared = writer.prepareNext();
            int[] seen = new int[1];
            int at = reads;
            Inspection inspection = other.inspect(true, (_, _) -> {
                if (++seen[0] == at) {
                    BatchHeader seal = writer.seal();
                    writer.begin(prepared, SegmentStarter.afterSeal(writer.header(), seal, new SegmentStarter.NewLife(99,
                        writer.manifest().epoch(), writer.header().geometry(), writer.header().origin())));
                    append(writer, written, 3);
                }
            });
            assertThat(inspection.report().verdict()).as("%d reads: %s", reads, inspection.report()).isEqualTo(Verdict.LIVE);
            assertThat(other.read(inspection.chain(), 0)).as("%d reads", reads).startsWith("record 0", "record 1");
        }
    }

    @Test
    void aWriterThatCameAndWentWhileALogWasLookedAtLeavesNoDamageBehind() {
        // Twenty chunks, of which eight are read ahead.
        Geometry large = new Geometry(BLOCK, 1280, 2, 200);
        for (int reads = 1; reads < 24; reads++) {
            LogFixture other = LogFixture.simulated(new SimulatedDisk(130 + reads, DiskSettings.quiet()), large);
            TestWriter first = other.open();
            first.append("x".repeat(500_000));
            first.append("y".repeat(500_000));
            first.closeCleanly();
            int[] seen = new int[1];
            int at = reads;
            Inspection inspection = other.inspect(false, (_, _) -> {
                if (++seen[0] == at) {
                    TestWriter second = other.open();
                    for (int i = 0; i < 7; i++) {
                        second.append("z".repeat(500_000));
                    }
                    second.closeCleanly();
                }
            });
            assertThat(inspection.report().verdict()).as("%d reads: %s", reads, inspection.report()).isIn(Verdict.CLEAN, Verdict.LIVE);
            assertThat(other.read(inspection.chain(), 0)).as("%d reads", reads).hasSizeBetween(2, 9);
        }
    }

    @Test
    void aHeadThatIsDroppedAndUsedAgainWhileItIsLookedAtIsNotDamaged() {
        for (int reads = 1; reads < 24; reads++) {
            LogFixture other = LogFixture.simulated(170 + reads);
            TestWriter writer = other.open();
            List<String> written = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                append(writer, written, 4);
                writer.roll();
            }
            append(writer, written, 4);
            int[] seen = new int[1];
            int at = reads;
            Inspection inspection = other.inspect(true, (_, _) -> {
                if (++seen[0] == at) {
                    Manifest now = writer.manifest();
                    writer.writeManifest(new Manifest(now.logId(), now.generation() + 1, now.epoch(), 3,
                        now.highestSegment(), now.durable(), false));
                    for (int block = 0; block < LogFixture.SMALL.blockCount(); block++) {
                        other.damage().garbleBlock(LogFixture.SEGMENT_1, block);
                    }
                    other.damage().remove(LogFixture.SEGMENT_2);
                }
            });
            assertThat(inspection.report().verdict()).as("%d reads: %s", reads, inspection.report()).isEqualTo(Verdict.LIVE);
            assertThat(other.read(inspection.chain(), LogFixture.SMALL.length() * 2)).contains("record 8", "record 12");
        }
    }

    @Test
    void damageIsFoundUnderAWriterThatRollsAllTheTime() {
        TestWriter writer = log.open();
        BatchHeader damaged = writer.append("a");
        for (int i = 0; i < 6; i++) {
            writer.append("b");
            writer.roll();
        }
        log.damage().flipBit(LogFixture.SEGMENT_1, (long) damaged.content().block() * BLOCK + 200, 0);
        int[] seen = new int[1];
        Inspection inspection = log.inspect(true, (_, _) -> {
            if (++seen[0] % 9 == 0) {
                writer.roll();
                writer.append("d");
            }
        });
        assertThat(inspection.report().verdict()).as(inspection.report().detail()).isEqualTo(Verdict.CORRUPT);
    }

    @Test
    void progressDoesNotGoBackWhenTheLogHasMovedOn() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.roll();
        writer.append("b");
        List<Long> told = new ArrayList<>();
        Inspection inspection = log.inspect(true, (done, total) -> {
            told.add(done);
            assertThat(total).isGreaterThanOrEqualTo(done);
            if (told.size() == 3) {
                writer.roll();
                writer.append("c");
                Manifest now = writer.manifest();
                writer.writeManifest(new Manifest(now.logId(), now.generation() + 1, now.epoch(), 2,
                    now.highestSegment(), now.durable(), false));
                log.damage().remove(LogFixture.SEGMENT_1);
            }
        });
        assertThat(inspection.report().verdict()).isEqualTo(Verdict.LIVE);
        assertThat(told).isSorted();
        assertThat(inspection.report().counts().bytesRead()).isLessThanOrEqualTo(told.getLast());
    }

    @Test
    void damageIsFoundUnderARunningWriter() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader damaged = writer.append("b");
        writer.append("c");
        log.damage().flipBit(LogFixture.SEGMENT_1, (long) damaged.content().block() * BLOCK + 200, 0);
        Inspection inspection = log.inspect();
        assertThat(inspection.report().verdict()).isEqualTo(Verdict.CORRUPT);
        assertThat(log.read(inspection.chain(), 0)).containsExactly("a");
        // Even if the writer goes on meanwhile.
        Inspection again = inspectWhile(true, 5, () -> writer.append("d"));
        assertThat(again.report().verdict()).isEqualTo(Verdict.CORRUPT);
        assertThat(again.report().evidence().lastBatch()).isEqualTo(1);
    }

    @Test
    void aMissingSegmentIsMissedUnderARunningWriter() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.roll();
        writer.append("b");
        log.damage().remove(LogFixture.SEGMENT_1);
        assertThat(log.inspect().report().verdict()).isEqualTo(Verdict.SEGMENT_MISSING);
    }

    @Test
    void progressIsToldAndNeverGoesBack() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.roll();
        writer.append("b");
        log.crash();
        List<Long> told = new ArrayList<>();
        Inspection inspection = log.inspect(true, (done, total) -> {
            told.add(done);
            assertThat(total).isGreaterThanOrEqualTo(done);
        });
        assertThat(told).isSorted().isNotEmpty();
        assertThat(inspection.report().counts().bytesRead()).isEqualTo(told.getLast());
        assertThat(inspection.report().counts().segments()).isEqualTo(2);
    }
}
