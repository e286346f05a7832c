package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.linux.BuildTree;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What whole processes do to requests. */
@Timeout(180)
class ProcessRowsTest {
    @TempDir(factory = BuildTree.class)
    private Path path;

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
