package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.SegmentName;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A log from which no writer could count on without leaving the format is not opened, and read all the same. */
class NumberLimitTest {
    private final LogFixture log = LogFixture.simulated(9);

    @BeforeEach
    void append() {
        log.open().append("a", "b");
    }

    private void say(long generation, long epoch, DurablePlace durable) {
        Manifest now = log.writer().manifest();
        log.crash();
        byte[] slot = new byte[ManifestDescriptor.LENGTH];
        ManifestDescriptor.encode(new Manifest(now.logId(), generation, epoch, now.lowestSegment(), now.highestSegment(), durable, false),
            MemorySegment.ofArray(slot), 0);
        log.damage().overwrite(SegmentName.MANIFEST, ManifestDescriptor.slotOffset(generation), slot);
    }

    private void assertRefused(String excess) {
        RecoveryReport refusal = log.refusal();
        assertThat(refusal.verdict()).isEqualTo(Verdict.WRITER_BUG);
        assertThat(refusal.detail()).startsWith(excess + " of log is beyond what a writer reaches");
        assertThat(log.inspect().report().detail()).isEqualTo(refusal.detail());
        assertThat(log.read()).containsExactly("a", "b");
    }

    @Test
    void anEpochThatIsTooHighIsNotCountedOn() {
        say(log.writer().manifest().generation() + 1, NumberLimit.REACHED_MAX + 1, DurablePlace.NONE);
        assertRefused("epoch " + (NumberLimit.REACHED_MAX + 1));
    }

    @Test
    void aGenerationThatIsTooHighIsNotCountedOn() {
        say(NumberLimit.REACHED_MAX + 1, 1, DurablePlace.NONE);
        assertRefused("generation " + (NumberLimit.REACHED_MAX + 1));
    }

    @Test
    void aBatchThatIsTooHighIsNotCountedOn() {
        say(log.writer().manifest().generation() + 1, 1, new DurablePlace(Long.MAX_VALUE / 2, 1, 1, 0));
        assertRefused("batch " + Long.MAX_VALUE / 2);
    }

    @Test
    void theHighestNumbersThatAreTakenCanBeCountedOn() {
        say(NumberLimit.REACHED_MAX, NumberLimit.REACHED_MAX, DurablePlace.NONE);

        log.open().append("c");

        log.crash();
        assertThat(log.read()).containsExactly("a", "b", "c");
    }
}
