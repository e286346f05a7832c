package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The log runs over the class path in a JVM that was given no flag but the one that silences a warning, and without that one, too. */
@Timeout(120)
class EmbedderTest {
    @TempDir(factory = BuildTree.class)
    private Path directory;

    private record Outcome(int status, String output, String errors) {
    }

    private Outcome run(String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            EmbedderProgram.class.getName(), directory.resolve("log").toString()));
        Path output = directory.resolve("output");
        Path errors = directory.resolve("errors");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
        // Flags come in by these, too.
        List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS").forEach(builder.environment()::remove);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(100, TimeUnit.SECONDS)).as("it ends").isTrue();
            return new Outcome(process.exitValue(), Files.readString(output), Files.readString(errors));
        } finally {
            process.destroyForcibly();
        }
    }

    private static void check(Outcome outcome) {
        assertThat(outcome.status()).as(outcome.errors()).isZero();
        assertThat(outcome.output()).contains("read 200 rolls true", "verdict CLEAN read 200", "closed true", "assertions false");
    }

    @Test
    void itRunsWithNativeAccessEnabledAndNoOtherFlagAndTheJvmHasNothingToSay() throws Exception {
        Outcome outcome = run("--enable-native-access=ALL-UNNAMED");
        check(outcome);
        assertThat(outcome.output()).contains("flags [--enable-native-access=ALL-UNNAMED]");
        assertThat(outcome.errors()).as("nor has the log, as long as all is well").isEmpty();
    }

    @Test
    void itRunsWithNoFlagAtAllAndTheJvmOnlyWarnsOfNativeAccess() throws Exception {
        Outcome outcome = run();
        check(outcome);
        assertThat(outcome.output()).contains("flags []");
        List<String> warnings = outcome.errors().lines().filter(line -> line.startsWith("WARNING:")).toList();
        assertThat(warnings).isNotEmpty().anyMatch(line -> line.contains("--enable-native-access=ALL-UNNAMED"))
            .noneMatch(line -> line.contains("Unsafe") || line.contains("--add-opens"));
    }
}
