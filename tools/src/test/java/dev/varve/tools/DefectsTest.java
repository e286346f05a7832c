package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The deliberate defects that {@code .ci/defects} shows to the tests fit the sources as they are. */
class DefectsTest {
    private static final List<String> MODULES = List.of("engine", "wal");

    private static CommandRun check(Path patch) throws IOException, InterruptedException {
        return CommandRun.awaited(new ProcessBuilder("git", "apply", "--check", patch.toString()).directory(SourceFile.root().toFile())
            .start());
    }

    private static List<Path> patches() throws IOException {
        List<Path> patches = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.list(SourceFile.root().resolve(module).resolve("src/test/defects"))) {
                files.filter(file -> file.toString().endsWith(".patch")).sorted().forEach(patches::add);
            }
        }
        return patches;
    }

    @Test
    void shouldApplyWithoutGuessing() throws IOException, InterruptedException {
        List<Path> patches = patches();
        assertThat(patches).hasSizeGreaterThanOrEqualTo(11);
        for (Path patch : patches) {
            CommandRun run = check(patch);
            assertThat(run.status()).as("%s: %s", patch, run).isZero();
        }
    }

    @Test
    void shouldChangeWhatIsShippedOnly() throws IOException {
        for (Path patch : patches()) {
            assertThat(Files.readAllLines(patch)).as("%s", patch).filteredOn(line -> line.startsWith("+++ ")).isNotEmpty()
                .allSatisfy(line -> assertThat(line).contains("/src/main/java/"));
        }
    }
}
