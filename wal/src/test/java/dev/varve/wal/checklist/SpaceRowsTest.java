package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.checklist.ChildJvm;
import dev.varve.engine.checklist.LoopDisk;
import dev.varve.engine.checklist.Observed;
import dev.varve.engine.checklist.Trace;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.wal.BuildTree;
import dev.varve.wal.IndeterminateAppendException;
import dev.varve.wal.LogFailedException;
import dev.varve.wal.WriteAheadLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** ENOSPC, EDQUOT, EROFS, EIO and EFBIG of real file systems: each ends in a typed exception, and the log stays readable. */
@Timeout(120)
class SpaceRowsTest {
    private static final long MIB = 1 << 20;
    private static final int SECTOR_SIZE = 512;
    private static final int LARGE = 200_000;
    /** After that long the log has nothing more to do by itself: the spare is ready, the end anchored. */
    private static final long AT_REST_MS = 500;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private final NumberedLog numbered = new NumberedLog();

    private static void assumeLoopDisks() throws IOException {
        String obstacle = LoopDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
    }

    private static void remount(LoopDisk disk) throws IOException {
        LoopDisk.run("umount", disk.mountPoint().toString());
        LoopDisk.run("mount", disk.device(), disk.mountPoint().toString());
    }

    @Test
    void row47AFullFileSystemRefusesAppendsUntilThereIsRoomAndLosesNothing() throws Exception {
        assumeLoopDisks();
        try (LoopDisk disk = LoopDisk.ext4(folder, 32 * MIB, SECTOR_SIZE)) {
            Path directory = disk.mountPoint().resolve("log");
            Path filler = disk.mountPoint().resolve("filler");
            LoopDisk.run("fallocate", "--length", "16M", filler.toString());
            try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
                RuntimeException refusal = numbered.appendUntilRefused(log, 1000, LARGE);
                int before = numbered.acknowledged();
                assertThat(refusal).isInstanceOf(NoSpaceException.class).hasMessageContaining("ENOSPC");
                assertThat(numbered.checkReadable(log)).as("readable while full").isEqualTo(before);
                Files.delete(filler);
                long startNs = System.nanoTime();
                appendAsSoonAsItGoes(log);
                long waitedMs = (System.nanoTime() - startNs) / 1_000_000;
                Observed.note(47, "ENOSPC: NoSpaceException after " + before + " records, all readable; taken up again " + waitedMs
                    + " ms after room was made");
            }
            numbered.check(directory);
        }
    }

    private void appendAsSoonAsItGoes(WriteAheadLog log) throws InterruptedException {
        for (int i = 0; i < 200; i++) {
            try {
                numbered.append(log, LARGE);
                return;
            } catch (NoSpaceException _) {
                Thread.sleep(20);
            }
        }
        throw new AssertionError("not taken up again");
    }

    @Test
    void row47AQuotaRefusesAppendsAsAFullFileSystemDoes() throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        Path directory = folder.resolve("log");
        Path trace = folder.resolve("trace");
        String output = ChildJvm.of(LogProgram.class, "fill", directory, LARGE)
            .traced(trace, "-e", "trace=fallocate", "-e", "inject=fallocate:error=EDQUOT:when=3+").output();
        LogProgram.acknowledgements(output, numbered);

        assertThat(output).contains("refused NoSpaceException").contains("EDQUOT");
        assertThat(Trace.read(trace).matching("EDQUOT.*INJECTED")).isNotEmpty();
        int found = numbered.check(directory);
        Observed.note(47, "EDQUOT injected into fallocate: NoSpaceException, " + found + " records readable afterwards");
    }

    @Test
    void row47AFileSystemThatHasBecomeReadOnlyFailsTheLogAndStaysReadable() throws Exception {
        assumeLoopDisks();
        try (LoopDisk disk = LoopDisk.ext4(folder, 32 * MIB, SECTOR_SIZE)) {
            LoopDisk.run("mount", "-o", "remount,errors=remount-ro", disk.mountPoint().toString());
            Path directory = disk.mountPoint().resolve("log");
            try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
                numbered.append(log, 20, LARGE);
                Thread.sleep(AT_REST_MS);
                Path trigger = Path.of("/sys/fs/ext4", Path.of(disk.device()).getFileName().toString(), "trigger_fs_error");
                assumeTrue(Files.exists(trigger), "this kernel's ext4 has no trigger_fs_error");
                Files.writeString(trigger, "varve");
                RuntimeException failure = numbered.appendUntilRefused(log, 10, 1000);
                assertThat(failure).isInstanceOfAny(IndeterminateAppendException.class, LogFailedException.class)
                    .hasMessageContaining("EROFS");
                assertThat(log.close(Duration.ofSeconds(30))).isTrue();
            }
            LoopDisk.run("umount", disk.mountPoint().toString());
            // The file system was told that it is damaged; its checker finds nothing and says so in its status.
            LoopDisk.run("sh", "-c", "fsck.ext4 -f -y \"$0\" > /dev/null 2>&1; test $? -le 1", disk.device());
            LoopDisk.run("mount", disk.device(), disk.mountPoint().toString());
            int found = numbered.check(directory);
            Observed.note(47, "EROFS after an ext4 error: log failed; reopened with " + found + " records");
        }
    }

    @Test
    void row47ADeviceThatLosesItsEndFailsTheLogByEio() throws Exception {
        assumeLoopDisks();
        SavedDisk saved;
        try (LoopDisk disk = LoopDisk.ext4(folder, 32 * MIB, SECTOR_SIZE)) {
            try (WriteAheadLog log = WriteAheadLog.open(disk.mountPoint().resolve("log"), NumberedLog.CONFIG)) {
                numbered.append(log, 20, LARGE);
                Thread.sleep(AT_REST_MS);
                saved = SavedDisk.of(disk, folder, 32 * MIB);
                SavedDisk.shrink(disk);
                RuntimeException failure = numbered.appendUntilRefused(log, 1, 1000);
                assertThat(failure).isInstanceOfAny(IndeterminateAppendException.class, LogFailedException.class)
                    .hasMessageContaining("EIO");
                assertThat(log.close(Duration.ofSeconds(30))).isTrue();
            }
        }
        try (LoopDisk disk = saved.mount(folder)) {
            int found = numbered.check(disk.mountPoint().resolve("log"));
            assertThat(found).isEqualTo(20);
            Observed.note(47, "EIO of a device that was cut off: log failed; the device as it was before has " + found + " of 20 records");
        }
    }

    @Test
    void row47AThinDeviceWithoutRoomBehindItRefusesOrFailsAndKeepsWhatWasAcknowledged() throws Exception {
        assumeLoopDisks();
        Path thin = Files.createDirectory(folder.resolve("thin"));
        LoopDisk.run("mount", "-t", "tmpfs", "-o", "size=24M", "tmpfs", thin.toString());
        try (LoopDisk disk = LoopDisk.formatted(thin, 64 * MIB, SECTOR_SIZE, "mkfs.ext4", "-q", "-b", "4096", "-E", "nodiscard")) {
            Path directory = disk.mountPoint().resolve("log");
            RuntimeException failure;
            try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
                failure = numbered.appendUntilRefused(log, 1000, LARGE);
                assertThat(failure).isInstanceOfAny(NoSpaceException.class, IndeterminateAppendException.class, LogFailedException.class);
                assertThat(failure.getMessage()).containsAnyOf("ENOSPC", "EIO", "EROFS");
                assertThat(log.close(Duration.ofSeconds(30))).isTrue();
            }
            int acknowledged = numbered.acknowledged();
            LoopDisk.run("mount", "-o", "remount,size=128M", thin.toString());
            remount(disk);
            int found = numbered.check(directory);
            Observed.note(47, "thin device: " + failure.getClass().getSimpleName() + " by "
                + failure.getMessage().replaceAll(".*(ENOSPC|EIO|EROFS).*", "$1") + "; with room again " + found + " records, "
                + acknowledged + " acknowledged");
        } finally {
            LoopDisk.run("umount", thin.toString());
        }
    }

    @Test
    void row28AShortWriteIsNeverAcknowledgedAndTheLogFailsByEfbig() throws Exception {
        StringBuilder seen = new StringBuilder();
        for (int kibibytes : new int[] {400, 404, 408, 412}) {
            Path directory = folder.resolve("log" + kibibytes);
            NumberedLog limited = new NumberedLog();
            try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
                limited.append(log, 5, 100);
            }
            // Both segments are there already, so that only writes to them can meet the limit.
            String output = ChildJvm.of(LogProgram.class, "fill", directory, 30_000, limited.acknowledged()).limitedTo(kibibytes).output();
            LogProgram.acknowledgements(output, limited);
            assertThat(output).contains("refused IndeterminateAppendException").contains("EFBIG");
            int found = limited.check(directory);
            seen.append(seen.isEmpty() ? "" : ", ").append(kibibytes).append(" KiB: ").append(found);
        }
        Observed.note(28, "ulimit -f, limit and records found: " + seen + "; log failed by EFBIG, none acknowledged is missing");
    }

    @Test
    void row47AFileSizeLimitFailsTheLogByEfbig() throws Exception {
        Path directory = folder.resolve("log");
        try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
            numbered.append(log, 5, 100);
        }
        String output = ChildJvm.of(LogProgram.class, "fill", directory, 1000, numbered.acknowledged()).limitedTo(200).output();
        LogProgram.acknowledgements(output, numbered);
        assertThat(output).contains("refused IndeterminateAppendException").contains("EFBIG");
        Observed.note(47, "EFBIG of ulimit -f 200: IndeterminateAppendException, reopened with " + numbered.check(directory) + " records");
    }
}
