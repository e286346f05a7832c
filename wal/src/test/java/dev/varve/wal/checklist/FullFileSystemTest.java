package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.checklist.LoopDisk;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.wal.BuildTree;
import dev.varve.wal.LogConfig;
import dev.varve.wal.LogHealth;
import dev.varve.wal.WriteAheadLog;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Fault 22 on a real file system without a free block or a spare: the log opens, reads, closes, and goes on once there is room. */
@Timeout(120)
class FullFileSystemTest {
    private static final long MIB = 1 << 20;
    private static final int SECTOR_SIZE = 512;
    private static final int LARGE = 200_000;
    private static final int UNSYNCED_MIN = 5;
    private static final int UNSYNCED_MAX = 12;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private final NumberedLog numbered = new NumberedLog();

    /** Another K than the last writer's, so that its segment is not continued. */
    private static LogConfig withUnsynced(int unsynced) {
        LogConfig config = NumberedLog.CONFIG;
        return config.withLimits(new LogConfig.Limits(config.limits().recordLength(), config.limits().buffers(), unsynced));
    }

    /** Takes the log's spares and every free block, down to the last. */
    private static void fill(Path mountPoint, Path directory) throws IOException {
        try (DirectoryStream<Path> spares = Files.newDirectoryStream(directory, "*.{spare,preparing}")) {
            for (Path spare : spares) {
                Files.delete(spare);
            }
        }
        LoopDisk.run("sh", "-c", "dd if=/dev/zero of=\"$0\" bs=4096 oflag=append conv=notrunc 2> /dev/null; true",
            mountPoint.resolve("filler").toString());
        LoopDisk.run("sync", "-f", mountPoint.toString());
    }

    @Test
    void fault22AFullFileSystemWithoutASpareIsOpenedReadAndClosedAndWrittenToOnceThereIsRoom() throws Exception {
        String obstacle = LoopDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
        try (LoopDisk disk = LoopDisk.ext4(folder, 32 * MIB, SECTOR_SIZE)) {
            Path directory = disk.mountPoint().resolve("log");
            LoopDisk.run("fallocate", "--length", "6M", disk.mountPoint().resolve("reserve").toString());
            try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
                RuntimeException refusal = numbered.appendUntilRefused(log, 1000, LARGE);
                assertThat(refusal).isInstanceOf(NoSpaceException.class);
            }
            int unsynced = UNSYNCED_MIN;
            boolean isFull = false;
            for (; !isFull && unsynced < UNSYNCED_MAX; unsynced++) {
                fill(disk.mountPoint(), directory);
                try (WriteAheadLog log = WriteAheadLog.open(directory, withUnsynced(unsynced))) {
                    isFull = log.health().state() == LogHealth.State.FULL;
                    if (!isFull) {
                        numbered.append(log, 100);
                    }
                }
            }
            assertThat(isFull).as("what was prepared is used up in the end").isTrue();
            checkFull(disk, directory, withUnsynced(unsynced));
        }
    }

    private void checkFull(LoopDisk disk, Path directory, LogConfig config) throws Exception {
        try (WriteAheadLog log = WriteAheadLog.open(directory, config)) {
            assertThat(numbered.checkReadable(log)).isEqualTo(numbered.acknowledged());
            RuntimeException refusal = numbered.appendUntilRefused(log, 1, LARGE);
            assertThat(refusal).isInstanceOf(NoSpaceException.class).hasMessageContaining("ENOSPC").hasMessageContaining(MIB + " bytes")
                .hasMessageContaining(directory.toString());
            Files.delete(disk.mountPoint().resolve("reserve"));
            long startNs = System.nanoTime();
            boolean isTaken = false;
            while (!isTaken) {
                isTaken = append(log);
                assertThat(System.nanoTime() - startNs).as("taken up again").isLessThan(30_000_000_000L);
            }
            assertThat(log.health().state()).isEqualTo(LogHealth.State.OPEN);
            System.out.println("full ext4: " + numbered.acknowledged() + " records, taken up again "
                + (System.nanoTime() - startNs) / 1_000_000 + " ms after room was made");
        }
        numbered.check(directory);
    }

    private boolean append(WriteAheadLog log) throws InterruptedException {
        try {
            numbered.append(log, LARGE);
            return true;
        } catch (NoSpaceException _) {
            Thread.sleep(20);
            return false;
        }
    }
}
