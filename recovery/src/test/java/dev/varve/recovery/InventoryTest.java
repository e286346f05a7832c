package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.segment.SegmentStarter;
import dev.varve.engine.segment.UnsupportedVersionException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What may be wrong with manifest, files and headers before any batch is looked at. */
class InventoryTest {
    private static final int BLOCK = 4096;
    private static final long COPY = 15L * BLOCK;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final LogFixture log = LogFixture.simulated(2);

    /** Three segments: a1 a2 | b1 | c1. */
    @BeforeEach
    void write() {
        TestWriter writer = log.open();
        writer.append("a1");
        writer.append("a2");
        writer.roll();
        writer.append("b1");
        writer.roll();
        writer.append("c1");
        writer.anchor();
        log.crash();
    }

    private RecoveryReport says(Verdict verdict) {
        RecoveryReport report = log.inspect().report();
        assertThat(report.verdict()).as(report.detail()).isEqualTo(verdict);
        assertThat(log.refusal().verdict()).isEqualTo(verdict);
        return report;
    }

    private RecoveryReport opens() {
        RecoveryReport report = log.inspect().report();
        assertThat(report.verdict()).as(report.detail()).isEqualTo(Verdict.CRASH_TAIL);
        log.open();
        log.crash();
        assertThat(log.read()).containsExactly("a1", "a2", "b1", "c1");
        return report;
    }

    /** Makes the version another one, with a good checksum. */
    private void bumpVersion(String name, long offset, int crcOffset) {
        MemorySegment bytes = MemorySegment.ofArray(log.damage().bytes(name)).asSlice(offset, 512);
        bytes.set(SHORT, ManifestDescriptor.VERSION_OFFSET, (short) (SegmentHeaderDescriptor.VERSION + 1));
        bytes.set(INT, crcOffset, Checksum.of(bytes, 0, crcOffset));
        log.damage().overwrite(name, offset, bytes.toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void anUndamagedLogHasNoWarnings() {
        assertThat(opens().warnings()).isEmpty();
    }

    @Test
    void anEmptyDirectoryHoldsNoLog() {
        LogFixture empty = LogFixture.simulated(3);
        empty.disk().openDirectory(Path.of("log"), true).close();
        assertThatThrownBy(empty::inspect).isInstanceOf(NoLogException.class);
        assertThat(empty.damage().names()).isEmpty();
    }

    @Test
    void segmentsWithoutAManifestAreNotTakenForANewLog() {
        log.damage().remove(SegmentName.MANIFEST);
        says(Verdict.BAD_MANIFEST);
        assertThat(log.damage().names()).contains(LogFixture.SEGMENT_1, LogFixture.SEGMENT_2, LogFixture.SEGMENT_3);
    }

    @Test
    void oneSegmentWithBatchesAndWithoutAManifestIsNotTakenForAnUnfinishedCreation() {
        LogFixture single = LogFixture.simulated(4);
        single.open().append("kept");
        single.crash();
        single.damage().remove(SegmentName.MANIFEST);
        destroyHeaders(single);
        assertThat(single.inspect().report().verdict()).isEqualTo(Verdict.BAD_MANIFEST);
        assertThat(single.refusal().verdict()).isEqualTo(Verdict.BAD_MANIFEST);
        assertThat(single.damage().names()).contains(LogFixture.SEGMENT_1);
    }

    private static void destroyHeaders(LogFixture other) {
        other.damage().garbleBlock(LogFixture.SEGMENT_1, 0);
        other.damage().garbleBlock(LogFixture.SEGMENT_1, 15);
    }

    @Test
    void aManifestWithoutAValidSlotIsRefused() {
        log.damage().garbleBlock(SegmentName.MANIFEST, 0);
        log.damage().garbleBlock(SegmentName.MANIFEST, 16);
        RecoveryReport report = says(Verdict.BAD_MANIFEST);
        assertThat(report.warnings()).hasSize(2).noneMatch(warning -> warning.contains("normal after a crash"));
    }

    @Test
    void oneTornSlotIsNormalAfterACrash() {
        for (int slot = 0; slot < 2; slot++) {
            LogFixture copy = log.fork();
            copy.damage().garbleBlock(SegmentName.MANIFEST, slot * 16L);
            assertThat(copy.inspect().report().warnings()).hasSize(1).first().asString().contains("normal after a crash");
        }
    }

    @Test
    void aSlotOfZerosIsNotPassedOverInSilence() {
        long newest = log.inspect().manifest().generation();
        log.damage().zeroBlock(SegmentName.MANIFEST, ((newest + 1) & 1) * 16);
        assertThat(opens().warnings()).hasSize(1).first().asString().contains("never written");
    }

    @Test
    void aManifestCutToItsFirstSlotIsNotCalledNormal() {
        log.damage().truncateTo(SegmentName.MANIFEST, BLOCK);
        assertThat(log.inspect().report().warnings()).anyMatch(warning -> warning.contains("cut short"))
            .noneMatch(warning -> warning.contains("normal after a crash"));
    }

    @Test
    void aManifestThatIsCutToNothingIsRefused() {
        log.damage().truncateTo(SegmentName.MANIFEST, 0);
        says(Verdict.BAD_MANIFEST);
    }

    @Test
    void theOlderSlotIsNotMissed() {
        long newest = log.inspect().manifest().generation();
        log.damage().garbleBlock(SegmentName.MANIFEST, ((newest + 1) & 1) * 16);
        assertThat(opens().warnings()).hasSize(1);
    }

    @Test
    void anUnreadableSlotMayBeTheNewerOne() {
        log.damage().unreadable(SegmentName.MANIFEST, 0, BLOCK);
        says(Verdict.UNREADABLE);
    }

    @Test
    void aManifestOfANewerVersionIsNotCalledDamaged() {
        long newest = log.inspect().manifest().generation();
        bumpVersion(SegmentName.MANIFEST, ManifestDescriptor.slotOffset(newest), ManifestDescriptor.CRC_OFFSET);
        assertThatThrownBy(log::inspect).isInstanceOf(UnsupportedVersionException.class);
        assertThatThrownBy(log::open).isInstanceOf(UnsupportedVersionException.class);
    }

    @Test
    void aSegmentOfANewerVersionIsNotCalledDamaged() {
        bumpVersion(LogFixture.SEGMENT_2, 0, SegmentHeaderDescriptor.CRC_OFFSET);
        assertThatThrownBy(log::inspect).isInstanceOf(UnsupportedVersionException.class);
        log.damage().garbleBlock(LogFixture.SEGMENT_2, 0);
        bumpVersion(LogFixture.SEGMENT_2, COPY, SegmentHeaderDescriptor.CRC_OFFSET);
        assertThatThrownBy(log::open).isInstanceOf(UnsupportedVersionException.class);
    }

    @Test
    void everyMissingSegmentIsMissed() {
        for (String name : List.of(LogFixture.SEGMENT_1, LogFixture.SEGMENT_2, LogFixture.SEGMENT_3)) {
            LogFixture copy = log.fork();
            copy.damage().remove(name);
            RecoveryReport report = copy.inspect().report();
            assertThat(report.verdict()).as(name).isEqualTo(Verdict.SEGMENT_MISSING);
            assertThat(report.detail()).contains(name);
            assertThat(copy.refusal().verdict()).isEqualTo(Verdict.SEGMENT_MISSING);
        }
    }

    @Test
    void whatLiesBeforeAMissingSegmentCanBeRead() {
        log.damage().remove(LogFixture.SEGMENT_3);
        assertThat(log.read()).containsExactly("a1", "a2", "b1");
        log.damage().remove(LogFixture.SEGMENT_2);
        assertThat(log.read()).containsExactly("a1", "a2");
    }

    @Test
    void anotherSegmentsFileUnderALinkedNameIsForeign() {
        log.damage().copyFile(LogFixture.SEGMENT_1, LogFixture.SEGMENT_2);
        assertThat(says(Verdict.SEGMENT_FOREIGN).detail()).contains(LogFixture.SEGMENT_2, "segment 1 of log");
        assertThat(log.read()).containsExactly("a1", "a2");
    }

    @Test
    void anotherLogsFileIsForeignEvenAsTheHighest() {
        LogFixture other = LogFixture.simulated(5);
        other.open();
        other.crash();
        byte[] foreign = other.damage().bytes(LogFixture.SEGMENT_1);
        for (String name : List.of(LogFixture.SEGMENT_1, LogFixture.SEGMENT_3, "0000000000000009.varve")) {
            LogFixture copy = log.fork();
            copy.damage().restore(name, foreign);
            if (name.equals(LogFixture.SEGMENT_3)) {
                copy.damage().garbleBlock(name, 15);
            }
            assertThat(copy.inspect().report().verdict()).as(name).isEqualTo(Verdict.SEGMENT_FOREIGN);
            assertThat(copy.refusal().verdict()).isEqualTo(Verdict.SEGMENT_FOREIGN);
        }
    }

    @Test
    void eitherCopyOfAHeaderIsEnough() {
        for (String name : List.of(LogFixture.SEGMENT_1, LogFixture.SEGMENT_2, LogFixture.SEGMENT_3)) {
            for (int block : new int[] {0, 15}) {
                for (int errorKind = 0; errorKind < 3; errorKind++) {
                    LogFixture copy = log.fork();
                    switch (errorKind) {
                        case 0 -> copy.damage().garbleBlock(name, block);
                        case 1 -> copy.damage().zeroBlock(name, block);
                        default -> copy.damage().unreadable(name, (long) block * BLOCK, BLOCK);
                    }
                    Inspection inspection = copy.inspect(true);
                    assertThat(inspection.report().verdict()).as(name + " block " + block).isEqualTo(Verdict.CRASH_TAIL);
                    assertThat(inspection.report().warnings()).hasSize(1).first().asString().contains(name);
                    assertThat(copy.read()).containsExactly("a1", "a2", "b1", "c1");
                }
            }
        }
    }

    @Test
    void aCopyThatIsStillAnEarlierLifesDoesNotCount() {
        LogFixture twice = LogFixture.simulated(14);
        twice.open();
        twice.crash();
        byte[] earlier = Arrays.copyOfRange(twice.damage().bytes(LogFixture.SEGMENT_1), (int) COPY, (int) COPY + BLOCK);
        twice.open().append("kept");
        twice.crash();
        twice.damage().overwrite(LogFixture.SEGMENT_1, COPY, earlier);
        assertThat(twice.inspect().report().warnings()).hasSize(1).first().asString().contains("earlier life");
        assertThat(twice.read()).containsExactly("kept");
    }

    @Test
    void aHeaderWithoutAWholeCopyIsBad() {
        for (String name : List.of(LogFixture.SEGMENT_1, LogFixture.SEGMENT_2, LogFixture.SEGMENT_3)) {
            LogFixture copy = log.fork();
            copy.damage().garbleBlock(name, 0);
            copy.damage().zeroBlock(name, 15);
            assertThat(copy.inspect().report().verdict()).as(name).isEqualTo(Verdict.BAD_HEADER);
            assertThat(copy.refusal().verdict()).isEqualTo(Verdict.BAD_HEADER);
        }
    }

    @Test
    void aHeaderThatCannotBeReadCanBeTriedAgain() {
        for (String name : List.of(LogFixture.SEGMENT_1, LogFixture.SEGMENT_3)) {
            LogFixture copy = log.fork();
            copy.damage().unreadable(name, 0, 512);
            copy.damage().garbleBlock(name, 15);
            assertThat(copy.inspect().report().verdict()).as(name).isEqualTo(Verdict.UNREADABLE);
        }
    }

    @Test
    void aBegunSegmentWithoutHeadersIsBadEvenIfNothingButABatchTellsIt() {
        LogFixture unanchored = LogFixture.simulated(6);
        TestWriter writer = unanchored.open();
        writer.append("a");
        writer.roll();
        writer.append("b");
        unanchored.crash();
        unanchored.damage().garbleBlock(LogFixture.SEGMENT_2, 0);
        unanchored.damage().garbleBlock(LogFixture.SEGMENT_2, 15);
        assertThat(unanchored.refusal().verdict()).isEqualTo(Verdict.BAD_HEADER);
    }

    @Test
    void aSegmentBeyondTheManifestShowsThatTheManifestIsOld() {
        LogFixture young = LogFixture.simulated(7);
        TestWriter writer = young.open();
        writer.append("a");
        young.crash();
        byte[] old = young.damage().bytes(SegmentName.MANIFEST);
        // The first opening continues nothing, it begins segment 2 by decree.
        young.open().append("b");
        young.crash();
        young.damage().restore(SegmentName.MANIFEST, old);
        assertThat(young.inspect().report().verdict()).isEqualTo(Verdict.BAD_MANIFEST);
        assertThat(young.refusal().detail()).contains(LogFixture.SEGMENT_2);
    }

    @Test
    void aLogWhoseLowestSegmentNobodyLinksIsMissingSomething() {
        TestWriter writer = log.open();
        Manifest manifest = writer.manifest();
        SegmentHeader ended = writer.header();
        writer.writeManifest(new Manifest(manifest.logId(), manifest.generation() + 1, manifest.epoch(), ended.segment() + 1,
            ended.segment() + 2, manifest.durable(), false));
        IoFile file = writer.recovered().directory().directory().create(SegmentName.of(ended.segment() + 2), ended.geometry().length());
        Predecessor end = SegmentStarter.endedAt(Predecessor.Kind.TRUNCATE, ended, writer.next(), 0);
        writer.begin(file, SegmentStarter.byDecree(ended.logId(), end, new SegmentStarter.Base(ended.segment() + 2, ended.limitLsn(),
            writer.next().batch() + 9), new SegmentStarter.NewLife(1, manifest.epoch(), ended.geometry(), ended.origin())));
        log.crash();
        says(Verdict.SEGMENT_MISSING);
    }

    @Test
    void aLogBeginsAtTheLowestSegmentThatTheManifestNames() {
        TestWriter writer = log.open();
        Manifest manifest = writer.manifest();
        writer.writeManifest(new Manifest(manifest.logId(), manifest.generation() + 1, manifest.epoch(), 2, manifest.highestSegment(),
            manifest.durable(), false));
        log.crash();
        assertThat(log.inspect().report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        assertThat(log.read()).containsExactly("b1", "c1");
    }

    @Test
    void aPreparedSegmentIsNoPartOfTheLogYet() {
        TestWriter writer = log.open();
        writer.append("d1");
        writer.prepareNext().close();
        writer.anchor();
        log.crash();
        assertThat(log.inspect().report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        long prepared = log.inspect().manifest().highestSegment();
        TestWriter next = log.open();
        assertThat(next.header().segment()).isEqualTo(prepared);
        // Places may have been given out in its whole range.
        assertThat(next.header().baseLsn()).isEqualTo(2 * LogFixture.SMALL.length() + next.segments().get(3).baseLsn());
        log.crash();
        assertThat(log.read()).containsExactly("a1", "a2", "b1", "c1", "d1");
    }

    @Test
    void wrongLengthsAreSaidAndNoMore() {
        log.damage().truncateTo(LogFixture.SEGMENT_2, 17L * BLOCK);
        log.damage().truncateTo(LogFixture.SEGMENT_3, 3L * BLOCK);
        assertThat(opens().warnings()).hasSize(3);
    }

    @Test
    void whatLiesBehindASegmentIsCountedAndIgnored() {
        for (String name : List.of(LogFixture.SEGMENT_1, LogFixture.SEGMENT_2, LogFixture.SEGMENT_3)) {
            LogFixture copy = log.fork();
            copy.damage().truncateTo(name, 18L * BLOCK);
            copy.damage().garbleBlock(name, 16);
            for (boolean walkAll : new boolean[] {false, true}) {
                Inspection inspection = copy.inspect(walkAll);
                assertThat(inspection.report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
                assertThat(inspection.report().warnings()).hasSize(1).first().asString()
                    .contains(name, "longer than its header says: 8192 bytes ignored");
            }
            assertThat(copy.read()).containsExactly("a1", "a2", "b1", "c1");
        }
    }

    @Test
    void aSegmentCutThroughAcknowledgedBatchesIsCorrupt() {
        log.damage().truncateTo(LogFixture.SEGMENT_3, 1L * BLOCK + 300);
        says(Verdict.CORRUPT);
        log.damage().truncateTo(LogFixture.SEGMENT_2, 2L * BLOCK);
        says(Verdict.CORRUPT);
    }

    @Test
    void batchesOfAnotherSegmentDoNotMakeAPreparedOneBegun() {
        LogFixture prepared = LogFixture.simulated(9);
        TestWriter writer = prepared.open();
        writer.append("a");
        writer.prepareNext().close();
        prepared.crash();
        prepared.damage().copyBlock(LogFixture.SEGMENT_1, 1, LogFixture.SEGMENT_2, 1);
        assertThat(prepared.inspect().report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        assertThat(prepared.open().header().segment()).isEqualTo(2);
        assertThat(prepared.read()).containsExactly("a");
    }

    @Test
    void strangeNamesAreLeftAlone() {
        for (String name : List.of("notes.txt", "1.varve", "000000000000000A.varve", "MANIFEST.old")) {
            log.damage().restore(name, new byte[10]);
        }
        assertThat(opens().warnings()).hasSize(2).allMatch(warning -> warning.contains(".varve"));
        assertThat(log.damage().names()).contains("notes.txt", "1.varve", "000000000000000A.varve", "MANIFEST.old");
    }

    @Test
    void leftoversBelowTheLowestSegmentAreNotLookedAtAndTheNextOpeningGivesThemUp() {
        TestWriter writer = log.open();
        Manifest manifest = writer.manifest();
        writer.writeManifest(new Manifest(manifest.logId(), manifest.generation() + 1, manifest.epoch(), 2, manifest.highestSegment(),
            manifest.durable(), false));
        log.crash();
        log.damage().garbleBlock(LogFixture.SEGMENT_1, 0);
        log.damage().garbleBlock(LogFixture.SEGMENT_1, 15);
        assertThat(log.read()).containsExactly("b1", "c1");
        assertThat(log.inspect().report().warnings()).isEmpty();
        log.open();
        log.crash();
        assertThat(log.damage().names()).doesNotContain(LogFixture.SEGMENT_1);
    }

    @Test
    void aHeaderThatOnlyLiesInTheLastBlockOfACutFileIsNotItsCopy() {
        log.open().append("a");
        log.crash();
        byte[] header = Arrays.copyOf(log.damage().bytes(LogFixture.SEGMENT_1), BLOCK);
        log.damage().overwrite(LogFixture.SEGMENT_1, 9L * BLOCK, header);
        log.damage().truncateTo(LogFixture.SEGMENT_1, 10L * BLOCK);
        log.damage().zeroBlock(LogFixture.SEGMENT_1, 0);
        assertThat(log.inspect().report().verdict()).isEqualTo(Verdict.BAD_HEADER);
    }
}
