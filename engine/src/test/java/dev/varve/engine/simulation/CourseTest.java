package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.IoFile;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Determinism and copies. */
class CourseTest extends SimulationTest {
    private long hashOf(long seed, DiskSettings settings) {
        memory(0, 256).fill((byte) 0);
        start(seed, settings);
        randomProgram(seed);
        disk.crash();
        open();
        directory.list();
        return disk.traceHash();
    }

    @Test
    void shouldTakeTheSameCourseFromTheSameSeed() {
        Set<Long> hashes = new HashSet<>();
        for (int seed = 0; seed < SEEDS / 4; seed++) {
            DiskSettings settings = DiskSettings.of(Unfriendliness.swarm(seed));
            long hash = hashOf(seed, settings);
            byte[] left = disk.damage(PATH).names().isEmpty() ? new byte[0] : bytes(disk.damage(PATH).names().getFirst());
            hashes.add(hash);

            assertThat(hashOf(seed, settings)).as("seed %d", seed).isEqualTo(hash);
            assertThat(disk.damage(PATH).names().isEmpty() ? new byte[0] : bytes(disk.damage(PATH).names().getFirst()))
                .as("seed %d", seed).isEqualTo(left);
        }

        assertThat(hashes).hasSize(SEEDS / 4);
    }

    @Test
    void shouldNotNoticeThatItWasForked() {
        start(4, DiskSettings.of(Unfriendliness.rough()));
        randomProgram(4);
        disk.crash();
        long hash = disk.traceHash();
        byte[] left = bytes("b");
        memory(0, 256).fill((byte) 0);
        start(4, DiskSettings.of(Unfriendliness.rough()));
        randomProgram(4);
        for (int i = 0; i < 20; i++) {
            SimulatedDisk fork = disk.fork(i);
            fork.crash();
            fork.damage(PATH).names().forEach(fork.damage(PATH)::remove);
        }
        disk.crash();

        assertThat(disk.traceHash()).isEqualTo(hash);
        assertThat(bytes("b")).isEqualTo(left);
    }

    @Test
    void shouldForkIntoManyEnds() {
        start(1, DiskSettings.quiet());
        IoFile file = durableFile("a", 4);
        queue.run(write(file, 0, 1));
        queue.run(request().dataSync(file));
        queue.run(write(file, 1, 2));
        queue.add(write(file, 2, 3));
        queue.submit();
        DiskSnapshot snapshot = disk.snapshot();
        Set<Integer> ends = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            SimulatedDisk fork = i % 2 == 0 ? disk.fork(i) : snapshot.disk(i);
            assertThat(fork.isStopped()).isTrue();
            assertThatThrownBy(() -> fork.openEngine(1)).isInstanceOf(PowerCutException.class);
            fork.crash();
            byte[] left = fork.damage(PATH).bytes("a");
            assertThat(isAll(block(left, 0), 1)).isTrue();
            assertThat(fork.nowNs()).isGreaterThanOrEqualTo(disk.nowNs());
            ends.add(Arrays.hashCode(left));
        }

        assertThat(ends).hasSizeGreaterThan(20);
        settle();
        assertThat(isAll(block(bytes("a"), 2), 3)).isTrue();
    }
}
