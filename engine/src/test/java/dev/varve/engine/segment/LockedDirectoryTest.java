package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.io.Disk;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.simulation.SimulatedDisk;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** On the real kernel and on a simulated one. */
class LockedDirectoryTest {
    @TempDir(factory = BuildTree.class)
    private Path temporary;

    static List<Disk> disks() {
        return List.of(new KernelDisk(), new SimulatedDisk(1));
    }

    @ParameterizedTest
    @MethodSource("disks")
    void shouldLetOneWriterInAtATime(Disk disk) {
        Path path = temporary.resolve("log");
        try (LockedDirectory locked = LockedDirectory.lock(disk, path)) {
            assertThat(locked.directory().list()).containsExactly(SegmentName.LOCK);
            assertThat(locked.directory().isLocked(SegmentName.LOCK)).isTrue();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> LockedDirectory.lock(disk, path)).isInstanceOf(LogLockedException.class)
                    .hasMessageContaining(path.toString());
            }
        }
        try (LockedDirectory again = LockedDirectory.lock(disk, path)) {
            assertThat(again.directory().path()).isEqualTo(path);
        }
    }

    @ParameterizedTest
    @MethodSource("disks")
    void shouldCloseOnceAndForAll(Disk disk) {
        Path path = temporary.resolve("log");
        LockedDirectory first = LockedDirectory.lock(disk, path);
        first.close();
        LockedDirectory second = LockedDirectory.lock(disk, path);
        first.close();

        assertThatThrownBy(() -> LockedDirectory.lock(disk, path)).as("not released by the first holder")
            .isInstanceOf(LogLockedException.class);
        second.close();
    }

    @ParameterizedTest
    @MethodSource("disks")
    void shouldLockEachDirectoryForItself(Disk disk) {
        try (LockedDirectory one = LockedDirectory.lock(disk, temporary.resolve("one"));
             LockedDirectory other = LockedDirectory.lock(disk, temporary.resolve("other"))) {
            assertThat(one.directory().path()).isNotEqualTo(other.directory().path());
        }
    }
}
