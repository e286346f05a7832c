package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import org.junit.jupiter.api.Test;

/** Reads that fail, or that answer with something else: never the end of a log. */
class ReadErrorTest {
    private static final int BLOCK = 4096;

    private final LogFixture log = LogFixture.simulated(1);

    @Test
    void aReadThatIsAnsweredOnceWithWhatLiesElsewhereDoesNotEndTheLog() {
        TestWriter writer = log.open();
        writer.append("a");
        writer.append("b");
        log.crash();
        int noticed = 0;
        for (int nth = 1; nth <= 12; nth++) {
            LogFixture copy = log.fork();
            copy.disk().faults().misdirect(Occasion.nth(Operation.READ, LogFixture.SEGMENT_1, nth), 4L * BLOCK);
            RecoveryReport report = copy.open().recovered().report();
            assertThat(report.verdict()).isEqualTo(Verdict.CRASH_TAIL);
            assertThat(report.evidence().lastBatch()).as("read %d", nth).isEqualTo(2);
            noticed += report.warnings().stream().anyMatch(warning -> warning.contains("when it was read again")) ? 1 : 0;
        }
        assertThat(noticed).isPositive();
    }

    @Test
    void aReadErrorWhereAcknowledgedBatchesAreMissingCanBeTriedAgain() {
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader unreadable = writer.append("b");
        writer.append("c");
        log.crash();
        LogFixture healthy = log.fork();
        log.damage().unreadable(LogFixture.SEGMENT_1, (long) unreadable.content().block() * BLOCK, BLOCK);
        Evidence evidence = log.bothSay(Verdict.UNREADABLE).evidence();
        assertThat(evidence.stop().defect()).isEqualTo(Defect.READ_ERROR);
        assertThat(log.read()).containsExactly("a");
        assertThat(healthy.read()).containsExactly("a", "b", "c");
    }

    @Test
    void aReadErrorNearTheEndIsNeverTakenForTheEnd() {
        TestWriter writer = log.open();
        writer.append("a");
        log.crash();
        // K = 2 and batches of 4 blocks: the twelve blocks from the stop on may hold what was acknowledged.
        for (int block : new int[] {2, 3, 13}) {
            LogFixture copy = log.fork();
            copy.damage().unreadable(LogFixture.SEGMENT_1, (long) block * BLOCK, 512);
            assertThat(copy.inspect().report().verdict()).as("block %d", block).isEqualTo(Verdict.UNDECIDABLE);
            assertThat(copy.refusal().verdict().isRetryable()).isTrue();
        }
    }

    @Test
    void aReadErrorFarBehindTheEndIsOnlyAWarning() {
        TestWriter writer = log.open();
        writer.append("a");
        log.crash();
        log.damage().unreadable(LogFixture.SEGMENT_1, 14L * BLOCK, 512);
        assertThat(log.opensWith(Verdict.CRASH_TAIL).warnings()).anyMatch(warning -> warning.contains("cannot be read"));
    }
}
