package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.aio.AioLimits;
import dev.varve.engine.checklist.ChildJvm;
import dev.varve.engine.checklist.Observed;
import dev.varve.wal.BuildTree;
import dev.varve.wal.WriteAheadLog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that append are killed, and processes are started beside one that appends. */
@Timeout(180)
class KilledRowsTest {
    private static final int KILLS = 10;
    private static final int DELAY_MAX_MS = 300;
    /** What the logs of other tests on this machine may reserve meanwhile; fewer than what the killed ones would have left. */
    private static final long NOISE = 64L * KILLS / 2;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private final NumberedLog numbered = new NumberedLog();

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
        Path log = folder.resolve("log");
        long before = AioLimits.current().used();
        int records = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            // A number that the killed one took in vain is not given again.
            long first = kill * 1_000_000L;
            Process process = ChildJvm.of(LogProgram.class, "fill", log, 1 + random.nextInt(20_000), first).start();
            LogProgram.acknowledgements(outputUntilKilled(process, random.nextInt(DELAY_MAX_MS)), numbered);
            records = numbered.check(log);
        }
        assertThat(records).as("seed %d", seed).isGreaterThanOrEqualTo(numbered.acknowledged() - 1);
        long after = AioLimits.current().used();
        assertThat(after - before).as("reserved before %d, afterwards %d", before, after).isLessThan(NOISE);
        Observed.note(49, KILLS + " kills: all " + numbered.acknowledged() + " acknowledged records present, fs.aio-nr " + before
            + " and " + after);
    }

    @Test
    void row49ChildrenThatAreStartedBesideALogNeitherHoldNorDisturbIt() throws Exception {
        Path directory = folder.resolve("log");
        int children = 0;
        Process sleeper;
        try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
            sleeper = new ProcessBuilder("sleep", "60").start();
            for (int i = 0; i < 40; i++) {
                Process child = new ProcessBuilder("/bin/true").start();
                numbered.append(log, 5, 3000);
                children += child.waitFor() == 0 ? 1 : 0;
            }
        }
        try {
            // A child that still lives has inherited neither lock nor context: the log can be opened at once.
            assertThat(sleeper.isAlive()).isTrue();
            assertThat(numbered.check(directory)).isEqualTo(200);
            assertThat(ChildJvm.of(LogProgram.class, "inspect", directory, 0).output()).contains("records 201");
        } finally {
            sleeper.destroyForcibly();
        }
        Observed.note(49, children + " children beside 200 appends; with one of them alive the log closes, opens and holds all of them");
    }
}
