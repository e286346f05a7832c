package dev.varve.defects;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The table of the protocol mutants in {@code docs/mutants.md}, between two marks. Number, defect and tests follow from the patches; seeds
 * and seconds are of the run that wrote it.
 */
public final class KillMatrix {
    private static final String BEGIN = "<!-- mutants: begin -->";
    private static final String END = "<!-- mutants: end -->";
    private static final List<String> HEAD = List.of("", "| mutant | defect | rejected by | first seed | seconds |",
        "|---|---|---|---|---|");

    private final Path document;
    private final List<String> rows = new ArrayList<>();

    /**
     * Begins a table without rows.
     *
     * @param root the project's root
     */
    public KillMatrix(Path root) {
        this.document = root.resolve("docs/mutants.md");
    }

    /** Adds a mutant that its tests have rejected. */
    void add(DefectPatch patch, List<TestOutcome> outcomes) {
        String seeds = outcomes.stream().map(TestOutcome::firstSeed).filter(seed -> !seed.isEmpty()).collect(Collectors.joining(", "));
        double seconds = outcomes.stream().mapToDouble(TestOutcome::seconds).sum();
        rows.add(fixedPart(patch) + " " + seeds + " | " + String.format(Locale.ROOT, "%.1f", seconds) + " |");
    }

    /** What a row says whoever runs it. */
    private static String fixedPart(DefectPatch patch) {
        String tests = patch.tests().stream().map(test -> "`" + shortName(test) + "`").collect(Collectors.joining(", "));
        return "| " + patch.mutant() + " | " + patch.sentence().replace("|", "/") + " | " + tests + " |";
    }

    /** A test's name without its package. */
    static String shortName(String test) {
        return TestJvm.typeOf(test).replaceFirst(".*\\.", "") + test.substring(test.indexOf('#')).replace('#', '.');
    }

    /** Puts the rows into the document. */
    void write() throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(document));
        lines.subList(lines.indexOf(BEGIN) + 1, lines.indexOf(END)).clear();
        List<String> table = new ArrayList<>(HEAD);
        table.addAll(rows);
        table.add("");
        lines.addAll(lines.indexOf(BEGIN) + 1, table);
        Files.write(document, lines);
    }

    /**
     * Compares the document with the patches.
     *
     * @param mutants the patches that are mutants
     * @return what the document lacks or has too much; empty if they agree
     */
    public List<String> differences(List<DefectPatch> mutants) throws IOException {
        List<String> lines = Files.readAllLines(document);
        List<String> table = new ArrayList<>(lines.subList(lines.indexOf(BEGIN) + 1, lines.indexOf(END)));
        List<String> differences = new ArrayList<>();
        for (DefectPatch mutant : mutants) {
            String wanted = fixedPart(mutant);
            if (!table.removeIf(row -> row.startsWith(wanted))) {
                differences.add("not in " + document + ": " + wanted);
            }
        }
        table.stream().filter(row -> row.matches("\\| \\d.*")).forEach(row -> differences.add("of no patch: " + row));
        return differences;
    }
}
