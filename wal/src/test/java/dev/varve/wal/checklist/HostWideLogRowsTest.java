package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.checklist.ChildJvm;
import dev.varve.engine.checklist.FileSystemShutdown;
import dev.varve.engine.checklist.LoopDisk;
import dev.varve.engine.checklist.MachineShare;
import dev.varve.engine.checklist.Observed;
import dev.varve.engine.checklist.ShareProgram;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.wal.BuildTree;
import dev.varve.wal.IndeterminateAppendException;
import dev.varve.wal.LogFailedException;
import dev.varve.wal.WriteAheadLog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A log that has failed gives its requests back to the machine when it is closed, and a process that is killed when it is dead. What such a
 * log says and keeps is seen by the tests of the same rows that run beside others.
 */
@Tag("host-wide")
@Timeout(300)
class HostWideLogRowsTest {
    private static final int ROUNDS_MAX = 5;
    private static final int KILLS = 10;
    private static final int DELAY_MAX_MS = 300;
    private static final int LARGE = 200_000;
    private static final long LENGTH = 32 << 20;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private MachineShare share;

    @BeforeEach
    void lock() throws IOException {
        share = MachineShare.alone();
    }

    @AfterEach
    void unlock() throws IOException {
        share.close();
    }

    /** What is done to a disk below an open log. */
    private interface Fault {
        void happen(LoopDisk disk) throws IOException;
    }

    /** Has a fault happen to an open log, which is then appended to until it refuses, and closed. */
    private MachineShare.Quiet<RuntimeException> failing(Fault fault) throws Exception {
        String obstacle = LoopDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
        return share.unchangedBy(ROUNDS_MAX, () -> {
            try (LoopDisk disk = LoopDisk.ext4(folder, LENGTH, 512);
                WriteAheadLog log = WriteAheadLog.open(disk.mountPoint().resolve("log"), NumberedLog.CONFIG)) {
                NumberedLog numbered = new NumberedLog();
                numbered.append(log, 5, LARGE);
                fault.happen(disk);
                RuntimeException failure = numbered.appendUntilRefused(log, 1000, LARGE);
                assertThat(log.close(Duration.ofSeconds(30))).isTrue();
                return failure;
            }
        });
    }

    @Test
    void row28AfterAFileSizeLimitALogGivesItsShareBack() throws Exception {
        MachineShare.Quiet<String> quiet = share.unchangedWithin(ROUNDS_MAX, () -> {
            Path directory = folder.resolve("log" + System.nanoTime());
            // The segments are there already, so that a write meets the limit.
            try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
                new NumberedLog().append(log, 5, 100);
            }
            return ChildJvm.of(ShareProgram.class, LogProgram.class.getName(), "fill", directory, 1000, 5).limitedTo(200).output();
        });
        assertThat(quiet.result()).contains("refused IndeterminateAppendException").contains("EFBIG");
        Observed.note(28, "a log failed by EFBIG of ulimit -f and closed; aio-nr before and after: " + quiet.used());
    }

    @Test
    void row46AfterAShutDownFileSystemALogGivesItsShareBack() throws Exception {
        MachineShare.Quiet<RuntimeException> quiet = failing(disk -> FileSystemShutdown.of(disk.mountPoint()));
        assertThat(quiet.result()).isInstanceOfAny(IndeterminateAppendException.class, LogFailedException.class)
            .hasMessageContaining("EIO");
        Observed.note(46, "a log failed by the shutdown ioctl and closed; aio-nr before and after: " + quiet.used());
    }

    @Test
    void row47AfterADeviceThatLosesItsEndALogGivesItsShareBack() throws Exception {
        MachineShare.Quiet<RuntimeException> quiet = failing(SavedDisk::shrink);
        assertThat(quiet.result()).isInstanceOfAny(IndeterminateAppendException.class, LogFailedException.class)
            .hasMessageContaining("EIO");
        Observed.note(47, "a log failed by EIO of a device that was cut off, and closed; aio-nr before and after: " + quiet.used());
    }

    @Test
    void row47AfterAFullFileSystemALogGivesItsShareBack() throws Exception {
        MachineShare.Quiet<RuntimeException> quiet = failing(disk ->
            LoopDisk.run("sh", "-c", "dd if=/dev/zero of=\"$0\" bs=1M 2> /dev/null; sync -f \"$0\"", filler(disk)));
        assertThat(quiet.result()).isInstanceOf(NoSpaceException.class).hasMessageContaining("ENOSPC");
        Observed.note(47, "a log refused by ENOSPC and closed; aio-nr before and after: " + quiet.used());
    }

    private static String filler(LoopDisk disk) {
        return disk.mountPoint().resolve("filler").toString();
    }

    private static String outputUntilKilled(Process process, int delayMs) throws IOException, InterruptedException {
        StringBuilder output = new StringBuilder();
        try (InputStream input = process.getInputStream()) {
            byte[] bytes = new byte[1 << 16];
            while (output.indexOf("ack ") < 0) {
                int count = input.read(bytes);
                assertThat(count).as("said before it acknowledged anything: %s", output).isPositive();
                output.append(new String(bytes, 0, count, StandardCharsets.UTF_8));
            }
            Thread killer = Thread.ofPlatform().start(() -> {
                try {
                    Thread.sleep(delayMs);
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                }
                // Not the process's own method, which closes the pipe with acknowledgements in it.
                process.toHandle().destroyForcibly();
            });
            output.append(new String(input.readAllBytes(), StandardCharsets.UTF_8));
            killer.join();
        }
        assertThat(process.waitFor()).as("%s", output).isEqualTo(137);
        return output.toString();
    }

    @Test
    void row49KilledAtRandomTimesALogKeepsWhatItAcknowledgedAndReservesNothing() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        MachineShare.Quiet<Integer> quiet = share.unchangedBy(ROUNDS_MAX, () -> {
            Path log = folder.resolve("log" + random.nextInt(Integer.MAX_VALUE));
            NumberedLog numbered = new NumberedLog();
            int records = 0;
            for (int kill = 0; kill < KILLS; kill++) {
                // A number that the killed one took in vain is not given again.
                long first = kill * 1_000_000L;
                Process process = ChildJvm.of(LogProgram.class, "fill", log, 1 + random.nextInt(20_000), first).start();
                LogProgram.acknowledgements(outputUntilKilled(process, random.nextInt(DELAY_MAX_MS)), numbered);
                records = numbered.check(log);
            }
            assertThat(records).as("seed %d", seed).isGreaterThanOrEqualTo(numbered.acknowledged() - 1);
            return numbered.acknowledged();
        });
        Observed.note(49, KILLS + " kills: all " + quiet.result() + " acknowledged records present, fs.aio-nr " + quiet.used()
            + " before and after");
    }
}
