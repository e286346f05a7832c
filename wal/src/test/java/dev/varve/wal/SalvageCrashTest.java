package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.RefusedLogException;
import dev.varve.recovery.UnsalvageableException;
import dev.varve.recovery.Verdict;
import dev.varve.wal.WrittenLog.Written;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The power goes at every step of a salvage: what is left is a whole log, or is recognised as none and begun anew. */
class SalvageCrashTest {
    private static final long SEED = 3;
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    @BeforeAll
    static void tellNothingOfHundredsOfRefusals() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void tellAgain() {
        LOGGER.setLevel(null);
    }

    @Test
    void afterACutAtAnyStepTheTargetIsWholeOrIsBegunAnew() {
        SalvageStory story = new SalvageStory(SEED);
        story.write();
        SalvageStory damaged = story.fork(5);
        damaged.disk().damage(SimulatedLog.DIRECTORY).zeroBlock(WrittenLog.name(1), 2);
        SalvageOptions options = SalvageOptions.defaults().withPresumedLinks(true);
        SalvageStory whole = damaged.fork(1);
        long stepsBefore = whole.disk().steps();
        SalvageReport report = whole.salvage(options);
        List<String> records = text(whole.salvaged());
        assertThat(report.records()).isEqualTo(records.size()).isPositive();
        assertThat(report.isComplete()).isFalse();
        long steps = whole.disk().steps() - stepsBefore;
        int unfinished = 0;
        int finished = 0;
        for (long step = 1; step <= steps; step++) {
            SalvageStory cut = damaged.fork(step);
            Map<String, byte[]> source = cut.files(SimulatedLog.DIRECTORY);
            SimulatedDisk disk = cut.disk();
            disk.crashAtStep(disk.steps() + step);
            try {
                cut.salvage(options);
            } catch (PowerCutException e) {
                // At each of the steps but perhaps the last.
                assertThat(e).isNotNull();
            }
            disk.crash();
            disk.crashAtStep(Long.MAX_VALUE);
            assertThat(cut.files(SimulatedLog.DIRECTORY).keySet()).isEqualTo(source.keySet());
            if (names(disk).contains("MANIFEST")) {
                finished++;
                assertThatThrownBy(() -> cut.salvage(options)).isInstanceOf(SalvageTargetException.class);
            } else {
                unfinished += names(disk).contains("SALVAGE") ? 1 : 0;
                checkIsNoLog(cut);
                assertThat(cut.salvage(options).records()).isEqualTo(records.size());
            }
            assertThat(text(cut.salvaged())).as("cut at step %d of %d", step, steps).isEqualTo(records);
        }
        assertThat(unfinished).as("cuts in the middle").isGreaterThan(20);
        assertThat(finished).as("cuts behind the manifest").isPositive();
    }

    private static List<String> names(SimulatedDisk disk) {
        try {
            return disk.damage(SalvageStory.TARGET).names();
        } catch (IllegalArgumentException e) {
            // The directory's own name went with the power.
            return List.of();
        }
    }

    /** What is unfinished cannot be opened, nor salvaged from. */
    private static void checkIsNoLog(SalvageStory cut) {
        if (names(cut.disk()).contains("SALVAGE")) {
            assertThatThrownBy(cut::appendToSalvaged).isInstanceOfSatisfying(RefusedLogException.class, refused -> {
                assertThat(refused.report().verdict()).isEqualTo(Verdict.BAD_MANIFEST);
                assertThat(refused).hasMessageContaining("was cut short").hasMessageContaining("varve salvage");
            });
            Path other = Path.of("other");
            assertThatThrownBy(() -> Salvage.of(SalvageStory.TARGET, other, SalvageOptions.defaults(),
                SimulatedLog.environment(cut.disk(), 1))).isInstanceOf(UnsalvageableException.class);
        }
    }

    private static List<String> text(List<Written> records) {
        return records.stream().map(Written::toString).toList();
    }
}
