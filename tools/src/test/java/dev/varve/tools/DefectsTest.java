package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The deliberate defects that {@code .ci/defects} shows to the crash simulation fit the sources as they are. */
class DefectsTest {
    private static CommandRun check(Path patch) throws IOException, InterruptedException {
        return CommandRun.awaited(new ProcessBuilder("git", "apply", "--check", patch.toString()).directory(SourceFile.root().toFile())
            .start());
    }

    @Test
    void shouldApplyWithoutGuessing() throws IOException, InterruptedException {
        List<Path> patches;
        try (Stream<Path> files = Files.list(SourceFile.root().resolve("wal/src/test/defects"))) {
            patches = files.filter(file -> file.toString().endsWith(".patch")).sorted().toList();
        }
        assertThat(patches).hasSizeGreaterThanOrEqualTo(5);
        for (Path patch : patches) {
            CommandRun run = check(patch);
            assertThat(run.status()).as("%s: %s", patch, run).isZero();
        }
    }
}
