package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A {@link StorageProgram} that has run to its end.
 *
 * @param lines what it said
 */
record ChildRun(List<String> lines) {
    private static final int LIMIT_S = 100;

    /**
     * Runs it.
     *
     * @param before    a program that takes the command as its last words, and its own words; or nothing
     * @param flags     for the JVM
     * @param arguments for the program
     * @return what came out
     */
    static ChildRun of(List<String> before, List<String> flags, Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea", "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1"));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            StorageProgram.class.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Path output = Files.createTempFile(Path.of("target").toAbsolutePath(), "child", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(output.toFile()).redirectErrorStream(true);
        List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS").forEach(builder.environment()::remove);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(LIMIT_S, TimeUnit.SECONDS)).as("it ends").isTrue();
            String text = Files.readString(output, StandardCharsets.UTF_8);
            assertThat(process.exitValue()).as(text).isZero();
            return new ChildRun(text.lines().toList());
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            Files.delete(output);
        }
    }

    /** What follows a word, wherever a line begins with it. */
    List<String> all(String word) {
        return lines.stream().filter(line -> line.startsWith(word + " ")).map(line -> line.substring(word.length() + 1)).toList();
    }

    /** The same of the only such line. */
    String said(String word) {
        List<String> found = all(word);
        assertThat(found).as("%s in %s", word, lines).hasSize(1);
        return found.getFirst();
    }

    long count(String word) {
        return all(word).size();
    }
}
