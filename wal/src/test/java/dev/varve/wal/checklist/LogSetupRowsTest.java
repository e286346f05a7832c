package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.checklist.ChildJvm;
import dev.varve.engine.checklist.LoopDisk;
import dev.varve.engine.checklist.Observed;
import dev.varve.engine.checklist.Trace;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageObstacle;
import dev.varve.wal.Appended;
import dev.varve.wal.BuildTree;
import dev.varve.wal.Cursor;
import dev.varve.wal.LogConfig;
import dev.varve.wal.StoragePolicy;
import dev.varve.wal.WriteAheadLog;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows 2, 4, 10, 24 and 44, as a log meets them. */
@Timeout(120)
class LogSetupRowsTest {
    private static final LogConfig CONFIG = OpeningProgram.CONFIG;

    @TempDir(factory = BuildTree.class)
    private Path path;

    @Test
    void row02ALogWhoseContextIsRefusedSaysWhyAndLeavesNoFileBehind() throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        Path directory = path.resolve("log");
        ChildJvm opening = ChildJvm.of(OpeningProgram.class, directory, 1);
        Map<String, StorageObstacle> errors = new TreeMap<>(Map.of("ENOSYS", StorageObstacle.NO_KERNEL_AIO, "EPERM",
            StorageObstacle.FORBIDDEN, "EAGAIN", StorageObstacle.REQUEST_LIMIT, "ENOMEM", StorageObstacle.MEMORY));
        for (String errno : errors.keySet()) {
            String output = refusing(errno, opening);
            assertThat(output).startsWith(errno + " | io_setup for 65 requests failed with " + errno + ": ")
                .endsWith("obstacle " + errors.get(errno) + "\n");
            assertThat(directory).doesNotExist();
        }
        assertThat(opening.output()).endsWith("appended 1\nread 1\n");
        Observed.note(2, "a log under injected " + String.join(", ", errors.keySet()) + ": StorageContractException with its obstacle, no"
            + " directory made; without, it opens");
    }

    private String refusing(String errno, ChildJvm opening) throws Exception {
        return opening.traced(path.resolve("trace"), "-e", "trace=io_setup", "-e", "inject=io_setup:error=" + errno).output();
    }

    @Test
    void row02UnderPreferDirectALogSaysWhatWasRefusedAndIsWrittenAndReadByChannels() throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        Map<String, String> cures = new TreeMap<>(Map.of("ENOSYS", "CONFIG_AIO", "EPERM", "a seccomp profile or security module forbids it",
            "EAGAIN", "raise it with: sysctl -w fs.aio-max-nr="));
        for (String errno : cures.keySet()) {
            Path directory = path.resolve(errno);
            String output = refusing(errno, ChildJvm.of(OpeningProgram.class, directory, 100, StoragePolicy.PREFER_DIRECT));
            String refusal = "io_setup for 65 requests failed with " + errno + ": ";
            assertThat(output.lines()).contains("contract CHANNEL_DIRECT", "appended 100", "read 100")
                .anyMatch(line -> line.startsWith("refusal " + refusal) && line.contains(cures.get(errno)))
                // Nor is it silent in the application's own log.
                .anyMatch(line -> line.contains("is written by CHANNEL_DIRECT, since kernel AIO") && line.contains(refusal));
            assertThat(Trace.read(path.resolve("trace")).matching("io_setup.*INJECTED")).isNotEmpty();

            try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
                assertThat(log.storage().contract()).isEqualTo(StorageContract.DIRECT_AIO);
                assertThat(log.storage().refusal()).isEmpty();
                assertThat(OpeningProgram.read(log)).isEqualTo(100);
            }
        }
        Observed.note(2, "PREFER_DIRECT under injected " + String.join(", ", cures.keySet()) + ": CHANNEL_DIRECT, the refusal with errno"
            + " and cure in the status, 100 records written and read back; without, DIRECT_AIO goes on behind them");
    }

    @Test
    void row10ALogWhoseSubmissionsAreInterruptedOrHaveNoRoomLosesNothing() throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        List<String> seen = new ArrayList<>();
        for (String errno : List.of("EINTR", "EAGAIN")) {
            ChildJvm appending = ChildJvm.of(OpeningProgram.class, path.resolve(errno), 200);
            assertThat(appending.traced(path.resolve("trace"), "-e", "trace=io_submit", "-e",
                "inject=io_submit:error=" + errno + ":when=2+2").output()).endsWith("appended 200\nread 200\n");
            int injected = Trace.read(path.resolve("trace")).matching(errno + ".*INJECTED").size();
            assertThat(injected).isGreaterThan(100);
            seen.add(errno + " " + injected + " times");
        }
        Observed.note(10, "a log under " + String.join(" and ", seen) + ": 200 records appended and read back");
    }

    @Test
    void row10ALogThatTheKernelHasNoMemoryForFailsByNameAndKeepsWhatItAcknowledged() throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        Path directory = path.resolve("log");
        NumberedLog numbered = new NumberedLog();
        String output = ChildJvm.of(LogProgram.class, "fill", directory, 1000)
            .traced(path.resolve("trace"), "-e", "trace=io_submit", "-e", "inject=io_submit:error=ENOMEM:when=40+").output();
        LogProgram.acknowledgements(output, numbered);

        assertThat(output).containsPattern("refused (IndeterminateAppend|LogFailed)Exception: .*ENOMEM");
        int acknowledged = numbered.acknowledged();
        assertThat(acknowledged).isPositive();
        int found = numbered.check(directory);
        Observed.note(10, "a log under ENOMEM with nothing in flight that would give memory back: failed by ENOMEM; reopened with " + found
            + " records, all " + acknowledged + " acknowledged ones there");
    }

    @Test
    void row04EachOfTwoLogsHoldsItsOwnRecordsOnly() throws Exception {
        int count = 2000;
        List<Path> directories = List.of(path.resolve("even"), path.resolve("odd"));
        try (WriteAheadLog even = WriteAheadLog.open(directories.get(0), CONFIG);
            WriteAheadLog odd = WriteAheadLog.open(directories.get(1), CONFIG)) {
            List<CompletableFuture<Appended>> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                MemorySegment payload = MemorySegment.ofArray(new byte[200]);
                payload.set(ValueLayout.JAVA_INT_UNALIGNED, 0, i);
                all.add((i % 2 == 0 ? even : odd).appendAsync(i % 2, payload));
            }
            for (CompletableFuture<Appended> each : all) {
                each.get();
            }
        }
        for (int which = 0; which < 2; which++) {
            try (WriteAheadLog log = WriteAheadLog.open(directories.get(which), CONFIG); Cursor cursor = log.read(log.headLsn())) {
                for (int i = which; i < count; i += 2) {
                    assertThat(cursor.next()).isTrue();
                    assertThat(cursor.kind()).isEqualTo(which);
                    assertThat(cursor.payload().get(ValueLayout.JAVA_INT_UNALIGNED, 0)).isEqualTo(i);
                }
                assertThat(cursor.next()).isFalse();
            }
        }
        Observed.note(4, "two logs open at once, 1000 records each by turns: each holds its own, in order, after reopening");
    }

    @Test
    void row24AMebibyteOfUnalignedRowsArrivesOnSectorsOf512Bytes() throws Exception {
        unalignedRows(512);
    }

    @Test
    void row24AMebibyteOfUnalignedRowsArrivesOnSectorsOf4096Bytes() throws Exception {
        unalignedRows(4096);
    }

    @Test
    void row44ALogIsNotOpenedOnABlockDeviceWhateverStorageItIsContentWith() throws Exception {
        String obstacle = LoopDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
        try (LoopDisk disk = LoopDisk.ext4(path, 32 << 20, 512)) {
            Path device = Path.of(disk.device());
            for (StoragePolicy policy : StoragePolicy.values()) {
                assertThatThrownBy(() -> WriteAheadLog.open(device, CONFIG.withStorage(policy)))
                    .isInstanceOfSatisfying(IoFailureException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTDIR))
                    .hasMessageContaining("opening directory " + device + " failed: ENOTDIR: "
                        + (policy == StoragePolicy.PORTABLE ? "" : "it is a block device; make a file system on it"));
            }
            Observed.note(44, "a log on a loop device itself: refused with ENOTDIR under each of " + List.of(StoragePolicy.values()));
        }
    }

    private void unalignedRows(int sectorSize) throws Exception {
        String obstacle = LoopDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
        try (LoopDisk disk = LoopDisk.ext4(path, 96 << 20, sectorSize); Arena arena = Arena.ofShared()) {
            assertThat(disk.sectorSize()).isEqualTo(sectorSize);
            // As calloc gives it: 16 bytes behind a page.
            MemorySegment rows = arena.allocate(16 + (1 << 20), 4096).asSlice(16);
            byte[] content = new byte[1 << 20];
            new Random(24).nextBytes(content);
            rows.copyFrom(MemorySegment.ofArray(content));
            Path directory = disk.mountPoint().resolve("log");
            append(directory, rows);
            long read = checksumOfRead(directory);

            CRC32C written = new CRC32C();
            written.update(content);
            assertThat(read).isEqualTo(written.getValue());
            Observed.note(24, "sectors of " + disk.sectorSize() + " bytes: 1024 records of 1 KiB through the log, CRC-32C "
                + Long.toHexString(read) + " of what was appended and of what was read after reopening");
        }
    }

    private static void append(Path directory, MemorySegment rows) throws Exception {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            List<CompletableFuture<Appended>> all = new ArrayList<>();
            for (int i = 0; i < 1024; i++) {
                all.add(log.appendAsync(rows.asSlice(i * 1024L, 1024)));
            }
            for (CompletableFuture<Appended> each : all) {
                each.get();
            }
        }
    }

    private static long checksumOfRead(Path directory) throws IOException {
        CRC32C read = new CRC32C();
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG); Cursor cursor = log.read(log.headLsn())) {
            while (cursor.next()) {
                assertThat(cursor.length()).isEqualTo(1024);
                read.update(cursor.payload().toArray(ValueLayout.JAVA_BYTE));
            }
        }
        return read.getValue();
    }
}
