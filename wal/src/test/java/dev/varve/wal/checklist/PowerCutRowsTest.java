package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.checklist.ChildJvm;
import dev.varve.engine.checklist.LoopDisk;
import dev.varve.engine.checklist.Observed;
import dev.varve.engine.checklist.Throttle;
import dev.varve.engine.checklist.VolatileDisk;
import dev.varve.wal.BuildTree;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Cuts the power of a log's disk while a process appends: what was acknowledged is there, and nothing that was never appended.
 *
 * <p>{@code .ci/power-cuts N} cuts N times; {@code -Dvarve.cut.seed=…} repeats the choices, though not the moments.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class PowerCutRowsTest {
    private static final int CUTS = Integer.getInteger("varve.cuts", 4);
    private static final long SEED = Long.getLong("varve.cut.seed", System.nanoTime());
    private static final int DELAY_MAX_MS = 250;
    private static final long SLOW = 8 << 20;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private final Random random = new Random(SEED);
    private long acknowledged;
    private long found;

    @Test
    void row48EveryAcknowledgedRecordSurvivesPowerCutsAndNoneIsInvented() throws Exception {
        assumeTrue(LoopDisk.obstacle() == null, LoopDisk.obstacle());
        System.out.println("power cuts: " + CUTS + ", varve.cut.seed=" + SEED);
        int slow = 0;
        for (int cut = 0; cut < CUTS; cut++) {
            boolean isSlow = cut % 2 == 0 && Throttle.obstacle() == null;
            slow += isSlow ? 1 : 0;
            try {
                cut(isSlow);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("cut " + cut + " of seed " + SEED + (isSlow ? ", slow disk" : ""), e);
            }
        }
        assertThat(acknowledged).isGreaterThan(CUTS);
        System.out.println("power cuts: " + CUTS + ", acknowledged " + acknowledged + ", found " + found);
        Observed.note(48, CUTS + " cuts, " + slow + " of them where syncs overtake writes: " + acknowledged + " acknowledged records,"
            + " all there; " + (found - acknowledged) + " more that were appended and not acknowledged");
    }

    private void cut(boolean isSlow) throws Exception {
        NumberedLog numbered = new NumberedLog();
        numbered.allowNoGaps();
        try (VolatileDisk disk = VolatileDisk.open(folder)) {
            int length = 1 + random.nextInt(random.nextBoolean() ? 300_000 : 8000);
            String way = random.nextInt(3) == 0 ? "fill" : "stream";
            String output;
            try (Throttle throttle = isSlow ? Throttle.of(disk.disk(), SLOW) : null) {
                assertThat(throttle != null).isEqualTo(isSlow);
                output = outputUntilCut(ChildJvm.of(LogProgram.class, way, disk.disk().mountPoint().resolve("log"), length).start(), disk);
            }
            LogProgram.acknowledgements(output, numbered);
            disk.restart();
            acknowledged += numbered.acknowledged();
            found += numbered.check(disk.disk().mountPoint().resolve("log"));
        }
    }

    private String outputUntilCut(Process process, VolatileDisk disk) throws IOException, InterruptedException {
        StringBuilder output = new StringBuilder();
        try (InputStream input = process.getInputStream()) {
            byte[] bytes = new byte[1 << 16];
            while (output.indexOf("ack ") < 0) {
                int count = input.read(bytes);
                assertThat(count).as("said before it acknowledged anything: %s", output).isPositive();
                output.append(new String(bytes, 0, count, StandardCharsets.UTF_8));
            }
            Thread.sleep(random.nextInt(DELAY_MAX_MS));
            // Stopped, it writes no more, so that what is in the cache can be looked through; what the kernel was given goes on.
            LoopDisk.run("kill", "-STOP", Long.toString(process.pid()));
            disk.cut(random);
            process.toHandle().destroyForcibly();
            output.append(new String(input.readAllBytes(), StandardCharsets.UTF_8));
        } finally {
            process.destroyForcibly();
            process.waitFor();
        }
        return output.toString();
    }
}
