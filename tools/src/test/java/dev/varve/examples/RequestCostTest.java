package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That each layer is measured, and that the log's own way allocates nothing; how long anything takes, no test can say. */
class RequestCostTest {
    /** What the measuring itself allocates, and the compiler's threads, spread over the requests of a round. */
    private static final double STRAY_BYTES_MAX = 8;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    @Test
    void shouldMeasureEveryLayerAndFindNoAllocationOnTheLogsOwnWay() throws IOException {
        ChildProcess run = ChildProcess.run(folder, Map.of(), Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
            RequestCost.class.getName(), folder.resolve("data").toString(), "3", "4000");

        assertThat(run.status()).as(run.errors()).isZero();
        List<String> rows = run.output().lines().skip(2).toList();
        assertThat(rows).as(run.output()).hasSize(4).allSatisfy(row -> assertThat(row).matches("\\| \\w+ (\\| [0-9.]+ ){3}\\|"));
        String queue = rows.stream().filter(row -> row.startsWith("| IoQueue ")).findFirst().orElseThrow();
        assertThat(Double.parseDouble(queue.replaceAll(".*\\| ([0-9.]+) \\|$", "$1"))).as(queue).isLessThan(STRAY_BYTES_MAX);
    }
}
