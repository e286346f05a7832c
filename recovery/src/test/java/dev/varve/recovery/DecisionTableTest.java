package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.recovery.DecisionTable.Facts;
import dev.varve.recovery.DecisionTable.LastBatch;
import dev.varve.recovery.DecisionTable.ReadErrors;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every input of the table, against a second statement of it that says for each verdict, without order, exactly when it is given. */
class DecisionTableTest {
    static List<Facts> allFacts() {
        List<Facts> all = new ArrayList<>();
        for (int bits = 0; bits < 16; bits++) {
            for (ReadErrors readErrors : ReadErrors.values()) {
                for (LastBatch lastBatch : LastBatch.values()) {
                    all.add(new Facts((bits & 1) != 0, (bits & 2) != 0, readErrors, lastBatch, (bits & 4) != 0, (bits & 8) != 0));
                }
            }
        }
        return all;
    }

    private static Set<Verdict> statedFor(Facts facts) {
        boolean isHonest = !facts.writerBug();
        boolean isMissing = facts.acknowledgedMissing();
        boolean isStopRead = facts.readErrors() != ReadErrors.AT_STOP;
        boolean isNearRead = facts.readErrors() == ReadErrors.NONE || facts.readErrors() == ReadErrors.FAR;
        boolean isClosed = facts.lastBatch() == LastBatch.CLOSE && facts.cleanClose() && !facts.validLater();
        Set<Verdict> stated = EnumSet.noneOf(Verdict.class);
        if (!isHonest) {
            stated.add(Verdict.WRITER_BUG);
        }
        if (isHonest && isMissing && !isStopRead) {
            stated.add(Verdict.UNREADABLE);
        }
        if (isHonest && isMissing && isStopRead) {
            stated.add(Verdict.CORRUPT);
        }
        if (isHonest && !isMissing && !isNearRead) {
            stated.add(Verdict.UNDECIDABLE);
        }
        if (isHonest && !isMissing && isNearRead && isClosed) {
            stated.add(Verdict.CLEAN);
        }
        if (isHonest && !isMissing && isNearRead && !isClosed) {
            stated.add(Verdict.CRASH_TAIL);
        }
        return stated;
    }

    @Test
    void everyInputHasTheOneVerdictThatIsStatedForIt() {
        assertThat(allFacts()).hasSize(256).doesNotHaveDuplicates();
        for (Facts facts : allFacts()) {
            assertThat(statedFor(facts)).as(facts.toString()).containsExactly(DecisionTable.decide(facts));
        }
    }

    @Test
    void whatIsOpenableNeverMissesAnythingAcknowledgedAndIsReadableNearTheEnd() {
        for (Facts facts : allFacts()) {
            if (DecisionTable.decide(facts).isOpenable()) {
                assertThat(facts.acknowledgedMissing() || facts.writerBug()).as(facts.toString()).isFalse();
                assertThat(facts.readErrors()).as(facts.toString()).isIn(ReadErrors.NONE, ReadErrors.FAR);
            }
        }
    }

    @Test
    void aReadErrorNeverMakesALogOpenable() {
        for (Facts facts : allFacts()) {
            for (ReadErrors worse : List.of(ReadErrors.NEAR, ReadErrors.AT_STOP)) {
                Facts unread = new Facts(facts.writerBug(), facts.acknowledgedMissing(), worse, facts.lastBatch(), facts.validLater(),
                    facts.cleanClose());
                assertThat(DecisionTable.decide(unread).isOpenable()).as(unread.toString()).isFalse();
            }
        }
    }

    @Test
    void theCleanCloseFlagAloneMakesNothingClean() {
        for (Facts facts : allFacts()) {
            if (facts.cleanClose() && facts.lastBatch() != LastBatch.CLOSE) {
                assertThat(DecisionTable.decide(facts)).as(facts.toString()).isNotEqualTo(Verdict.CLEAN);
            }
        }
    }
}
