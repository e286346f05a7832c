package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.defects.DefectPatch;
import dev.varve.defects.KillMatrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The deliberate defects that {@code .ci/defects} shows to the tests fit the sources as they are, and none is forgotten. */
class DefectsTest {
    private static CommandRun check(Path patch) throws IOException, InterruptedException {
        return CommandRun.awaited(new ProcessBuilder("git", "apply", "--check", patch.toString()).directory(SourceFile.root().toFile())
            .start());
    }

    @Test
    void shouldApplyWithoutGuessing() throws IOException, InterruptedException {
        List<DefectPatch> patches = DefectPatch.all(SourceFile.root());
        assertThat(patches).hasSizeGreaterThanOrEqualTo(DefectPatch.MUTANTS);
        for (DefectPatch patch : patches) {
            CommandRun run = check(patch.file());
            assertThat(run.status()).as("%s: %s", patch.file(), run).isZero();
        }
    }

    @Test
    void shouldChangeWhatIsShippedOnly() throws IOException {
        for (DefectPatch patch : DefectPatch.all(SourceFile.root())) {
            assertThat(patch.changed()).as("%s", patch.file()).isNotEmpty()
                .allSatisfy(path -> assertThat(path.toString()).contains("/src/main/java/"));
        }
    }

    @Test
    void shouldSayWhatTheDefectIsAndNameTestsThatExist() throws IOException {
        for (DefectPatch patch : DefectPatch.all(SourceFile.root())) {
            assertThat(patch.sentence()).as("%s", patch.file()).endsWith(".");
            assertThat(patch.tests()).as("%s", patch.file()).isNotEmpty().allSatisfy(test -> {
                String file = "src/test/java/" + test.substring(0, test.indexOf('#')).replace('.', '/') + ".java";
                String name = "void " + test.substring(test.indexOf('#') + 1) + "(";
                assertThat(List.of("engine", "recovery", "wal", "tools")).as(test)
                    .map(module -> SourceFile.root().resolve(module).resolve(file)).filteredOn(Files::exists)
                    .singleElement().satisfies(source -> assertThat(Files.readString(source)).contains(name));
            });
        }
    }

    @Test
    void shouldHoldEachProtocolMutantOnceAndUnderItsNumber() throws IOException {
        List<DefectPatch> mutants = DefectPatch.mutants(SourceFile.root());
        assertThat(mutants.stream().map(DefectPatch::mutant)).containsExactlyElementsOf(
            IntStream.rangeClosed(1, DefectPatch.MUTANTS).boxed().toList());
        assertThat(mutants).allSatisfy(patch ->
            assertThat(patch.name()).matches("row\\d\\d-.*|mutant%02d-.*".formatted(patch.mutant())));
    }

    @Test
    void shouldListEveryMutantInTheDocument() throws IOException {
        assertThat(new KillMatrix(SourceFile.root()).differences(DefectPatch.mutants(SourceFile.root()))).isEmpty();
    }
}
