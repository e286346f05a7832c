package dev.varve.defects;

import dev.varve.defects.TestOutcome.Kind;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs named tests of one module in a JVM like surefire's: its folder, its flags, its class path. */
final class TestJvm {
    private static final int LIMIT_S = 120;

    private final BuiltTree tree;
    private final Path folder;

    TestJvm(BuiltTree tree) throws IOException {
        this.tree = tree;
        this.folder = Files.createDirectories(tree.work().resolve("run"));
    }

    /**
     * Runs tests.
     *
     * @param tests   class and method of each, all of one module
     * @param seeds   how many seeds a test with random seeds runs
     * @param classes what comes first on the class path, null for nothing
     * @return how each ended
     */
    Map<String, TestOutcome> run(List<String> tests, int seeds, Path classes) throws IOException, InterruptedException {
        String module = tree.moduleOf(typeOf(tests.getFirst()));
        Path results = folder.resolve("results");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(tree.testFlags());
        command.addAll(List.of("-Dvarve.seeds=" + seeds, "-Dvarve.checklist=" + folder.resolve("checklist"), "-cp",
            (classes == null ? "" : classes + File.pathSeparator) + tree.testClassPath(module), NamedTest.class.getName(),
            results.toString(), folder.toString()));
        command.addAll(tests);
        Files.deleteIfExists(results);
        long startNs = System.nanoTime();
        Process process = new ProcessBuilder(command).directory(tree.root().resolve(module).toFile()).redirectErrorStream(true)
            .redirectOutput(log().toFile()).start();
        boolean isOver = process.waitFor((long) LIMIT_S * tests.size(), TimeUnit.SECONDS);
        if (!isOver) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        double seconds = (System.nanoTime() - startNs) / 1e9;
        TestOutcome unfinished = isOver ? new TestOutcome(Kind.BROKEN, "its JVM ended with status " + process.exitValue(), seconds)
            : new TestOutcome(Kind.HUNG, "still running after " + LIMIT_S + " s", seconds);
        Map<String, TestOutcome> outcomes = new LinkedHashMap<>();
        tests.forEach(test -> outcomes.put(test, unfinished));
        if (Files.exists(results)) {
            for (String line : Files.readAllLines(results)) {
                String[] fields = line.split("\t", -1);
                outcomes.put(fields[0], new TestOutcome(Kind.valueOf(fields[1]), fields[2], seconds));
            }
        }
        return outcomes;
    }

    /** What the tests that ran last have written. */
    Path log() {
        return folder.resolve("log");
    }

    static String typeOf(String test) {
        return test.substring(0, test.indexOf('#'));
    }
}
