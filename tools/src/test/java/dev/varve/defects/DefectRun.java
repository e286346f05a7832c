package dev.varve.defects;

import dev.varve.defects.DefectiveClasses.UnusablePatchException;
import dev.varve.defects.TestOutcome.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Shows deliberate defects to the tests that must reject them. A defect counts as rejected if each of its tests passes without it and
 * fails with it, by an assertion of the test itself: a compile error, another exception, an assertion of the code under test, or a test
 * that does not end is no rejection.
 */
final class DefectRun {
    private static final int SEEDS_DEFAULT = 2000;

    private final BuiltTree tree;
    private final int seeds;
    private final DefectiveClasses compiler;
    private final TestJvm jvm;
    private final KillMatrix matrix;
    private final Map<String, TestOutcome> unharmed = new HashMap<>();
    private int passed;
    private int failed;
    private int impossible;

    private DefectRun(Path root, int seeds) throws IOException {
        this.tree = new BuiltTree(root);
        this.seeds = seeds;
        this.compiler = new DefectiveClasses(tree);
        this.jvm = new TestJvm(tree);
        this.matrix = new KillMatrix(root);
    }

    /**
     * Runs defects; see {@code .ci/defects}, which calls this.
     *
     * @param arguments the project's root, then those of {@code .ci/defects}
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path root = Path.of(arguments[0]);
        List<String> rest = new ArrayList<>(Arrays.asList(arguments).subList(1, arguments.length));
        boolean isMatrix = !rest.isEmpty() && rest.getFirst().equals("--mutants");
        if (isMatrix) {
            rest.removeFirst();
        }
        boolean isCounted = !isMatrix && !rest.isEmpty() && rest.getFirst().matches("\\d+");
        DefectRun run = new DefectRun(root, isCounted ? Integer.parseInt(rest.removeFirst()) : SEEDS_DEFAULT);
        List<DefectPatch> patches = isMatrix && rest.isEmpty() ? DefectPatch.mutants(root) : chosen(root, rest);
        boolean isGood = run.all(patches, isMatrix ? null : run.tree.work().resolve("seen"));
        if (isGood && isMatrix && rest.isEmpty()) {
            run.matrix.write();
        }
        System.exit(isGood ? 0 : 1);
    }

    /** The patches that files, or numbers of mutants, name; all if there are none. */
    private static List<DefectPatch> chosen(Path root, List<String> names) throws IOException {
        if (names.isEmpty()) {
            return DefectPatch.all(root);
        }
        Map<Path, DefectPatch> patches = new TreeMap<>();
        for (String name : names) {
            if (name.matches("\\d+")) {
                DefectPatch.mutants(root).stream().filter(patch -> patch.mutant() == Integer.parseInt(name))
                    .forEach(patch -> patches.put(patch.file(), patch));
            } else {
                Path file = Path.of(name).toAbsolutePath().normalize();
                patches.put(file, DefectPatch.read(file));
            }
        }
        return List.copyOf(patches.values());
    }

    private boolean all(List<DefectPatch> patches, Path seen) throws IOException, InterruptedException {
        if (seen != null) {
            Files.writeString(seen, "");
        }
        runUnharmed(patches);
        for (DefectPatch patch : patches) {
            List<TestOutcome> outcomes = isPossible(patch) ? show(patch) : List.of();
            if (!outcomes.isEmpty() && outcomes.stream().allMatch(outcome -> outcome.kind() == Kind.REJECTED)) {
                passed++;
                matrix.add(patch, outcomes);
                if (seen != null && !patch.row().isEmpty()) {
                    // For the document's table of the checklist.
                    String method = patch.tests().getFirst().replaceFirst(".*#", "");
                    Files.writeString(seen, patch.row() + "\t" + patch.name() + "\t" + method + "\n", StandardOpenOption.APPEND);
                }
            }
        }
        System.out.println("defects: " + passed + " passed, " + failed + " failed, " + impossible + " impossible here");
        return failed == 0;
    }

    private int seedsOf(DefectPatch patch) {
        return patch.seeds() > 0 ? patch.seeds() : seeds;
    }

    /** Each test once without any defect, with the most seeds that a patch wants; those of a module with as many seeds share a JVM. */
    private void runUnharmed(List<DefectPatch> patches) throws IOException, InterruptedException {
        Map<String, Integer> most = new TreeMap<>();
        patches.forEach(patch -> patch.tests().forEach(test -> most.merge(test, seedsOf(patch), Math::max)));
        Map<String, List<String>> groups = new TreeMap<>();
        for (Map.Entry<String, Integer> test : most.entrySet()) {
            String group = tree.moduleOf(TestJvm.typeOf(test.getKey())) + " " + test.getValue();
            groups.computeIfAbsent(group, _ -> new ArrayList<>()).add(test.getKey());
        }
        for (List<String> group : groups.values()) {
            unharmed.putAll(jvm.run(group, most.get(group.getFirst()), null));
        }
    }

    private boolean isPossible(DefectPatch patch) {
        if (patch.tests().isEmpty()) {
            complain(patch, "names no test");
            return false;
        }
        for (String test : patch.tests()) {
            TestOutcome outcome = unharmed.get(test);
            if (outcome.kind() == Kind.SKIPPED) {
                impossible++;
                System.out.println(patch.name() + ": cannot be seen on this machine: " + KillMatrix.shortName(test) + ": "
                    + outcome.reason());
                return false;
            }
            if (outcome.kind() != Kind.PASSED) {
                complain(patch, KillMatrix.shortName(test) + " does not pass without it: " + outcome.reason());
                return false;
            }
        }
        return true;
    }

    /** Runs the patch's tests against it. */
    private List<TestOutcome> show(DefectPatch patch) throws IOException, InterruptedException {
        List<TestOutcome> outcomes = new ArrayList<>();
        try {
            Path classes = compiler.compile(patch);
            for (String test : patch.tests()) {
                TestOutcome outcome = jvm.run(List.of(test), seedsOf(patch), classes).get(test);
                outcomes.add(outcome);
                String words = KillMatrix.shortName(test) + String.format(Locale.ROOT, ", %.1f s", outcome.seconds());
                if (outcome.kind() == Kind.REJECTED) {
                    System.out.println(patch.name() + ": seen: " + words + ": " + outcome.reason());
                } else {
                    Path log = Files.move(jvm.log(), tree.work().resolve(patch.name() + ".log"),
                        StandardCopyOption.REPLACE_EXISTING);
                    String how = outcome.kind() == Kind.PASSED ? "NOT SEEN: " : "not rejected by an assertion of the test: ";
                    complain(patch, how + words + ": " + outcome.reason() + ", see " + log);
                }
            }
        } catch (UnusablePatchException e) {
            complain(patch, e.getMessage());
        }
        return outcomes;
    }

    private void complain(DefectPatch patch, String what) {
        failed++;
        System.out.println(patch.name() + ": " + what);
    }
}
