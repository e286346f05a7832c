package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the comparison compares; how fast anything is, no test can say. */
class EngineAgainstFioTest {
    @TempDir(factory = BuildTree.class)
    private Path folder;

    @Test
    void shouldMeasureEveryContestantInEveryWorkload() throws IOException {
        assumeTrue(ChildProcess.works("fio", "--version"), "no fio");

        ChildProcess run = ChildProcess.run(folder, Map.of(), Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea",
            "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
            EngineAgainstFio.class.getName(), folder.resolve("data").toString(), "1", "0.1");

        assertThat(run.status()).as(run.errors()).isZero();
        List<String> rows = run.output().lines().filter(line -> line.startsWith("| write") || line.startsWith("| read")).toList();
        assertThat(rows).as(run.output()).hasSize(5)
            .allSatisfy(row -> assertThat(row).matches("\\| \\w+ of \\d+ KiB, depth \\d+ (\\| [1-9].* ){3}\\| .*"));
        assertThat(run.output()).contains("--ioengine=libaio --direct=1");
    }
}
