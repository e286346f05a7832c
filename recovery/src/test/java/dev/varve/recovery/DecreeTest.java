package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.PowerCutException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What recovery writes: the next segment, the manifest, and nothing else. */
class DecreeTest {
    private static final int BLOCK = 4096;
    private static final int K = LogFixture.SMALL.unsyncedMax();

    private final LogFixture log = LogFixture.simulated(8);

    @Test
    void theNextSegmentDeclaresWhereTheCrashedOneEnds() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader last = writer.append("b", "c");
        long endLsn = writer.endLsn();
        BatchHeader torn = writer.append(2, "torn");
        writer.append(2, "behind");
        log.crash();
        log.damage().flipBit(LogFixture.SEGMENT_1, (long) torn.content().block() * BLOCK + 300, 1);
        TestWriter next = log.open();
        SegmentHeader header = next.header();
        assertThat(header.segment()).isEqualTo(2);
        assertThat(header.predecessor())
            .isEqualTo(new Predecessor(Predecessor.Kind.CRASH, 1, 2, last.content().block(), last.chain(), endLsn, 4));
        assertThat(header.baseLsn()).isEqualTo(LogFixture.SMALL.length());
        assertThat(header.baseBatch()).isEqualTo(4 + K + 1);
        assertThat(header.baseSequence()).isEqualTo(4);
        assertThat(header.epoch()).isEqualTo(2);
        Manifest manifest = next.manifest();
        assertThat(manifest.highestSegment()).isEqualTo(2);
        assertThat(manifest.epoch()).isEqualTo(2);
        assertThat(manifest.durable()).isEqualTo(new Manifest.DurablePlace(2, 1, last.content().block(), last.chain()));
        assertThat(next.next().batch()).isEqualTo(header.baseBatch());
        assertThat(next.next().sequence()).isEqualTo(4);
    }

    @Test
    void bothSlotsOfTheManifestSaySo() {
        log.open().append("a");
        log.crash();
        long generation = log.open().manifest().generation();
        log.crash();
        log.damage().garbleBlock(SegmentName.MANIFEST, (generation & 1) * 16);
        Manifest older = log.inspect().manifest();
        assertThat(older.generation()).isEqualTo(generation - 1);
        assertThat(older.highestSegment()).isEqualTo(2);
        assertThat(older.epoch()).isEqualTo(2);
    }

    @Test
    void bothSlotsForgetTheCleanCloseBeforeAnythingIsAppended() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.closeCleanly();
        long generation = log.open().manifest().generation();
        log.crash();
        log.damage().garbleBlock(SegmentName.MANIFEST, (generation & 1) * 16);
        Manifest older = log.inspect().manifest();
        assertThat(older.generation()).isEqualTo(generation - 1);
        assertThat(older.cleanClose()).isFalse();
        assertThat(older.epoch()).isEqualTo(2);
    }

    @Test
    void whatRecoveryHasShownIsNotLostByALaterPowerCut() {
        TestWriter writer = log.open();
        writer.append("synced");
        writer.appendWithoutSync("in the device's cache");
        log.disk().kill();
        log.open();
        assertThat(log.read()).containsExactly("synced", "in the device's cache");
        log.disk().crash(CrashMode.DROP_UNSYNCED);
        assertThat(log.read()).containsExactly("synced", "in the device's cache");
    }

    @Test
    void theCrashedSegmentIsDurableBeforeAnythingSaysWhereItEnds() {
        boolean isCut = true;
        for (long step = 1; isCut; step++) {
            LogFixture killed = LogFixture.simulated(8);
            TestWriter writer = killed.open();
            writer.append("synced");
            writer.appendWithoutSync("in the device's cache");
            killed.disk().kill();
            killed.disk().crashAtStep(killed.disk().steps() + step);
            try {
                killed.open();
            } catch (PowerCutException _) {
                assertThat(killed.disk().isStopped()).isTrue();
            }
            isCut = killed.disk().isStopped();
            killed.disk().crashAtStep(Long.MAX_VALUE);
            killed.disk().crash(CrashMode.DROP_UNSYNCED);
            Inspection inspection = killed.inspect(true);
            assertThat(inspection.report().verdict()).as("cut at step %d: %s", step, inspection.report()).isEqualTo(Verdict.CRASH_TAIL);
            assertThat(killed.read()).as("cut at step %d", step).startsWith("synced");
        }
    }

    @Test
    void theCrashedSegmentIsNotTouched() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader torn = writer.append("torn");
        log.crash();
        log.damage().flipBit(LogFixture.SEGMENT_1, (long) torn.content().block() * BLOCK + 300, 1);
        byte[] before = log.damage().bytes(LogFixture.SEGMENT_1);
        log.open().append("b");
        log.crash();
        assertThat(log.damage().bytes(LogFixture.SEGMENT_1)).isEqualTo(before);
    }

    @Test
    void crashesAtStartUpDoNotPileUpSegments() {
        log.open().append("a");
        log.crash();
        long baseLsn = 0;
        long baseBatch = 0;
        long salt = 0;
        for (int i = 0; i < 5; i++) {
            SegmentHeader header = log.open().header();
            assertThat(header.segment()).isEqualTo(2);
            assertThat(header.baseLsn()).isGreaterThan(baseLsn);
            assertThat(header.baseBatch()).isGreaterThan(baseBatch);
            assertThat(header.salt()).isNotEqualTo(salt);
            assertThat(header.predecessor().segment()).isEqualTo(1);
            baseLsn = header.baseLsn();
            baseBatch = header.baseBatch();
            salt = header.salt();
            log.crash();
            assertThat(log.read()).containsExactly("a");
        }
        assertThat(log.damage().names())
            .containsExactly(LogFixture.SEGMENT_1, LogFixture.SEGMENT_2, SegmentName.LOCK, SegmentName.MANIFEST);
    }

    @Test
    void lsnsAndBatchNumbersAreNeverGivenAgain() {
        long lsn = 0;
        long batch = 0;
        for (int i = 0; i < 8; i++) {
            TestWriter writer = log.open();
            assertThat(writer.endLsn()).isGreaterThan(lsn);
            assertThat(writer.next().batch()).isGreaterThan(batch);
            BatchHeader hole = writer.append("hole " + i);
            writer.append(writer.next().lastBatch() - 1, "behind " + i);
            lsn = writer.endLsn();
            batch = writer.next().lastBatch();
            String name = SegmentName.of(writer.header().segment());
            log.crash();
            if (i % 2 == 0) {
                log.damage().zeroBlock(name, hole.content().block());
            }
        }
        assertThat(log.read()).containsExactly("hole 1", "behind 1", "hole 3", "behind 3", "hole 5", "behind 5", "hole 7", "behind 7");
    }

    @Test
    void otherMeasuresAreTakenOnInTheNextSegment() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.closeCleanly();
        for (Geometry other : List.of(new Geometry(BLOCK, 16, 3, 4), new Geometry(BLOCK, 16, 2, 5), new Geometry(8192, 16, 2, 4))) {
            LogFixture copy = log.fork().with(other);
            TestWriter next = copy.open();
            assertThat(next.recovered().report().verdict()).isEqualTo(Verdict.CLEAN);
            assertThat(next.header().segment()).as(other.toString()).isEqualTo(2);
            assertThat(next.header().geometry()).isEqualTo(other);
            next.append("b");
            next.closeCleanly();
            assertThat(copy.read()).containsExactly("a", "b");
        }
    }

    @Test
    void smallerBatchesAndAnotherLengthDoNotEndASegmentThatWasClosedCleanly() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.closeCleanly();
        assertThat(log.with(new Geometry(BLOCK, 32, 2, 3)).open().header().segment()).isEqualTo(1);
    }

    @Test
    void aSegmentThatLostBlocksIsNotContinued() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.closeCleanly();
        log.damage().truncateTo(LogFixture.SEGMENT_1, 5L * BLOCK);
        TestWriter next = log.open();
        assertThat(next.recovered().report().verdict()).isEqualTo(Verdict.CLEAN);
        assertThat(next.header().segment()).isEqualTo(2);
    }

    @Test
    void aFullSegmentThatWasClosedCleanlyIsNotContinued() {
        TestWriter writer = log.open();
        for (int i = 0; i < 12; i++) {
            writer.append("x" + i);
        }
        writer.closeCleanly();
        TestWriter next = log.open();
        assertThat(next.header().segment()).isEqualTo(2);
        next.append("y");
        next.closeCleanly();
        assertThat(log.read()).hasSize(13);
    }

    @Test
    void aSealedSegmentWithoutASuccessorGetsOne() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.seal();
        log.crash();
        assertThat(log.inspect().segments().getFirst().state()).isEqualTo(SegmentSummary.State.SEALED);
        log.open().append("b");
        log.crash();
        Inspection inspection = log.inspect(true);
        assertThat(inspection.report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        assertThat(log.read()).containsExactly("a", "b");
    }

    @Test
    void theFooterOfASegmentThatIsContinuedListsWhatWasThereBefore() {
        TestWriter writer = log.open();
        writer.append("a", "b");
        writer.append("c");
        writer.closeCleanly();
        TestWriter next = log.open();
        assertThat(next.header().segment()).isEqualTo(1);
        next.append("d");
        next.roll();
        next.append("e");
        Footer footer = log.footerOf(LogFixture.SEGMENT_1);
        assertThat(footer.batchCount()).isEqualTo(3);
        assertThat(footer.recordCount()).isEqualTo(4);
        assertThat(footer.entries().getFirst().batch()).isEqualTo(1);
    }

    @Test
    void theEpochGrowsBeyondEveryBatchAlthoughTheManifestIsAnOlderOne() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.closeCleanly();
        byte[] older = log.damage().bytes(SegmentName.MANIFEST);
        writer = log.open();
        assertThat(writer.manifest().epoch()).isEqualTo(2);
        BatchHeader first = writer.append("b");
        writer.append(first.batch() - 1, "c");
        log.crash();
        log.damage().restore(SegmentName.MANIFEST, older);
        LogFixture hole = log.fork();
        assertThat(log.open().manifest().epoch()).as("batches that were walked").isEqualTo(3);
        hole.damage().zeroBlock(LogFixture.SEGMENT_1, first.content().block());
        assertThat(hole.open().manifest().epoch()).as("a header behind the stop").isEqualTo(3);
    }

    @Test
    void aPreparedSegmentBecomesASpareWhenTheLastOneIsContinued() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.prepareNext().close();
        writer.closeCleanly();
        TestWriter next = log.open();
        assertThat(next.header().segment()).isEqualTo(1);
        assertThat(next.manifest().highestSegment()).isEqualTo(1);
        assertThat(next.recovered().spares()).extracting(Recovered.Spare::name).containsExactly("0000000000000001.spare");
        assertThat(log.damage().names()).doesNotContain(LogFixture.SEGMENT_2);
    }

    @Test
    void aSegmentBegunInALongerFileFillsItSoThatItsHeaderIsFoundWithoutBlock0() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.prepareNext().close();
        log.crash();
        LogFixture shorter = log.with(new Geometry(BLOCK, 8, 2, 3));
        TestWriter next = shorter.open();
        assertThat(next.header().segment()).isEqualTo(2);
        assertThat(next.header().geometry()).isEqualTo(new Geometry(BLOCK, 16, 2, 3));
        next.append("b");
        shorter.crash();
        log.damage().zeroBlock(LogFixture.SEGMENT_2, 0);
        assertThat(log.inspect(true).report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        assertThat(log.read()).containsExactly("a", "b");
    }

    @Test
    void sparesOfTheRightLengthAreUsedFirstAndOthersDeleted() {
        log.open().append("a");
        log.crash();
        log.damage().restore("0000000000000003.spare", new byte[(int) LogFixture.SMALL.length()]);
        log.damage().restore("0000000000000004.spare", new byte[(int) LogFixture.SMALL.length()]);
        log.damage().restore("0000000000000005.spare", new byte[BLOCK]);
        log.damage().restore("0000000000000006.preparing", new byte[BLOCK]);
        log.damage().restore("0000000000000003.varve", new byte[(int) LogFixture.SMALL.length()]);
        log.disk().capacity(0);
        TestWriter next = log.open();
        assertThat(next.header().segment()).isEqualTo(2);
        assertThat(next.recovered().spares()).extracting(Recovered.Spare::name)
            .containsExactly("0000000000000004.spare", "0000000000000006.spare");
        assertThat(log.damage().names()).containsExactly(LogFixture.SEGMENT_1, LogFixture.SEGMENT_2, "0000000000000004.spare",
            "0000000000000006.spare", SegmentName.LOCK, SegmentName.MANIFEST);
    }

    @Test
    void withoutSpaceNothingIsChangedAndTheLogCanStillBeRead() {
        log.open().append("a");
        log.crash();
        byte[] manifest = log.damage().bytes(SegmentName.MANIFEST);
        log.disk().capacity(0);
        OutstandingDecree decree = log.open().recovered().decree();
        assertThat(decree.segment()).isEqualTo(2);
        assertThat(decree.epoch()).isEqualTo(2);
        assertThat(decree.predecessor().kind()).isEqualTo(Predecessor.Kind.CRASH);
        assertThat(decree.refusal()).hasMessageContaining("ENOSPC").hasMessageContaining(LogFixture.SMALL.length() + " bytes");
        log.crash();
        assertThat(log.damage().bytes(SegmentName.MANIFEST)).isEqualTo(manifest);
        assertThat(log.read()).containsExactly("a");
        log.disk().capacity(Long.MAX_VALUE);
        assertThat(log.open().header().segment()).isEqualTo(2);
    }

    @Test
    void aHeaderInBlock0ThatIsAnEarlierLifesDoesNotCountEither() {
        LogFixture thrice = LogFixture.simulated(15);
        thrice.open();
        thrice.crash();
        byte[] earlier = Arrays.copyOfRange(thrice.damage().bytes(LogFixture.SEGMENT_1), 0, BLOCK);
        long baseLsn = thrice.open().header().baseLsn();
        thrice.crash();
        thrice.damage().overwrite(LogFixture.SEGMENT_1, 0, earlier);
        assertThat(thrice.inspect().report().warnings()).hasSize(1).first().asString().contains("earlier life").contains("copy was used");
        assertThat(thrice.open().header().baseLsn()).as("behind every LSN that was given out").isGreaterThan(baseLsn);
    }

    @Test
    void aFailedSyncOrWriteIsNotSurvived() {
        TestWriter writer = log.open();
        writer.append("a");
        log.crash();
        for (Operation operation : List.of(Operation.SYNC, Operation.WRITE, Operation.DIRECTORY_SYNC)) {
            LogFixture copy = log.fork();
            copy.disk().faults().fail(Occasion.next(operation, operation == Operation.WRITE ? "MANIFEST" : "*"), Errno.EIO);
            assertThatThrownBy(copy::open).as(operation.toString()).isInstanceOf(IoFailureException.class);
        }
    }
}
