package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program in a JVM of its own, with this one's class path: to be traced, limited, signalled, killed. Immutable; the last word put in front
 * is the outermost.
 *
 * <pre>
 *   ChildJvm.of(Load.class, "rounds", path).traced(file, "-e", "trace=io_submit").output()
 * </pre>
 */
public final class ChildJvm {
    private static final Path STRACE = Path.of("/usr/bin/strace");
    private static final long SECONDS_MAX = 100;
    private static final String TRACING_OBSTACLE = tryToTrace();

    private final List<String> command;

    private ChildJvm(List<String> command) {
        this.command = List.copyOf(command);
    }

    /**
     * A program that is not started yet.
     *
     * @param program   has a main method
     * @param arguments what that is given, as text
     * @return the child
     */
    public static ChildJvm of(Class<?> program, Object... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea",
            "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
            program.getName()));
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        return new ChildJvm(command);
    }

    /** Why nothing can be traced here; null if nothing is known against it. */
    public static String obstacleToTracing() {
        return TRACING_OBSTACLE;
    }

    private static String tryToTrace() {
        if (!Files.isExecutable(STRACE)) {
            return "strace is not installed";
        }
        try {
            Process process = new ProcessBuilder(STRACE.toString(), "-qq", "-e", "trace=none", "true").redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? null : "strace may not trace a child: " + output.strip();
        } catch (IOException e) {
            return "strace cannot be started: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /**
     * The same, started by another program that takes the command as its last words.
     *
     * @param words that program and its own words
     * @return the child
     */
    public ChildJvm under(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(command);
        return new ChildJvm(all);
    }

    /**
     * The same under strace, with all its threads.
     *
     * @param trace   where the trace goes, for {@link Trace#read}
     * @param options what is traced and injected
     * @return the child
     */
    public ChildJvm traced(Path trace, String... options) {
        List<String> words = new ArrayList<>(List.of(STRACE.toString(), "-f", "-v", "-qq", "-o", trace.toString()));
        words.addAll(List.of(options));
        return under(words.toArray(String[]::new));
    }

    /**
     * The same, allowed to write files up to a length only.
     *
     * @param kibibytes what {@code ulimit -f} is given
     * @return the child
     */
    public ChildJvm limitedTo(int kibibytes) {
        return under("/bin/bash", "-c", "ulimit -f " + kibibytes + "; exec \"$@\"", "limited");
    }

    /** Starts it; what it says on standard error comes with its output. */
    public Process start() throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** Runs it to its end, which must be a good one; what it said. */
    public String output() throws IOException, InterruptedException {
        Process process = start();
        try {
            // A child that hangs is ended by the clock, so that reading its output ends, too.
            Thread clock = Thread.ofPlatform().daemon().start(() -> endInTime(process));
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            clock.interrupt();
            assertThat(status).as("%s: %s", command.getFirst(), output).isZero();
            return output;
        } finally {
            process.destroyForcibly();
        }
    }

    private static void endInTime(Process process) {
        try {
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            // The child is over.
        }
    }
}
