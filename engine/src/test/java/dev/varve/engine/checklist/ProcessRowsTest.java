package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.linux.BuildTree;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What whole processes do to requests, and what requests leave in a process. */
@Timeout(180)
class ProcessRowsTest {
    private static final int CYCLES = 10_000;
    /** What the JVM's own code may still grow by; of ten thousand engines the iocbs alone would be twice as much. */
    private static final long GROWTH_MAX_KIB = 20 << 10;
    private static final long ENGINE_RESERVES = 65;

    @TempDir(factory = BuildTree.class)
    private Path path;

    /** What a process holds: see {@link ProcessProgram}. */
    private record Footprint(long descriptors, long rings, long residentKib, long addressKib, long reserved) {
        static Footprint of(String output, String when) {
            String line = output.lines().filter(one -> one.startsWith(when)).findFirst().orElseThrow();
            long[] numbers = Arrays.stream(line.substring(when.length() + 1).split(" ", -1)).mapToLong(Long::parseLong).toArray();
            return new Footprint(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
        }
    }

    @Test
    void row43TenThousandEnginesLeaveNothingBehind() throws Exception {
        long startNs = System.nanoTime();
        // A small heap, so that garbage that was not collected yet is not taken for memory lost.
        String output = ChildJvm.of(ProcessProgram.class, "cycles", path, CYCLES).under("/usr/bin/env", "JDK_JAVA_OPTIONS=-Xms24m -Xmx24m")
            .output();
        long tookS = (System.nanoTime() - startNs) / 1_000_000_000;
        Footprint before = Footprint.of(output, "before");
        Footprint after = Footprint.of(output, "after");

        assertThat(after.descriptors()).isEqualTo(before.descriptors());
        assertThat(after.rings()).isZero();
        assertThat(after.residentKib() - before.residentKib()).as("%s, then %s", before, after).isLessThan(GROWTH_MAX_KIB);
        assertThat(after.addressKib() - before.addressKib()).as("%s, then %s", before, after).isLessThan(2 * GROWTH_MAX_KIB);
        // Others on the machine come and go, but do not reserve what ten thousand engines would have left.
        assertThat(after.reserved() - before.reserved()).isLessThan(CYCLES * ENGINE_RESERVES / 20);
        Observed.note(43, CYCLES + " engines opened, used and closed in " + tookS + " s: descriptors " + before.descriptors() + " and "
            + after.descriptors() + ", rings " + after.rings() + ", memory " + (after.residentKib() - before.residentKib())
            + " KiB more, fs.aio-nr " + before.reserved() + " and " + after.reserved());
    }

    @Test
    void row49RealForksBesideRequestsInFlightChangeNoByte() throws Exception {
        String output = ChildJvm.of(ProcessProgram.class, "forks", path, 150).output();
        Matcher forks = Pattern.compile("forks (\\d+)").matcher(output);

        assertThat(output).contains("mistakes 0");
        assertThat(forks.find()).isTrue();
        assertThat(Integer.parseInt(forks.group(1))).isGreaterThan(10);
        Observed.note(49, "150 rounds of 512 requests beside " + forks.group(1) + " forks: every byte as it was written");
    }

    @Test
    void row49InterruptedWaitersLoseNoRequest() throws Exception {
        String output = ChildJvm.of(ProcessProgram.class, "interrupts", path, 50).output();
        Matcher counts = Pattern.compile("interrupted (\\d+) asked (\\d+) done (\\d+) pending (\\d+)").matcher(output);

        assertThat(counts.find()).as(output).isTrue();
        assertThat(Integer.parseInt(counts.group(1))).isGreaterThan(50);
        assertThat(counts.group(3)).isEqualTo(counts.group(2));
        assertThat(counts.group(4)).isEqualTo("0");
        Observed.note(49, counts.group(1) + " InterruptedException while waiting, " + counts.group(3) + " of " + counts.group(2)
            + " requests done");
    }

    @Test
    void row49ThreadDumpsUnderLoadLoseNothing() throws Exception {
        Process process = ChildJvm.of(RowProgram.class, "seconds", path, 6).start();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(reader.readLine()).isEqualTo("ready");
            Thread dumps = Thread.ofPlatform().daemon().start(() -> askForDumps(process));
            List<String> lines = new ArrayList<>(reader.lines().toList());
            dumps.join();

            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            long count = lines.stream().filter(line -> line.startsWith("Full thread dump")).count();
            String result = lines.stream().filter(line -> line.startsWith("asked ")).findFirst().orElseThrow();
            assertThat(count).isGreaterThan(5);
            assertThat(result).matches("asked (\\d+) done \\1 pending 0");
            Observed.note(49, count + " thread dumps by SIGQUIT in 6 s of load: " + result);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void askForDumps(Process process) {
        try {
            while (process.isAlive()) {
                new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid())).start().waitFor();
                Thread.sleep(150);
            }
        } catch (IOException | InterruptedException e) {
            // Over; how many dumps there were is looked at.
            Thread.currentThread().interrupt();
        }
    }
}
