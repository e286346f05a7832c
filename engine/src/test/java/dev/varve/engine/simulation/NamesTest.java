package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.NoSpaceException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class NamesTest extends SimulationTest {
    private List<String> names() {
        return disk.damage(PATH).names();
    }

    /** Which sets of names a thousand power cuts leave. */
    private Set<String> leftBy(Runnable program) {
        Set<String> left = new TreeSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, DiskSettings.quiet());
            program.run();
            disk.crash();
            left.add(String.join(" ", names()));
        }
        return left;
    }

    @Test
    void shouldNeedADirectorySyncForANewName() {
        Set<String> left = leftBy(() -> {
            IoFile file = directory.create("a", BLOCK);
            queue.run(request().sync(file));
        });
        Set<String> leftAfterSync = leftBy(() -> durableFile("a", 1));

        assertThat(left).containsExactlyInAnyOrder("", "a");
        assertThat(leftAfterSync).containsExactly("a");
    }

    @Test
    void shouldLeaveARenamedFileOneOfItsNames() {
        Set<String> left = leftBy(() -> {
            durableFile("a", 1);
            directory.rename("a", "b");
        });
        Set<String> leftAfterSync = leftBy(() -> {
            durableFile("a", 1);
            directory.rename("a", "b");
            directory.sync();
        });

        assertThat(left).containsExactlyInAnyOrder("a", "b");
        assertThat(leftAfterSync).containsExactly("b");
    }

    @Test
    void shouldLeaveADeletedFileOrNot() {
        Set<String> left = leftBy(() -> {
            durableFile("a", 1);
            directory.delete("a");
        });
        Set<String> leftAfterSync = leftBy(() -> {
            durableFile("a", 1);
            directory.delete("a");
            directory.sync();
        });

        assertThat(left).containsExactlyInAnyOrder("", "a");
        assertThat(leftAfterSync).containsExactly("");
    }

    @Test
    void shouldReorderChangesOfDifferentNamesButNotOfTheSame() {
        Set<String> left = leftBy(() -> {
            directory.create("a", BLOCK).close();
            directory.rename("a", "b");
            directory.rename("b", "c");
            directory.create("x", BLOCK).close();
        });

        assertThat(left).containsExactlyInAnyOrder("", "a", "b", "c", "x", "a x", "b x", "c x");
    }

    @Test
    void shouldReplaceAtomically() {
        for (int seed = 0; seed < SEEDS; seed++) {
            start(seed, DiskSettings.quiet());
            for (String name : new String[] {"new", "old"}) {
                IoFile file = durableFile(name, 1);
                queue.run(request().writeDurably(file, 0, filled(0, name.charAt(0))));
            }
            directory.rename("new", "old");
            disk.crash();

            boolean isReplaced = names().equals(List.of("old"));
            assertThat(isReplaced || names().equals(List.of("new", "old"))).as("%s, seed %d", names(), seed).isTrue();
            assertThat(isAll(bytes("old"), isReplaced ? 'n' : 'o')).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void shouldMakeTheLengthDurableWithTheFileOrItsDirectory() {
        int lost = count(seed -> {
            start(seed, DiskSettings.quiet());
            directory.create("a", 16L * BLOCK).close();
            disk.crash();
            return names().contains("a") && bytes("a").length < 16 * BLOCK;
        });
        int lostAfterSync = count(seed -> {
            start(seed, DiskSettings.quiet());
            IoFile file = directory.create("a", 16L * BLOCK);
            queue.run(seed % 2 == 0 ? request().sync(file) : request().dataSync(file));
            disk.crash();
            return names().contains("a") && bytes("a").length < 16 * BLOCK;
        });
        int lostAfterDirectorySync = count(seed -> {
            start(seed, DiskSettings.quiet());
            durableFile("a", 16);
            disk.crash();
            return bytes("a").length < 16 * BLOCK;
        });

        assertThat(lost).isPositive();
        assertThat(lostAfterSync).isZero();
        assertThat(lostAfterDirectorySync).isZero();
    }

    @Test
    void shouldKeepNamesInAKilledProcessAndLoseThemInALaterPowerCut() {
        int lost = count(seed -> {
            start(seed, DiskSettings.quiet());
            directory.create("a", BLOCK).close();
            disk.kill();
            assertThat(names()).containsExactly("a");
            disk.crash();
            return names().isEmpty();
        });

        assertThat(lost).isBetween(1, SEEDS - 1);
    }

    @Test
    void shouldMakeDirectoriesDurablyWithAllAboveThem() {
        SimulatedDisk fresh = new SimulatedDisk(1);
        fresh.openDirectory(Path.of("/a/b/c"), true).close();
        fresh.crash();

        assertThat(fresh.openDirectory(Path.of("/a/b/c"), false).list()).isEmpty();
        assertThat(fresh.openDirectory(Path.of("/a/x/../b"), false).list()).isEmpty();
        assertThatThrownBy(() -> fresh.openDirectory(Path.of("/a/d"), false))
            .isInstanceOfSatisfying(IoFailureException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void shouldHaveNoSpaceBeyondItsCapacity() {
        start(1, DiskSettings.quiet().withCapacity(4L * BLOCK));
        directory.create("a", 3L * BLOCK).close();

        assertThatThrownBy(() -> directory.create("b", 2L * BLOCK)).isInstanceOf(NoSpaceException.class);
        assertThat(names()).containsExactly("a");
        directory.delete("a");
        directory.create("b", 2L * BLOCK).close();
        disk.capacity(8L * BLOCK);
        directory.create("c", 6L * BLOCK).close();
        assertThat(disk.situations()).containsEntry("no space", 1L);
    }

    @Test
    void shouldLockUntilClosedOrKilled() throws Exception {
        start(1, DiskSettings.quiet());
        assertThat(directory.isLocked("LOCK")).isFalse();
        assertThat(names()).isEmpty();
        AutoCloseable lock = directory.tryLock("LOCK");
        assertThat(names()).containsExactly("LOCK");
        assertThat(directory.tryLock("LOCK")).isNull();
        assertThat(disk.openDirectory(PATH, false).isLocked("LOCK")).isTrue();
        lock.close();
        assertThat(directory.isLocked("LOCK")).isFalse();

        assertThat(directory.tryLock("LOCK")).isNotNull();
        disk.kill();
        open();
        assertThat(directory.isLocked("LOCK")).isFalse();
        assertThat(directory.tryLock("LOCK")).isNotNull();
        disk.crash();
        open();
        assertThat(directory.tryLock("LOCK")).isNotNull();
    }
}
