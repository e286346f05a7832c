package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.infra.processors.JCStressTestProcessor;

/**
 * Runs {@link PublicationRaces} by jcstress: its annotation processor makes the runners here, from the compiled classes, so that no other
 * compilation needs it. Only the canary may, and must, show an outcome that is forbidden; if it does not, two threads hardly ever met, and
 * the run proves nothing: then a longer one decides. {@code -Dvarve.torture=true} runs all for a minute each, under several JVM
 * configurations.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS)
class PublicationRacesTest {
    private static final boolean IS_TORTURE = Boolean.getBoolean("varve.torture");
    private static final int[] TIMES_MS = IS_TORTURE ? new int[] {60_000} : new int[] {200, 500, 2_000, 20_000};
    private static final String CANARY = PublicationRaces.Canary.class.getCanonicalName();
    private static final Pattern FORBIDDEN = Pattern.compile("(?m)^(\\S+) \\[.*Observed forbidden state");
    private static final Pattern COUNTS = Pattern.compile(
        "Results: (\\d+) planned; (\\d+) passed, (\\d+) failed, 0 soft errs, 0 hard errs");

    @TempDir(factory = BuildTree.class)
    private Path folder;

    @Test
    void everyMeetingOfTwoThreadsHasAnAllowedOutcomeAndTheCanaryIsCaught() throws Exception {
        makeRunners();
        long meetings = Stream.of(PublicationRaces.class.getDeclaredClasses()).filter(type -> type.isAnnotationPresent(JCStressTest.class))
            .count();
        boolean isCaught = false;
        for (int i = 0; i < TIMES_MS.length && !isCaught; i++) {
            String output = run(TIMES_MS[i]);
            MatchResult counts = COUNTS.matcher(output).results().reduce((_, last) -> last)
                .orElseThrow(() -> new AssertionError("no result, or errors:\n" + output));
            assertThat(Long.parseLong(counts.group(1)) % meetings).as("every meeting is run: %s", output).isZero();
            assertThat(counts.group(1)).as("nothing is left out").isEqualTo(Integer.toString(
                Integer.parseInt(counts.group(2)) + Integer.parseInt(counts.group(3))));
            List<String> forbidden = FORBIDDEN.matcher(output).results().map(found -> found.group(1)).distinct().toList();
            assertThat(forbidden).as(output).isSubsetOf(CANARY);
            isCaught = forbidden.contains(CANARY);
        }
        assertThat(isCaught).as("the canary is caught").isTrue();
    }

    private void makeRunners() {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<String> options = List.of("-cp", classPath(), "-d", folder.toString(), "-Xlint:none", "-processor",
            JCStressTestProcessor.class.getName());
        assertThat(compiler.getTask(null, null, null, options, List.of(PublicationRaces.class.getName()), null).call())
            .as("runners are made").isTrue();
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private String run(int timeMs) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        List<String> words = List.of("-iters", "1", "-time", Integer.toString(timeMs), "-f", "1", "-fsm", "1", "-af", "NONE", "-c", "2",
            "-r", folder.resolve("report").toString());
        List<String> flags = IS_TORTURE ? List.of("-jvmArgsPrepend", "-ea -Xmx256m")
            : List.of("-sc", "false", "-jvmArgs", "-ea -Xmx256m -XX:+UseSerialGC");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String withRunners = folder + System.getProperty("path.separator") + classPath();
        List<String> command = Stream.of(List.of(java, "-XX:+UseSerialGC", "-cp", withRunners, "org.openjdk.jcstress.Main"), words, flags)
            .flatMap(List::stream).toList();
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
            .redirectOutput(output.toFile()).start();
        try {
            // It ends with 1, since the canary is caught.
            process.waitFor();
            return Files.readString(output, StandardCharsets.UTF_8);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
