package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.Evidence.Source;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each row of the decision table, brought about on a disk. */
class VerdictTest {
    private static final int BLOCK = 4096;

    private final LogFixture log = LogFixture.simulated(1);

    private static long byteIn(BatchHeader batch, int offset) {
        return (long) batch.content().block() * BLOCK + offset;
    }

    @Test
    void aLogThatWasNeverWrittenEndsAtItsBeginning() {
        log.open();
        log.crash();
        Evidence evidence = log.opensWith(Verdict.CRASH_TAIL).evidence();
        assertThat(evidence.lastBatch()).isZero();
        assertThat(evidence.source()).isEqualTo(Source.NONE);
        assertThat(evidence.stop()).isEqualTo(new Evidence.Stop(1, 1, BLOCK, Defect.NEVER_WRITTEN));
    }

    @Test
    void oneBatchIsNotSpokenOfAsMany() {
        Evidence.Stop stop = new Evidence.Stop(1, 2, 2 * BLOCK, Defect.BODY_CRC);
        Evidence missing = new Evidence(1, 2, Source.MANIFEST, stop, Evidence.Later.NOTHING);
        Evidence torn = new Evidence(1, 1, Source.NONE, stop, new Evidence.Later(1, 1, 2, 0));

        assertThat(FindingText.of(Verdict.CORRUPT, missing, "here")).startsWith("batch 2 was acknowledged as the manifest says");
        assertThat(FindingText.of(Verdict.UNREADABLE, missing, "here")).startsWith("batch 2 was acknowledged as the manifest says");
        assertThat(FindingText.of(Verdict.CRASH_TAIL, torn, "here"))
            .endsWith("; 1 later batch of 1 block was never acknowledged and does not count");
    }

    @Test
    void aBatchThatWasWalkedIsNeverWhatSaysThatOthersAreMissing() {
        Evidence.Stop stop = new Evidence.Stop(1, 2, 2 * BLOCK, Defect.BODY_CRC);
        Evidence impossible = new Evidence(1, 2, Source.WALKED_BATCH, stop, Evidence.Later.NOTHING);

        assertThatThrownBy(() -> FindingText.of(Verdict.CORRUPT, impossible, "here")).isInstanceOf(IllegalArgumentException.class);
        // On a disk, such a batch is a writer's mistake before it is evidence.
        log.open().append(2, "a");
        log.crash();
        RecoveryReport report = log.bothSay(Verdict.WRITER_BUG);
        assertThat(report.evidence().source()).isEqualTo(Source.WALKED_BATCH);
        assertThat(report.evidence().isAcknowledgedMissing()).isTrue();
    }

    @Test
    void anotherBatchWhereTheSuccessorNamesOneIsCalledThat() {
        Evidence.Stop stop = new Evidence.Stop(1, 2, 2 * BLOCK, Defect.PREDECESSOR);
        Evidence other = new Evidence(2, 2, Source.SUCCESSOR, stop, Evidence.Later.NOTHING);

        assertThat(FindingText.of(Verdict.CORRUPT, other, "here"))
            .startsWith("another batch 2 was acknowledged as the next segment's header says");
    }

    @Test
    void aTornLastBatchIsNoLoss() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.append("b");
        BatchHeader torn = writer.append("c");
        log.crash();
        log.damage().flipBit(LogFixture.SEGMENT_1, byteIn(torn, 200), 0);
        Evidence evidence = log.opensWith(Verdict.CRASH_TAIL).evidence();
        assertThat(evidence.lastBatch()).isEqualTo(2);
        assertThat(evidence.acknowledgedBatch()).isEqualTo(2);
        assertThat(evidence.stop().defect()).isEqualTo(Defect.BODY_CRC);
        assertThat(evidence.later()).isEqualTo(new Evidence.Later(1, 1, 3, 0));
        log.crash();
        assertThat(log.read()).containsExactly("a", "b");
    }

    @Test
    void batchesBehindAHoleThatWereNeverAcknowledgedAreDiscardedForGood() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader hole = writer.append(1, "hole");
        writer.append(1, "behind");
        log.crash();
        log.damage().zeroBlock(LogFixture.SEGMENT_1, hole.content().block());
        assertThat(log.opensWith(Verdict.CRASH_TAIL).evidence().later()).isEqualTo(new Evidence.Later(1, 1, 3, 0));
        log.crash();
        assertThat(log.read()).containsExactly("a");
        assertThat(log.open().next().batch()).isGreaterThan(3 + LogFixture.SMALL.unsyncedMax());
    }

    @Test
    void aBatchThatALaterOneCallsSyncedIsDamagedNotTorn() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader damaged = writer.append("b");
        writer.append("c");
        log.crash();
        log.damage().flipBit(LogFixture.SEGMENT_1, byteIn(damaged, 130), 7);
        Evidence evidence = log.bothSay(Verdict.CORRUPT).evidence();
        assertThat(evidence.lastBatch()).isEqualTo(1);
        assertThat(evidence.acknowledgedBatch()).isEqualTo(2);
        assertThat(evidence.source()).isEqualTo(Source.LATER_BATCH);
        assertThat(evidence.stop().block()).isEqualTo(2);
        assertThat(log.read()).containsExactly("a");
    }

    @Test
    void evidenceIsFoundBehindZerosGarbageAndBadBodies() {
        TestWriter writer = log.open();
        writer.append("a");
        for (int i = 0; i < 5; i++) {
            writer.append("x" + i);
        }
        BatchHeader witness = writer.append("witness");
        log.crash();
        for (int block = 2; block < 5; block++) {
            log.damage().zeroBlock(LogFixture.SEGMENT_1, block);
        }
        log.damage().garbleBlock(LogFixture.SEGMENT_1, 5);
        log.damage().garbleBlock(LogFixture.SEGMENT_1, 6);
        log.damage().flipBit(LogFixture.SEGMENT_1, byteIn(witness, 4000), 0);
        Evidence evidence = log.bothSay(Verdict.CORRUPT).evidence();
        assertThat(evidence.acknowledgedBatch()).isEqualTo(witness.batch() - 1);
        assertThat(evidence.later().headers()).isEqualTo(1);
    }

    @Test
    void theLastBatchIsMissedIfTheManifestAnchorsIt() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader last = writer.append("b");
        writer.anchor();
        log.crash();
        log.damage().zeroBlock(LogFixture.SEGMENT_1, last.content().block());
        Evidence evidence = log.bothSay(Verdict.CORRUPT).evidence();
        assertThat(evidence.source()).isEqualTo(Source.MANIFEST);
        assertThat(evidence.acknowledgedBatch()).isEqualTo(2);
    }

    @Test
    void aBatchThatIsNotTheAnchoredOneDoesNotPassForIt() {
        TestWriter writer = log.open();
        BatchHeader batch = writer.append("a");
        DurablePlace place = writer.place();
        writer.writeManifest(writer.manifest().next(1, new DurablePlace(place.batch(), 1, place.block(), place.chain() + 1), false));
        log.crash();
        Evidence evidence = log.bothSay(Verdict.CORRUPT).evidence();
        assertThat(evidence.stop().defect()).isEqualTo(Defect.CHAIN);
        assertThat(evidence.stop().block()).isEqualTo(batch.content().block());
    }

    @Test
    void whatTheCallerKnowsToBeAcknowledgedIsMissed() {
        TestWriter writer = log.open();
        writer.append("a");
        long endLsn = writer.endLsn();
        log.crash();
        Evidence evidence = log.refusal(log.options(VerifyAtOpen.LAST, endLsn)).evidence();
        assertThat(evidence.source()).isEqualTo(Source.CALLER);
        assertThat(evidence.acknowledgedBatch()).isEqualTo(2);
        assertThat(log.open(log.options(VerifyAtOpen.LAST, endLsn - 1)).recovered().report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        log.crash();
        // Recovery has begun a segment far behind that place; still no record is there.
        assertThat(log.refusal(log.options(VerifyAtOpen.LAST, endLsn)).verdict()).isEqualTo(Verdict.CORRUPT);
    }

    @Test
    void whatTheCallerKnowsIsMissedAlsoBehindTheAnchor() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.anchor();
        log.crash();
        assertThat(log.refusal(log.options(VerifyAtOpen.LAST, writer.endLsn())).evidence().source()).isEqualTo(Source.CALLER);
    }

    @Test
    void whatWasDiscardedIsMissedAlsoAfterTheSegmentBeforeItWasDropped() {
        TestWriter writer = log.open();
        writer.append("a");
        long endLsn = writer.endLsn();
        log.crash();
        TestWriter next = log.open();
        next.append("b");
        Manifest now = next.manifest();
        next.writeManifest(new Manifest(now.logId(), now.generation() + 1, now.epoch(), 2, 2, now.durable(), false));
        log.crash();
        log.damage().remove(LogFixture.SEGMENT_1);
        Evidence evidence = log.refusal(log.options(VerifyAtOpen.LAST, endLsn)).evidence();
        assertThat(evidence.source()).isEqualTo(Source.CALLER);
        // What was dropped with its segment is not missed, and what is there is not either.
        log.open(log.options(VerifyAtOpen.LAST, endLsn - 1));
        log.crash();
        log.open(log.options(VerifyAtOpen.LAST, LogFixture.SMALL.length() + BLOCK));
    }

    @Test
    void aLogThatShouldHoldSomethingIsNotCreated() {
        assertThat(log.refusal(log.options(VerifyAtOpen.LAST, BLOCK)).verdict()).isEqualTo(Verdict.CORRUPT);
        assertThat(log.damage().names()).containsExactly("LOCK");
    }

    @Test
    void aCleanCloseIsContinuedInTheSameSegment() {
        TestWriter writer = log.open();
        writer.append("a");
        long end = writer.endLsn();
        writer.closeCleanly();
        assertThat(log.inspect().segments().getFirst().state()).isEqualTo(SegmentSummary.State.CLOSED);
        log.opensWith(Verdict.CLEAN);
        assertThat(log.writer().endLsn()).isEqualTo(end + BLOCK);
        assertThat(log.writer().recovered().manifest().current().cleanClose()).isFalse();
        log.writer().append("b");
        log.crash();
        assertThat(log.opensWith(Verdict.CRASH_TAIL).evidence().lastBatch()).isEqualTo(3);
        log.crash();
        assertThat(log.read()).containsExactly("a", "b");
    }

    @Test
    void aCloseBatchWithoutTheFlagIsNoCleanClose() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.writeClose();
        writer.anchor();
        log.crash();
        log.opensWith(Verdict.CRASH_TAIL);
    }

    @Test
    void theFlagWithoutACloseBatchIsNoCleanClose() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.writeManifest(writer.manifest().next(1, writer.place(), true));
        log.crash();
        log.opensWith(Verdict.CRASH_TAIL);
        assertThat(log.writer().header().segment()).isEqualTo(2);
    }

    @Test
    void aCloseBatchWithSomethingValidBehindItIsNoCleanClose() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.writeClose();
        writer.writeManifest(writer.manifest().next(1, writer.place(), true));
        long close = writer.next().lastBatch();
        BatchHeader hole = writer.append(close, "hole");
        writer.append(close, "behind");
        log.crash();
        log.damage().zeroBlock(LogFixture.SEGMENT_1, hole.content().block());
        log.opensWith(Verdict.CRASH_TAIL);
    }

    @Test
    void aBatchThatCallsItselfSyncedIsAWritersBug() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.append(2, "b");
        log.crash();
        assertThat(log.bothSay(Verdict.WRITER_BUG).detail()).contains("batch 2");
    }

    @Test
    void aBatchBuiltWithMoreUnsyncedBatchesThanAllowedIsAWritersBug() {
        TestWriter writer = log.open();
        for (int i = 0; i < 4; i++) {
            writer.append("a");
        }
        writer.append(2, "W lies K + 1 behind");
        log.crash();
        log.bothSay(Verdict.WRITER_BUG);
    }

    @Test
    void aWritersBugIsSeenInATornBatchToo() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader torn = writer.append(7, "b");
        log.crash();
        log.damage().flipBit(LogFixture.SEGMENT_1, byteIn(torn, 4095), 0);
        log.bothSay(Verdict.WRITER_BUG);
    }

    @Test
    void recordsBehindASealAreAWritersBug() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.seal();
        writer.append("b");
        log.crash();
        log.bothSay(Verdict.WRITER_BUG);
    }

    @Test
    void anIncarnationThatGoesOnBehindItsOwnCloseIsAWritersBug() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.writeClose();
        writer.append("b");
        log.crash();
        log.bothSay(Verdict.WRITER_BUG);
    }

    @Test
    void whatAnEarlierLifeOfTheFileHoldsIsNoEvidence() {
        TestWriter writer = log.open();
        BatchHeader stale = writer.append("stale");
        log.crash();
        byte[] block = Arrays.copyOfRange(log.damage().bytes(LogFixture.SEGMENT_1), BLOCK, 2 * BLOCK);
        log.damage().zeroBlock(LogFixture.SEGMENT_1, stale.content().block());
        assertThat(log.open().header().segment()).isEqualTo(1);
        log.crash();
        // The segment was begun again under a new salt; now the old life's batch comes back in its old place.
        log.damage().overwrite(LogFixture.SEGMENT_1, BLOCK, block);
        Evidence evidence = log.opensWith(Verdict.CRASH_TAIL).evidence();
        assertThat(evidence.later().headers()).isZero();
        assertThat(evidence.stop().defect()).isEqualTo(Defect.SALT);
    }

    @Test
    void headersOfAnotherLogOrAnotherBlockAreNoEvidence() {
        LogFixture other = LogFixture.simulated(77);
        TestWriter foreign = other.open();
        for (int i = 0; i < 9; i++) {
            foreign.append("foreign");
        }
        other.crash();
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader unsynced = writer.append(1, "b");
        log.crash();
        byte[] own = log.damage().bytes(LogFixture.SEGMENT_1);
        byte[] others = other.damage().bytes(LogFixture.SEGMENT_1);
        log.damage().zeroBlock(LogFixture.SEGMENT_1, unsynced.content().block());
        // Misdirected, and from another log at the very block where it lay there.
        log.damage().overwrite(LogFixture.SEGMENT_1, 5L * BLOCK, Arrays.copyOfRange(own, 2 * BLOCK, 3 * BLOCK));
        log.damage().overwrite(LogFixture.SEGMENT_1, 9L * BLOCK, Arrays.copyOfRange(others, 9 * BLOCK, 10 * BLOCK));
        assertThat(log.opensWith(Verdict.CRASH_TAIL).evidence().later()).isEqualTo(Evidence.Later.NOTHING);
    }

    @Test
    void aHeaderWithOneWrongBitIsNotUsedAlthoughAllItsValuesFit() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader damaged = writer.append("b");
        writer.append("c");
        writer.anchor();
        log.crash();
        // The time is for information only, and nothing but the checksum says that it is another one.
        log.damage().flipBit(LogFixture.SEGMENT_1, byteIn(damaged, BatchHeaderDescriptor.TIME_MS_OFFSET), 2);
        Evidence evidence = log.bothSay(Verdict.CORRUPT).evidence();
        assertThat(evidence.stop().defect()).isEqualTo(Defect.HEADER_CRC);
        assertThat(evidence.stop().block()).isEqualTo(damaged.content().block());
    }

    @Test
    void aFullSegmentEndsWithoutADefect() {
        TestWriter writer = log.open();
        for (int i = 0; i < 12; i++) {
            writer.append("x");
        }
        writer.seal();
        writer.closeCleanly();
        Evidence evidence = log.inspect().report().evidence();
        assertThat(evidence.stop().defect()).isEqualTo(Defect.NONE);
        assertThat(evidence.stop().block()).isEqualTo(15);
    }

    @Test
    void anOlderBatchBehindTheStopIsNotCountedAsLater() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchRule.Position second = writer.next();
        writer.append("b");
        writer.backTo(new BatchRule.Position(7, second.batch(), second.epoch(), second.chain(), second.sequence()));
        writer.append("b");
        log.crash();
        Evidence evidence = log.opensWith(Verdict.CRASH_TAIL).evidence();
        assertThat(evidence.lastBatch()).isEqualTo(2);
        assertThat(evidence.later()).isEqualTo(Evidence.Later.NOTHING);
    }

    @Test
    void whatIsRefusedIsLeftAsItWas() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader damaged = writer.append("b");
        writer.append("c");
        log.crash();
        log.damage().flipBit(LogFixture.SEGMENT_1, byteIn(damaged, 200), 0);
        List<String> names = log.damage().names();
        byte[] segment = log.damage().bytes(LogFixture.SEGMENT_1);
        byte[] manifest = log.damage().bytes(SegmentName.MANIFEST);
        for (int i = 0; i < 2; i++) {
            assertThat(log.refusal().verdict()).isEqualTo(Verdict.CORRUPT);
            assertThat(log.damage().names()).isEqualTo(names);
            assertThat(log.damage().bytes(LogFixture.SEGMENT_1)).isEqualTo(segment);
            assertThat(log.damage().bytes(SegmentName.MANIFEST)).isEqualTo(manifest);
        }
        assertThat(log.read()).containsExactly("a");
    }

    @Test
    void aBatchOfAnotherHistoryDoesNotPassInTheRightPlace() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchRule.Position place = writer.next();
        writer.append("x");
        byte[] block = Arrays.copyOfRange(log.damage().bytes(LogFixture.SEGMENT_1), 2 * BLOCK, 3 * BLOCK);
        writer.backTo(place);
        writer.append("b");
        writer.append("c");
        writer.anchor();
        log.crash();
        assertThat(log.read()).containsExactly("a", "b", "c");
        log.damage().overwrite(LogFixture.SEGMENT_1, 2L * BLOCK, block);
        Evidence evidence = log.bothSay(Verdict.CORRUPT).evidence();
        assertThat(evidence.stop().defect()).isEqualTo(Defect.CHAIN);
        assertThat(evidence.stop().block()).isEqualTo(3);
    }

    @Test
    void everySentenceNamesFileOffsetAndLsn() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader damaged = writer.append("b");
        writer.append("c");
        log.crash();
        log.damage().zeroBlock(LogFixture.SEGMENT_1, damaged.content().block());
        assertThat(log.inspect().report().detail()).contains(LogFixture.SEGMENT_1, "offset 8192", "LSN 8192", "batch 2 was acknowledged");
    }
}
