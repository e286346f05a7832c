package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A log on a real disk, worked with for long: records of all sizes, readers, truncations, and opened anew every three minutes. Nothing that
 * a process can run out of may grow. A line a minute goes to {@code wal/target/soak.txt}.
 *
 * <pre>
 *   mvn -B -pl wal -am verify -Dtest=SoakTest -Dsurefire.failIfNoSpecifiedTests=false -Dvarve.soakMinutes=30
 * </pre>
 *
 * <p>Without a number of minutes a few seconds, so that this keeps working; with {@code -Dvarve.torture=true} one minute.
 */
@Timeout(value = 100, unit = TimeUnit.HOURS)
class SoakTest {
    private static final int MINUTES = Integer.getInteger("varve.soakMinutes", Boolean.getBoolean("varve.torture") ? 1 : 0);
    private static final int SECONDS = MINUTES == 0 ? 3 : 60 * MINUTES;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    @Test
    void nothingGrowsAndEverythingIsReadBack() throws Exception {
        Path said = Path.of("target", "soak.txt").toAbsolutePath();
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea", "-Xms256m",
            "-Xmx256m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), SoakProgram.class.getName(),
            folder.resolve("log").toString(), Integer.toString(SECONDS)).redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try {
            int status = process.waitFor();
            List<String> lines = Files.readAllLines(said, StandardCharsets.UTF_8);
            System.out.println(lines.getLast());
            assertThat(status).as(String.join("\n", lines)).isZero();
            assertThat(lines.getLast()).endsWith(": well");
        } finally {
            process.destroyForcibly();
        }
    }
}
