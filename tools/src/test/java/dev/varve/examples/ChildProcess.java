package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A command that has run to its end.
 *
 * @param status its exit status
 * @param output what it wrote to standard output
 * @param errors what it wrote to standard error
 */
record ChildProcess(int status, String output, String errors) {
    private static final int LIMIT_S = 120;

    static ChildProcess run(Path folder, String... command) throws IOException {
        return run(folder, Map.of(), command);
    }

    static ChildProcess run(Path folder, Map<String, String> variables, String... command) throws IOException {
        Path output = Files.createTempFile(folder, "output", ".txt");
        Path errors = Files.createTempFile(folder, "errors", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
        builder.environment().putAll(variables);
        Process process = builder.start();
        if (!isOver(process)) {
            process.destroyForcibly();
            throw new AssertionError("still running after " + LIMIT_S + " s: " + String.join(" ", command));
        }
        return new ChildProcess(process.exitValue(), Files.readString(output), Files.readString(errors));
    }

    /** Whether a command is there and does what it is asked for. */
    static boolean works(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            return isOver(process) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isOver(Process process) {
        try {
            return process.waitFor(LIMIT_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The JVM that runs the tests. */
    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** What an embedder's class path holds: a program run from its source must not lie there compiled. */
    static String classPathWithoutTests() {
        String path = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(place -> !place.endsWith("test-classes"))
            .collect(Collectors.joining(File.pathSeparator));
        assertThat(path).contains("wal");
        return path;
    }
}
