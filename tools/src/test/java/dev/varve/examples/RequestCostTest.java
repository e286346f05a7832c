package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That each layer is measured, and what it allocates; how long anything takes, no test can say. */
class RequestCostTest {
    /** What the measuring itself allocates, and the compiler's threads, spread over the requests of a round. */
    private static final double STRAY_BYTES_MAX = 8;
    /** A request of the upper layer, and the node of a thread that waits for it. */
    private static final double REQUEST_BYTES = 56 + 32;
    /** Now and then the compiler leaves an object of the JDK's native call where it is; one of ours would be there each time. */
    private static final int RUNS_MAX = 4;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    @Test
    void shouldMeasureEveryLayerAndFindNoAllocationButTheRequestsOfTheUpperOne() throws IOException {
        Map<String, Double> least = new HashMap<>();
        for (int i = 0; i < RUNS_MAX && !isAsLittleAsPromised(least); i++) {
            measure().forEach((layer, bytes) -> least.merge(layer, bytes, Math::min));
        }

        assertThat(least).containsOnlyKeys("FileChannel", "SharedContext", "IoQueue", "AsyncIo, kept", "AsyncIo");
        assertThat(least).satisfies(figures -> assertThat(isAsLittleAsPromised(figures)).isTrue());
    }

    private static boolean isAsLittleAsPromised(Map<String, Double> bytes) {
        return bytes.getOrDefault("SharedContext", Double.MAX_VALUE) < STRAY_BYTES_MAX
            && bytes.getOrDefault("IoQueue", Double.MAX_VALUE) < STRAY_BYTES_MAX
            && bytes.getOrDefault("AsyncIo, kept", Double.MAX_VALUE) < REQUEST_BYTES + STRAY_BYTES_MAX;
    }

    private Map<String, Double> measure() throws IOException {
        ChildProcess run = ChildProcess.run(folder, Map.of(), Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
            RequestCost.class.getName(), folder.resolve("data").toString(), "3", "4000");
        assertThat(run.status()).as(run.errors()).isZero();
        List<String> rows = run.output().lines().skip(2).filter(line -> line.startsWith("|")).toList();
        assertThat(rows).as(run.output()).allSatisfy(row -> assertThat(row).matches("\\| [\\w, ]+ (\\| [0-9.]+ ){3}\\|"));
        return rows.stream().map(row -> row.split(" ?\\| ?")).collect(Collectors.toMap(cells -> cells[1],
            cells -> Double.valueOf(cells[4])));
    }
}
