package dev.varve.defects;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * One deliberate defect of main code, and the tests that must reject it.
 *
 * <pre>
 *   What the code does wrong, in one sentence.        the defect
 *   Mutant: 1                                         its number among the protocol mutants, if it is one
 *   Test: dev.varve.wal.SomeTest#name                 must pass without the patch and reject it; once or more
 *   Seeds: 300                                        varve.seeds for its tests, if not the caller's
 *   diff --git …
 * </pre>
 *
 * @param file     where it lies
 * @param sentence what it does wrong
 * @param mutant   its number among the protocol mutants, 0 if it is none
 * @param tests    class and method of each test that must reject it
 * @param seeds    seeds for those tests, 0 if any number will do
 * @param changed  the files that it changes, from the project's root
 */
public record DefectPatch(Path file, String sentence, int mutant, List<String> tests, int seeds, List<Path> changed) {
    /** How many protocol mutants there are. */
    public static final int MUTANTS = 51;
    private static final String MUTANT = "Mutant: ";
    private static final String TEST = "Test: ";
    private static final String SEEDS = "Seeds: ";
    private static final String CHANGED = "+++ b/";

    /**
     * Reads a patch.
     *
     * @param file the file
     * @return the patch
     */
    public static DefectPatch read(Path file) throws IOException {
        StringBuilder sentence = new StringBuilder();
        List<String> tests = new ArrayList<>();
        List<Path> changed = new ArrayList<>();
        int mutant = 0;
        int seeds = 0;
        boolean isHeader = true;
        for (String line : Files.readAllLines(file)) {
            isHeader &= !line.startsWith("diff ");
            if (!isHeader) {
                if (line.startsWith(CHANGED)) {
                    changed.add(Path.of(line.substring(CHANGED.length())));
                }
            } else if (line.startsWith(MUTANT)) {
                mutant = Integer.parseInt(line.substring(MUTANT.length()));
            } else if (line.startsWith(TEST)) {
                tests.add(line.substring(TEST.length()));
            } else if (line.startsWith(SEEDS)) {
                seeds = Integer.parseInt(line.substring(SEEDS.length()));
            } else {
                sentence.append(sentence.isEmpty() ? "" : " ").append(line.strip());
            }
        }
        return new DefectPatch(file, sentence.toString(), mutant, tests, seeds, changed);
    }

    /**
     * Every patch of the project, rows of the checklist and mutants.
     *
     * @param root the project's root
     * @return the patches by name
     */
    public static List<DefectPatch> all(Path root) throws IOException {
        List<DefectPatch> patches = new ArrayList<>();
        for (String module : BuiltTree.MODULES) {
            Path folder = root.resolve(module).resolve("src/test/defects");
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(path -> path.toString().endsWith(".patch")).toList()) {
                    patches.add(read(file));
                }
            }
        }
        patches.sort(Comparator.comparing(DefectPatch::name));
        return patches;
    }

    /**
     * The protocol mutants.
     *
     * @param root the project's root
     * @return the patches that are mutants, by number
     */
    public static List<DefectPatch> mutants(Path root) throws IOException {
        return all(root).stream().filter(patch -> patch.mutant > 0).sorted(Comparator.comparingInt(DefectPatch::mutant)).toList();
    }

    /**
     * Its name.
     *
     * @return the file's name without its ending
     */
    public String name() {
        return file.getFileName().toString().replaceFirst("\\.patch$", "");
    }

    /**
     * The row of the checklist of kernel AIO that it belongs to.
     *
     * @return two digits, empty if it belongs to none
     */
    public String row() {
        return name().matches("row\\d\\d-.*") ? name().substring(3, 5) : "";
    }

    /**
     * The modules whose code it changes.
     *
     * @return their names in the order of the build
     */
    public List<String> modules() {
        return BuiltTree.MODULES.stream().filter(module -> changed.stream().anyMatch(path -> path.startsWith(module))).toList();
    }
}
