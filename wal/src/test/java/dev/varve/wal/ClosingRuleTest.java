package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The policy of group commit, as a function of time. */
class ClosingRuleTest {
    private static final long DELAY_NS = 2_000_000;
    private static final long CYCLE_NS = 100_000;
    private static final int THREADS = 10;
    private static final int WINDOW = 33;

    private final ClosingRule rule = new ClosingRule(DELAY_NS);
    private long nowNs;

    /** Batches in a row that each release some threads; how many of the last of them could have lingered. */
    private int batches(int count, long nsWith, long nsWithout) {
        int lingered = 0;
        for (int i = 0; i < count; i++) {
            nowNs += rule.isLingerOn() ? nsWith : nsWithout;
            lingered += rule.isLingerOn() ? 1 : 0;
            rule.durable(THREADS, THREADS, CYCLE_NS, nowNs);
        }
        return lingered;
    }

    /** Brings it to where it has found that lingering pays. */
    private void learn() {
        batches(3 * WINDOW, 100_000, 200_000);
        assertThat(rule.isLingerOn()).isTrue();
    }

    @Test
    void whileAnotherBatchIsUnsyncedOnlyTheDelayCloses() {
        learn();
        assertThat(rule.isToBeClosed(1, 1000, 50, 50 + DELAY_NS - 1)).isFalse();
        assertThat(rule.isToBeClosed(1, 1, 50, 50 + DELAY_NS)).isTrue();
        assertThat(rule.isToBeClosed(4, 1, 50, 50 + DELAY_NS)).isTrue();
    }

    @Test
    void whenNothingIsUnsyncedAFirstBatchIsClosedAtOnce() {
        assertThat(rule.isToBeClosed(0, 1, 0, 0)).isTrue();
    }

    @Test
    void oneThreadAloneNeverWaits() {
        for (int i = 0; i < 1000; i++) {
            nowNs += CYCLE_NS;
            rule.durable(1, 1, CYCLE_NS, nowNs);
            assertThat(rule.isToBeClosed(0, 1, nowNs, nowNs)).isTrue();
        }
    }

    @Test
    void aBatchLingersUntilAsManyAreBackAsWereReleasedOrItsTimeIsUp() {
        learn();
        assertThat(rule.lingerNs()).isEqualTo(CYCLE_NS / 4);
        assertThat(rule.isToBeClosed(0, 1, nowNs, nowNs)).isFalse();
        assertThat(rule.isToBeClosed(0, THREADS - 1, nowNs, nowNs + CYCLE_NS / 4 - 1)).isFalse();
        assertThat(rule.isToBeClosed(0, THREADS - 1, nowNs, nowNs + CYCLE_NS / 4)).isTrue();
        assertThat(rule.isToBeClosed(0, THREADS, nowNs, nowNs)).isTrue();
    }

    @Test
    void onASlowDeviceItLingersThirtyMicrosecondsAtMost() {
        rule.durable(THREADS, THREADS, 10_000_000, 1);
        assertThat(rule.lingerNs()).isEqualTo(30_000);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1_000_000_000_000_000L, -1_000_000_000_000_000L, Long.MAX_VALUE - 10_000_000})
    void itGoesOnLingeringWhereThatGainsWhateverTheClockSays(long originNs) {
        nowNs = originNs;
        batches(3 * WINDOW, 100_000, 150_000);
        int lingered = batches(32 * WINDOW, 100_000, 150_000);
        assertThat(lingered).as("all but the probes").isBetween(29 * WINDOW, 31 * WINDOW);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1_000_000_000_000_000L, -1_000_000_000_000_000L, Long.MAX_VALUE - 10_000_000})
    void itStopsLingeringWhereThatGainsLessThanATenthWhateverTheClockSays(long originNs) {
        nowNs = originNs;
        batches(3 * WINDOW, 100_000, 105_000);
        int lingered = batches(32 * WINDOW, 100_000, 105_000);
        assertThat(lingered).as("only the probes").isBetween(WINDOW, 3 * WINDOW);
    }

    @Test
    void itFindsOutWhenLingeringBeginsToPay() {
        batches(10 * WINDOW, 100_000, 100_000);
        assertThat(rule.isLingerOn()).isFalse();
        batches(200 * WINDOW, 50_000, 100_000);
        assertThat(batches(16 * WINDOW, 50_000, 100_000)).isGreaterThan(12 * WINDOW);
    }
}
