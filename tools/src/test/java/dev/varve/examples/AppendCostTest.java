package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/kernel-aio.md} says about cost, seen by a tracer. Medians, since other work on the machine moves the rest. */
class AppendCostTest {
    private static final int ROUNDS = 7;
    private static final int ONE_RECORD = 1;
    private static final int ANCHOR = 2;
    private static final int BURST = 3;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private String report;

    @BeforeEach
    void trace() throws IOException {
        assumeTrue(ChildProcess.works("strace", "-o", folder.resolve("probe").toString(), "true"), "no strace, or no leave to trace");
        Path script = Path.of("src", "examples", "append-cost").toAbsolutePath();
        Map<String, String> variables = Map.of("JAVA_HOME", System.getProperty("java.home"),
            "APPEND_COST_CLASSES", System.getProperty("java.class.path"));

        ChildProcess run = ChildProcess.run(folder, variables, script.toString(), folder.resolve("cost").toString(),
            Integer.toString(ROUNDS));

        assertThat(run.status()).as(run.errors()).isZero();
        report = run.output();
        assertThat(report).startsWith("rounds: " + ROUNDS + "\n");
    }

    @Test
    void shouldMakeOneSubmissionForOneRecordAndFewForABurst() {
        Map<String, List<String>> rows = rows();

        assertThat(median(rows, "`io_submit`", ONE_RECORD)).as(report).isEqualTo(1);
        assertThat(median(rows, "PWRITE with RWF_DSYNC", ONE_RECORD)).as(report).isEqualTo(1);
        assertThat(median(rows, "PWRITE", ONE_RECORD) + median(rows, "FDSYNC", ONE_RECORD)).as(report).isZero();
        assertThat(median(rows, "`write` to the eventfd", ONE_RECORD)).as(report).isLessThanOrEqualTo(1);
        assertThat(median(rows, "`io_submit`", ANCHOR)).as(report).isEqualTo(1);
        assertThat(median(rows, "PWRITE with RWF_DSYNC", ANCHOR)).as(report).isEqualTo(1);
        // 10,000 records of 256 bytes with headers are 2.6 MiB: at least 11 batches of 256 KiB.
        int writes = median(rows, "PWRITE", BURST) + median(rows, "PWRITE with RWF_DSYNC", BURST);
        assertThat(writes).as(report).isBetween(8, 40);
        assertThat(median(rows, "FDSYNC", BURST)).as(report).isLessThanOrEqualTo(writes);
        assertThat(median(rows, "`io_submit`", BURST)).as(report).isBetween(2, 60);
        assertThat(median(rows, "FSYNC", BURST)).as(report).isZero();
    }

    private Map<String, List<String>> rows() {
        return report.lines().filter(line -> line.startsWith("| ") && !line.startsWith("| |"))
            .map(line -> Arrays.stream(line.substring(1).split("\\|")).map(String::strip).toList())
            .collect(Collectors.toMap(List::getFirst, row -> row));
    }

    private static int median(Map<String, List<String>> rows, String name, int column) {
        assertThat(rows).containsKey(name);
        return Integer.parseInt(rows.get(name).get(column).split(" ", 2)[0]);
    }

    @Test
    void shouldTouchTheLogWithDocumentedSystemCallsOnly() throws IOException {
        Set<String> touching = report.lines().dropWhile(line -> !line.startsWith("calls that named")).skip(1)
            .map(line -> line.strip().split(" ", 2)[0]).collect(Collectors.toSet());

        assertThat(touching).contains("io_submit", "openat", "fallocate");
        assertThat(documented().keySet()).containsAll(touching);
    }

    /** The system calls that the document lists, each with its number on x86-64. */
    private static Map<String, String> documented() throws IOException {
        Map<String, String> calls = Files.readAllLines(Path.of("..", "docs", "kernel-aio.md")).stream()
            .dropWhile(line -> !line.startsWith("| call |")).skip(2).takeWhile(line -> line.startsWith("|"))
            .map(line -> line.split(" *\\| *"))
            .collect(Collectors.toMap(cells -> cells[1].replace("`", ""), cells -> cells[2]));
        assertThat(calls).containsEntry("io_submit", "209");
        return calls;
    }
}
