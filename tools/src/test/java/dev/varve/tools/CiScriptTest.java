package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two functions of {@code .ci/run}, taken out of it: the rest takes many minutes. */
class CiScriptTest {
    @TempDir(factory = BuildTree.class)
    private Path folder;

    private CommandRun call(String function, String before, String after) throws IOException, InterruptedException {
        String script = Files.readString(SourceFile.root().resolve(".ci/run"));
        int from = script.indexOf("\n" + function + "() {\n");
        assertThat(from).as(function).isNotNegative();
        String text = script.substring(from, script.indexOf("\n}\n", from) + 3);
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "set -u\n" + before + "\n" + text + after);
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", folder.resolve("bin") + ":/usr/bin:/bin", "HOME", folder.toString()));
        return CommandRun.awaited(builder.start());
    }

    @Test
    void shouldFindTheJdkThatOnlyPathNames() throws IOException, InterruptedException {
        Path home = folder.resolve("somewhere");
        for (String tool : new String[] {"java", "javac"}) {
            Path file = Files.writeString(Files.createDirectories(home.resolve("bin")).resolve(tool), "#!/bin/sh\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.createSymbolicLink(Files.createDirectories(folder.resolve("bin")).resolve(tool), file);
        }
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");

        assertThat(call("find_jdk", "JDK_MIN=25", "find_jdk && echo \"$jdk\"").outputText()).isEqualTo(home + "\n");
    }

    @Test
    void shouldCountTheTimeOfATestClassInItsGroup() throws IOException, InterruptedException {
        report("dev.varve.wal.KillTest", "70.25");
        report("dev.varve.wal.CrashSimulationTest", "30");
        report("dev.varve.engine.simulation.PowerCutTest", "1.5");
        report("dev.varve.engine.aio.AioContextTest", "9");
        report("dev.varve.recovery.KernelLogTest", "1");
        report("dev.varve.examples.AppendCostTest", "5");
        report("dev.varve.tools.LauncherTest", "1,061.5");
        report("dev.varve.wal.CourseTest", "8");

        CommandRun run = call("budget", "clone=" + folder + "\ntimes='build 1300\nsimulation 60\n'", "budget");
        assertThat(run.outputText().lines().map(String::strip)).as("%s", run).containsExactly(
            "2:02  of  5:00  build and unit tests", "0:15  of  4:00  tests on the real kernel", "1:10  of  2:00  kills",
            "1:32  of  5:00  simulation and deliberate defects", "17:42  of  3:00  command line and main job");
    }

    private void report(String name, String time) throws IOException {
        Path reports = Files.createDirectories(folder.resolve("a/target/surefire-reports"));
        Files.writeString(reports.resolve("TEST-" + name + ".xml"),
            "<testsuite version=\"3.0.2\" name=\"" + name + "\" time=\"" + time + "\" tests=\"1\">\n</testsuite>\n");
    }
}
