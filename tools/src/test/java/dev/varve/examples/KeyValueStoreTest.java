package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.engine.simulation.SimulatedMemory;
import dev.varve.wal.Environment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The power of a small database is cut at any step, on a disk that forgets what it may. docs/simulation.md shows the first test. */
class KeyValueStoreTest {
    private static final Path PATH = Path.of("store");
    /** Held here, because loggers that nobody holds forget their level. */
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    @BeforeAll
    static void tellNothingOfHundredsOfRecoveries() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void tellAgain() {
        LOGGER.setLevel(null);
    }

    private static KeyValueStore open(SimulatedDisk disk) {
        return KeyValueStore.open(PATH, Environment.deterministic(disk, new SimulatedMemory(), disk.seed(), disk::nowNs));
    }

    @Test
    void everyAcknowledgedPutSurvivesAPowerCutAtAnyStep() {
        for (long seed = 1; seed <= 300; seed++) {
            SimulatedDisk disk = new SimulatedDisk(seed);
            disk.crashAtStep(2 * seed);
            int acknowledged = 0;
            try (KeyValueStore store = open(disk)) {
                for (; acknowledged < 1000; acknowledged++) {
                    store.put("key " + acknowledged, "value");
                }
            } catch (RuntimeException e) {
                assertThat(disk.isStopped()).as("only the power cut ends it: %s", e).isTrue();
            }
            disk.crash();
            try (KeyValueStore store = open(disk)) {
                assertThat(store.size()).as("%s", disk).isBetween(acknowledged, acknowledged + 1);
            }
        }
    }

    /** How the program ends. */
    enum End { POWER_CUT, PROCESS_KILL, CLOSE }

    /** What it must hold: what is acknowledged, and of the one change that was under way either outcome. */
    private static final class Expected {
        private final Map<String, String> values = new HashMap<>();
        private String key;
        private String value;

        void begins(String changedKey, String newValue) {
            key = changedKey;
            value = newValue;
        }

        void ends() {
            if (value == null) {
                values.remove(key);
            } else {
                values.put(key, value);
            }
            key = null;
        }

        void check(KeyValueStore store, String what) {
            if (key != null && Objects.equals(store.get(key), value)) {
                ends();
            }
            key = null;
            assertThat(store.size()).as(what).isEqualTo(values.size());
            values.forEach((k, v) -> assertThat(store.get(k)).as(what).isEqualTo(v));
        }
    }

    private static void work(KeyValueStore store, Expected expected, SplittableRandom random) {
        for (int i = random.nextInt(5, 60); i > 0; i--) {
            String key = "key " + random.nextInt(8);
            if (random.nextInt(4) == 0) {
                expected.begins(key, null);
                store.delete(key);
            } else {
                String value = "v".repeat(random.nextInt(10) == 0 ? random.nextInt(15_000) : random.nextInt(30)) + i;
                expected.begins(key, value);
                store.put(key, value);
            }
            expected.ends();
        }
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void itHoldsWhatAMapHoldsThroughManyLives(End end) {
        int stopped = 0;
        for (long seed = 1; seed <= 100; seed++) {
            SimulatedDisk disk = new SimulatedDisk(seed);
            SplittableRandom random = new SplittableRandom(seed);
            Expected expected = new Expected();
            for (int life = 0; life < 4; life++) {
                try (KeyValueStore store = open(disk)) {
                    expected.check(store, disk + ", life " + life);
                    disk.crashAtStep(end == End.CLOSE ? Long.MAX_VALUE : disk.steps() + random.nextInt(1, 400));
                    work(store, expected, random);
                } catch (RuntimeException e) {
                    assertThat(disk.isStopped()).as("only the end of the machine ends it: %s", e).isTrue();
                }
                stopped += disk.isStopped() ? 1 : 0;
                disk.crashAtStep(Long.MAX_VALUE);
                if (end == End.POWER_CUT) {
                    disk.crash();
                } else if (end == End.PROCESS_KILL) {
                    disk.kill();
                }
            }
        }
        assertThat(stopped).as("lives that ended in the middle").matches(count -> end == End.CLOSE ? count == 0 : count > 100);
    }

    /** The canary: on a device that acknowledges writes and drops them the first test would fail. */
    @Test
    void aDiskThatLiesIsSeenToLosePuts() {
        SimulatedDisk disk = new SimulatedDisk(1, DiskSettings.quiet());
        KeyValueStore store = open(disk);
        disk.faults().lose(Occasion.nth(Operation.WRITE, "0000000000000001.varve", 5).onwards());
        for (int i = 0; i < 8; i++) {
            store.put("key " + i, "value");
        }
        disk.faults().clear();
        disk.crash();
        try (KeyValueStore after = open(disk)) {
            assertThat(after.size()).isLessThan(8);
        }
    }
}
