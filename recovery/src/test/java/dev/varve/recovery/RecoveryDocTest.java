package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.recovery.DecisionTable.Facts;
import dev.varve.recovery.DecisionTable.LastBatch;
import dev.varve.recovery.DecisionTable.ReadErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tables of {@code docs/recovery.md} are what the code does. */
class RecoveryDocTest {
    private List<String> lines;

    @BeforeEach
    void read() throws IOException {
        lines = Files.readAllLines(Path.of("..", "docs", "recovery.md"));
    }

    /** The rows of the table whose header line starts with the given cells. */
    private List<List<String>> table(String header) {
        int start = lines.indexOf(lines.stream().filter(line -> line.startsWith(header)).findFirst().orElseThrow());
        List<List<String>> rows = new ArrayList<>();
        for (int i = start + 2; i < lines.size() && lines.get(i).startsWith("|"); i++) {
            rows.add(Arrays.stream(lines.get(i).substring(1).split("\\|")).map(String::strip).toList());
        }
        return rows;
    }

    private static boolean fits(String cell, String value) {
        return cell.equals("any") || Arrays.asList(cell.split(", ")).contains(value);
    }

    private static String yesOrNo(boolean value) {
        return value ? "yes" : "no";
    }

    private static boolean fits(List<String> row, Facts facts) {
        return fits(row.get(1), yesOrNo(facts.writerBug()))
            && fits(row.get(2), yesOrNo(facts.acknowledgedMissing()))
            && fits(row.get(3), facts.readErrors().name().toLowerCase(Locale.ROOT).replace('_', ' '))
            && fits(row.get(4), facts.lastBatch().name())
            && fits(row.get(5), yesOrNo(facts.validLater()))
            && fits(row.get(6), yesOrNo(facts.cleanClose()));
    }

    @Test
    void theDecisionTableIsTheOneInTheCode() {
        List<List<String>> rows = table("| row | writer bug |");
        assertThat(rows).hasSize(6);
        int[] used = new int[rows.size()];
        for (Facts facts : DecisionTableTest.allFacts()) {
            int first = 0;
            while (!fits(rows.get(first), facts)) {
                first++;
            }
            used[first]++;
            assertThat(DecisionTable.decide(facts).name()).as("row %d: %s", first + 1, facts).isEqualTo(rows.get(first).get(7));
        }
        assertThat(used).as("rows that decide something").doesNotContain(0);
    }

    @Test
    void theCellsOfTheDecisionTableAreWordsThatMeanSomething() {
        List<String> words = new ArrayList<>(List.of("any", "yes", "no"));
        for (ReadErrors readErrors : ReadErrors.values()) {
            words.add(readErrors.name().toLowerCase(Locale.ROOT).replace('_', ' '));
        }
        for (LastBatch lastBatch : LastBatch.values()) {
            words.add(lastBatch.name());
        }
        for (List<String> row : table("| row | writer bug |")) {
            for (String cell : row.subList(1, 7)) {
                assertThat(words).containsAll(Arrays.asList(cell.split(", ")));
            }
        }
    }

    @Test
    void everyVerdictIsListedWithWhetherAWriterMayOpenTheLog() {
        Map<String, String> listed = table("| verdict | writable |").stream()
            .collect(Collectors.toMap(row -> row.get(0), row -> row.get(1)));
        assertThat(listed.keySet()).containsExactlyInAnyOrderElementsOf(Arrays.stream(Verdict.values()).map(Enum::name).toList());
        for (Verdict verdict : Verdict.values()) {
            assertThat(listed.get(verdict.name())).as(verdict.name()).isEqualTo(yesOrNo(verdict.isOpenable()));
        }
    }

    @Test
    void everyTestThatIsNamedExists() {
        for (List<String> row : table("| claim | test in")) {
            String name = row.get(1).replace("`", "");
            assertThat(Path.of("src", "test", "java", "dev", "varve", "recovery", name + ".java")).exists();
        }
    }

    @Test
    void whatIsSaidOfMemoryIsTrue() {
        assertThat(String.join(" ", lines)).contains("eight chunks of 256 KiB");
        assertThat(BlockStream.CHUNKS).isEqualTo(8);
        assertThat(BlockStream.CHUNK_LENGTH).isEqualTo(256 * 1024);
    }
}
