package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.verifier.EpsilonVerifier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Placement under a model checker, which decides after which access to memory which thread goes on, and under stress. Each way of checking
 * must also catch the canary: a tool that cannot see inside this JVM's classes would let everything pass. {@code -Dvarve.torture=true}
 * looks at fifty times as many interleavings.
 *
 * <p>In a JVM of its own, since what the checker instruments stays so.
 */
@Tag("instrumented")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class InterleavingTest {
    private static final int SCALE = Boolean.getBoolean("varve.torture") ? 50 : 1;
    private static final int INVOCATIONS = 100;
    private static final int STRESS_INVOCATIONS = 1000;
    private static final int SCENARIOS = 3;

    private static ModelCheckingOptions modelChecking() {
        return new ModelCheckingOptions().threads(2).actorsPerThread(3).actorsBefore(0).actorsAfter(1).iterations(SCENARIOS * SCALE)
            .invocationsPerIteration(INVOCATIONS);
    }

    /** Any outcome will do that leaves things in order. */
    private static ModelCheckingOptions story() {
        return modelChecking().actorsAfter(0).verifier(EpsilonVerifier.class);
    }

    private static StressOptions stress() {
        return new StressOptions().threads(3).actorsPerThread(3).actorsBefore(0).actorsAfter(1).iterations(SCENARIOS * SCALE)
            .invocationsPerIteration(STRESS_INVOCATIONS);
    }

    @Test
    void placesAreGivenOutAsIfOneThreadAskedForThemAll() {
        modelChecking().check(PlacementModel.class);
    }

    @Test
    void placesAreGivenOutInSomeOrderHoweverManyThreadsAskAtOnce() {
        stress().check(PlacementModel.class);
    }

    @Test
    void recordsOfAllSizesFollowOneAnotherWhoeverMeetsTheEndOfABatch() {
        story().check(PlacementStory.class);
    }

    @Test
    void theModelCheckerCatchesTheCanary() {
        assertThatThrownBy(() -> modelChecking().minimizeFailedScenario(false).check(PlacementModel.Canary.class))
            .isInstanceOf(LincheckAssertionError.class).hasMessageContaining("Invalid execution results");
    }

    @Test
    void stressCatchesTheCanary() {
        assertThatThrownBy(() -> stress().invocationsPerIteration(100 * STRESS_INVOCATIONS).minimizeFailedScenario(false)
            .check(PlacementModel.Canary.class)).isInstanceOf(LincheckAssertionError.class)
            .hasMessageContaining("Invalid execution results");
    }

    @Test
    void aStoryWithTheCanaryInItIsCaught() {
        assertThatThrownBy(() -> story().minimizeFailedScenario(false).check(PlacementStory.Canary.class))
            .isInstanceOf(LincheckAssertionError.class).hasMessageContaining("the batches do not hold what was placed");
    }
}
