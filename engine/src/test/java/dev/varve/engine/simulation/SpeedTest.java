package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.IoFile;
import org.junit.jupiter.api.Test;

/** Campaigns live on the number of cycles they can afford. */
class SpeedTest extends SimulationTest {
    private static final int CYCLES = 2000;
    private static final int CYCLES_PER_SECOND_MIN = 200;

    @Test
    void shouldAffordHundredsOfSmallLogsPerSecond() {
        cycles(CYCLES);
        long startNs = System.nanoTime();
        cycles(CYCLES);
        double perSecond = CYCLES * 1e9 / (System.nanoTime() - startNs);
        System.out.printf("simulation: %.0f cycles per second of create, 20 synced writes, power cut, read back%n", perSecond);

        assertThat(perSecond).isGreaterThan(CYCLES_PER_SECOND_MIN);
    }

    private void cycles(int count) {
        for (int seed = 0; seed < count; seed++) {
            start(seed, DiskSettings.of(Unfriendliness.swarm(seed)));
            IoFile file = durableFile("a", 16);
            for (int i = 0; i < 20; i++) {
                queue.run(write(file, i % 16, i));
                queue.run(request().dataSync(file));
            }
            disk.crash();
            open();
            assertThat(read("a")[4 * BLOCK - 1]).isEqualTo((byte) 19);
        }
    }
}
