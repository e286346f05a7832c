package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import dev.varve.recovery.SegmentSummary.State;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Damage before the last segment: what is said of each segment, and of none something that was not looked at. */
class SurveyTest {
    private static final int BLOCK = 4096;
    private static final String SEGMENT_4 = "0000000000000004.varve";

    private final LogFixture log = LogFixture.simulated(3);
    private BatchHeader second;

    @BeforeEach
    void writeFourSegments() {
        TestWriter writer = log.open();
        for (int segment = 1; segment <= 4; segment++) {
            for (int i = 0; i < 5; i++) {
                BatchHeader batch = writer.append("record " + segment + " " + i);
                second = segment == 1 && i == 1 ? batch : second;
            }
            if (segment < 4) {
                writer.roll();
            }
        }
        writer.anchor();
        log.crash();
        assertThat(log.inspect(true).report().counts()).extracting("segments", "batches", "records").containsExactly(4, 20L, 20L);
    }

    private void flip(String file, long block) {
        log.damage().flipBit(file, block * BLOCK + 200, 1);
    }

    private static List<State> states(Inspection inspection) {
        assertThat(inspection.segments()).extracting(SegmentSummary::segment).isSorted().doesNotHaveDuplicates();
        return inspection.segments().stream().map(SegmentSummary::state).toList();
    }

    private static List<Boolean> reached(Inspection inspection) {
        return inspection.segments().stream().map(SegmentSummary::isReached).toList();
    }

    @Test
    void whatLiesBehindDamageInAnOlderSegmentIsFoundAndCounted() {
        flip(LogFixture.SEGMENT_1, second.content().block());

        Inspection inspection = log.inspect(true);

        assertThat(inspection.report().verdict()).isEqualTo(Verdict.CORRUPT);
        assertThat(states(inspection)).containsExactly(State.DAMAGED, State.SEALED, State.SEALED, State.OPEN);
        assertThat(reached(inspection)).containsExactly(true, false, false, false);
        SegmentSummary damaged = inspection.segments().getFirst();
        assertThat(damaged.content().records()).isOne();
        // Four batches and the seal, of which the first is the damaged one: its header is valid.
        assertThat(damaged.doubt()).isEqualTo(new SegmentSummary.Doubt(Defect.BODY_CRC, new Evidence.Later(5, 5, 6, 0)));
        Evidence.Stop stop = new Evidence.Stop(1, second.content().block(), (long) second.content().block() * BLOCK, Defect.BODY_CRC);
        assertThat(inspection.report().evidence())
            .isEqualTo(new Evidence(1, 6, Evidence.Source.SUCCESSOR, stop, new Evidence.Later(5, 5, 6, 0)));
        assertThat(inspection.report().detail()).startsWith("batches 2 to 6 were acknowledged as the next segment's header says")
            .contains(LogFixture.SEGMENT_1 + " offset " + stop.lsn() + ", LSN " + stop.lsn());
        assertThat(inspection.report().counts()).extracting("segments", "batches", "records").containsExactly(3, 15L, 15L);
        assertThat(inspection.report().detail()).contains("; of the 3 segments behind it 3 are whole").contains("`varve cat` prints")
            .contains("`varve salvage` saves");
        assertThat(log.read(inspection.chain(), 0)).containsExactly("record 1 0");
    }

    @Test
    void whatASegmentHoldsIsCounted() {
        LogFixture counted = LogFixture.simulated(10);
        TestWriter writer = counted.open();
        writer.append("four", TestWriter.FILLER, "sixsix");
        writer.append("x".repeat(5000));
        counted.crash();
        assertThat(counted.inspect().segments()).singleElement().extracting(SegmentSummary::content)
            .isEqualTo(new SegmentSummary.Content(2, 3, 5010, 3));
    }

    @Test
    void anEmptySegmentBetweenTwoOthersIsNoDamage() {
        LogFixture empty = LogFixture.simulated(10);
        TestWriter writer = empty.open();
        writer.append("a");
        writer.roll();
        writer.prepareNext().close();
        empty.crash();
        writer = empty.open();
        assertThat(writer.header().segment()).isEqualTo(3);
        assertThat(writer.header().predecessor().block()).as("segment 2 holds no batch").isZero();
        writer.append("b");
        empty.crash();
        for (boolean walkAll : new boolean[] {false, true}) {
            assertThat(empty.inspect(walkAll).report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        }
        assertThat(empty.read()).containsExactly("a", "b");
    }

    @Test
    void anotherBatchAtTheDeclaredEndIsDamageAlsoIfTheSegmentIsNotWalked() {
        LogFixture other = LogFixture.simulated(10);
        TestWriter writer = other.open();
        writer.append("a");
        BatchRule.Position place = writer.next();
        writer.append("x");
        byte[] segment = other.damage().bytes(LogFixture.SEGMENT_1);
        writer.backTo(place);
        writer.append("b");
        other.crash();
        other.open().append("c");
        other.crash();
        other.damage().restore(LogFixture.SEGMENT_1, segment);
        RecoveryReport report = other.inspect().report();
        assertThat(report.verdict()).isEqualTo(Verdict.CORRUPT);
        assertThat(report.evidence().stop().segment()).isEqualTo(1);
    }

    @Test
    void aSegmentCutBeforeItsLastBatchIsDamagedAlsoIfItIsNotWalked() {
        LogFixture cut = LogFixture.simulated(10);
        TestWriter writer = cut.open();
        writer.append("a");
        writer.append("b");
        writer.roll();
        writer.append("c");
        cut.crash();
        LogFixture unreadable = cut.fork();
        cut.damage().truncateTo(LogFixture.SEGMENT_1, 3L * 4096);
        RecoveryReport report = cut.inspect().report();
        assertThat(report.verdict()).isEqualTo(Verdict.CORRUPT);
        assertThat(report.evidence().stop().defect()).isEqualTo(Defect.TRUNCATED);
        assertThat(report.evidence().stop().block()).isEqualTo(3);
        unreadable.damage().unreadable(LogFixture.SEGMENT_1, 3L * 4096, 512);
        report = unreadable.inspect().report();
        assertThat(report.verdict()).isEqualTo(Verdict.UNREADABLE);
        assertThat(report.evidence().stop().block()).isEqualTo(3);
    }

    @Test
    void secondDamageIsFoundBehindTheFirst() {
        flip(LogFixture.SEGMENT_1, second.content().block());
        flip(LogFixture.SEGMENT_3, 3);
        flip(SEGMENT_4, 2);

        Inspection inspection = log.inspect(true);

        assertThat(states(inspection)).containsExactly(State.DAMAGED, State.SEALED, State.DAMAGED, State.DAMAGED);
        assertThat(inspection.segments().get(2).content().records()).isEqualTo(2);
        assertThat(inspection.segments().get(3).content().records()).isOne();
        assertThat(inspection.segments().get(3).doubt().later().headers()).isEqualTo(4);
        assertThat(inspection.report().detail()).endsWith("; of the 3 segments behind it 1 is whole");
    }

    @Test
    void anOpeningSaysThatItDidNotLookBehindTheDamage() {
        log.damage().zeroBlock(LogFixture.SEGMENT_1, 6);

        RecoveryReport refusal = log.refusal();
        Inspection quick = log.inspect(false);

        for (RecoveryReport report : List.of(refusal, quick.report())) {
            assertThat(report.verdict()).isEqualTo(Verdict.CORRUPT);
            assertThat(report.detail()).endsWith("; the 3 segments behind it were not looked at");
            assertThat(report.counts()).extracting("segments", "batches").containsExactly(0, 0L);
        }
        assertThat(states(quick)).containsExactly(State.DAMAGED, State.NOT_LOOKED_AT, State.NOT_LOOKED_AT, State.NOT_LOOKED_AT);
        assertThat(log.refusal(log.options(VerifyAtOpen.ALL, 0)).detail()).endsWith("; of the 3 segments behind it 3 are whole");
    }

    @Test
    void aDestroyedHeaderIsBlamedOnItsOwnSegment() {
        log.damage().garbleBlock(LogFixture.SEGMENT_2, 0);
        log.damage().garbleBlock(LogFixture.SEGMENT_2, 15);

        Inspection inspection = log.inspect(true);

        assertThat(inspection.report().verdict()).isEqualTo(Verdict.BAD_HEADER);
        assertThat(states(inspection)).containsExactly(State.END_UNCONFIRMED, State.BAD_HEADER, State.SEALED, State.OPEN);
        assertThat(reached(inspection)).containsExactly(true, false, false, false);
        assertThat(inspection.segments().getFirst().content().records()).isEqualTo(5);
        assertThat(inspection.report().counts()).extracting("segments", "batches").containsExactly(2, 10L);
        assertThat(inspection.report().detail()).contains(LogFixture.SEGMENT_2).endsWith("; of the 2 segments behind it 2 are whole");
        assertThat(log.read(inspection.chain(), 0)).hasSize(5);
        assertThat(states(log.inspect(false)))
            .containsExactly(State.END_UNCONFIRMED, State.BAD_HEADER, State.NOT_LOOKED_AT, State.NOT_LOOKED_AT);
    }

    @Test
    void aMissingSegmentHasARowOfItsOwn() {
        log.damage().remove(LogFixture.SEGMENT_2);

        Inspection inspection = log.inspect(true);

        assertThat(inspection.report().verdict()).isEqualTo(Verdict.SEGMENT_MISSING);
        assertThat(states(inspection)).containsExactly(State.END_UNCONFIRMED, State.MISSING, State.SEALED, State.OPEN);
        assertThat(log.read(inspection.chain(), 0)).hasSize(5);
    }

    @Test
    void theLowestAndTheHighestSegmentCanBeMissingToo() {
        log.damage().remove(SEGMENT_4);
        assertThat(states(log.inspect(true))).containsExactly(State.SEALED, State.SEALED, State.END_UNCONFIRMED, State.MISSING);
        log.damage().remove(LogFixture.SEGMENT_1);

        Inspection inspection = log.inspect(true);
        assertThat(states(inspection)).containsExactly(State.MISSING, State.SEALED, State.END_UNCONFIRMED, State.MISSING);
        assertThat(reached(inspection)).containsOnly(false);
        assertThat(log.read(inspection.chain(), 0)).isEmpty();
    }

    @Test
    void twoHolesHideNoSegment() {
        TestWriter writer = log.open();
        writer.append("record 5 0");
        log.crash();
        assertThat(states(log.inspect(true))).hasSize(5);
        log.damage().remove(LogFixture.SEGMENT_2);
        log.damage().garbleBlock(SEGMENT_4, 0);
        log.damage().garbleBlock(SEGMENT_4, 15);

        assertThat(states(log.inspect(true)))
            .containsExactly(State.END_UNCONFIRMED, State.MISSING, State.END_UNCONFIRMED, State.BAD_HEADER, State.OPEN);
    }

    @Test
    void damageInTheSegmentBeforeTheFaultIsStillDamage() {
        log.damage().remove(LogFixture.SEGMENT_2);
        flip(LogFixture.SEGMENT_1, 3);

        SegmentSummary first = log.inspect(true).segments().getFirst();

        assertThat(first.state()).isEqualTo(State.DAMAGED);
        assertThat(first.content().records()).isEqualTo(2);
        assertThat(first.doubt().later().headers()).isEqualTo(4);
    }

    @Test
    void aSegmentThatAnOlderManifestDoesNotNameIsListedAsSuch() {
        byte[] manifest = log.damage().bytes(SegmentName.MANIFEST);
        TestWriter writer = log.open();
        writer.append("record 5 0");
        log.crash();
        log.damage().restore(SegmentName.MANIFEST, manifest);

        Inspection inspection = log.inspect(true);

        assertThat(inspection.report().verdict()).isEqualTo(Verdict.BAD_MANIFEST);
        assertThat(states(inspection))
            .containsExactly(State.SEALED, State.SEALED, State.SEALED, State.END_UNCONFIRMED, State.NOT_IN_MANIFEST);
    }
}
