package dev.varve.defects;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The project after a build: its classes, and the class path that Maven has written to {@code target/test-class-path} of each module.
 *
 * @param root the project's root
 */
record BuiltTree(Path root) {
    /** The modules in the order in which they are built. */
    static final List<String> MODULES = List.of("engine", "recovery", "wal", "tools");

    private static final Pattern FLAGS = Pattern.compile("<argLine>(.*)</argLine>");

    /** Where everything is put that lasts only as long as the run. */
    Path work() {
        return root.resolve("target/defects");
    }

    /** Sources of a module's main code. */
    Path sources(String module) {
        return root.resolve(module).resolve("src/main/java");
    }

    private Path classes(String module) {
        return root.resolve(module).resolve("target/classes");
    }

    private Path testClasses(String module) {
        return root.resolve(module).resolve("target/test-classes");
    }

    /** What a module's code is compiled and run against, its own classes not among it. */
    String classPath(String module) throws IOException {
        return Files.readString(root.resolve(module).resolve("target/test-class-path")).strip();
    }

    /** What a module's tests run with; behind it the means to run one. */
    String testClassPath(String module) throws IOException {
        return String.join(File.pathSeparator, testClasses(module).toString(), classes(module).toString(), classPath(module),
            testClasses("tools").toString(), classPath("tools"));
    }

    /** The module where a test class lies. */
    String moduleOf(String testClass) throws IOException {
        String file = testClass.replace('.', '/') + ".class";
        return MODULES.stream().filter(module -> Files.exists(testClasses(module).resolve(file))).findFirst()
            .orElseThrow(() -> new IOException("no module holds the test class " + testClass));
    }

    /** The JVM's flags when Maven runs tests. */
    List<String> testFlags() throws IOException {
        Matcher matcher = FLAGS.matcher(Files.readString(root.resolve("pom.xml")));
        if (!matcher.find()) {
            throw new IOException("pom.xml has no argLine for surefire");
        }
        return List.of(matcher.group(1).split(" "));
    }
}
