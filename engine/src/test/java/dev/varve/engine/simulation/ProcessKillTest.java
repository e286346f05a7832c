package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import org.junit.jupiter.api.Test;

class ProcessKillTest extends SimulationTest {
    @Test
    void shouldKeepTheCache() {
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, DiskSettings.quiet());
            IoFile file = durableFile("a", 2);
            queue.run(write(file, 0, 7));
            disk.kill();
            open();

            assertThat(isAll(block(read("a"), 0), 7)).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void shouldDoWritesInFlightWhollyPartlyOrNotAtAll() {
        int[] seen = new int[3];
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, DiskSettings.quiet());
            IoFile file = durableFile("a", 1);
            queue.add(write(file, 0, 7));
            queue.submit();
            disk.kill();
            byte[] left = bytes("a");
            for (int i = 0; i < 8; i++) {
                assertThat(isAll(sector(left, i), 7) || isAll(sector(left, i), 0)).isTrue();
            }
            seen[isAll(left, 0) ? 0 : isAll(left, 7) ? 1 : 2]++;
        }

        assertThat(seen).doesNotContain(0);
    }

    @Test
    void shouldLetTheNextProgramSyncWhatTheKilledOneWrote() {
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, DiskSettings.quiet());
            IoFile file = durableFile("a", 2);
            queue.add(write(file, 0, 7));
            queue.add(write(file, 1, 9));
            queue.submit();
            disk.kill();
            open();
            byte[] seen = read("a");
            queue.run(request().dataSync(directory.open("a", Access.READ)));
            disk.crash();

            assertThat(bytes("a")).as("seed %d", seed).isEqualTo(seen);
        }
    }

    @Test
    void shouldStillLoseTheCacheInALaterPowerCut() {
        int lost = count(seed -> {
            start(seed, DiskSettings.quiet());
            IoFile file = durableFile("a", 1);
            queue.run(write(file, 0, 7));
            disk.kill();
            disk.crash();
            return !isAll(bytes("a"), 7);
        });

        assertThat(lost).isBetween(1, SEEDS - 1);
    }

    @Test
    void shouldFinishWhatIsInFlightWhenAnEngineIsClosed() {
        for (int seed = 0; seed < 100; seed++) {
            start(seed, DiskSettings.quiet());
            IoFile file = durableFile("a", 1);
            queue.add(write(file, 0, 7));
            queue.submit();
            queue.engine().close();
            open();
            queue.run(request().dataSync(directory.open("a", Access.READ)));
            disk.crash();

            assertThat(isAll(bytes("a"), 7)).isTrue();
        }
    }
}
