package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Some functions of {@code .ci/run}, taken out of it: the rest takes many minutes. */
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

    @Test
    void shouldAcceptASkipThatIsExpectedForAReasonOnly() throws IOException, InterruptedException {
        Path expected = Files.createDirectories(folder.resolve(".ci")).resolve("expected-skips");
        Path reports = Files.createDirectories(folder.resolve("a/target/surefire-reports"));
        Files.writeString(reports.resolve("TEST-a.SomeTest.xml"), """
            <testsuite name="a.SomeTest" time="1">
              <testcase name="shouldRun" classname="a.SomeTest" time="1"/>
              <testcase name="shouldSkip(Path)[1]" classname="a.SomeTest" time="0">
                <skipped message="no strace"/>
              </testcase>
            </testsuite>
            """);
        String before = "say() { echo \"$*\"; }; clone=" + folder + "; work=" + folder;
        Files.writeString(expected, "# a comment\na.SomeTest.shouldSkip    needs strace\n");
        CommandRun explained = call("skips", before, "skips");
        assertThat(explained.status()).as("%s", explained).isZero();
        assertThat(explained.outputText()).isEqualTo("1 tests skipped\n  a.SomeTest.shouldSkip: no strace\n");

        Files.writeString(expected, "a.SomeTest.shouldSkip  \n");
        CommandRun unexplained = call("skips", before, "skips");
        assertThat(unexplained.status()).isOne();
        assertThat(unexplained.outputText()).contains("without a reason:\n  a.SomeTest.shouldSkip\n");
        Files.writeString(expected, "a.SomeTest.shouldRun  is slow\n");
        assertThat(call("skips", before, "skips").outputText()).contains("shouldSkip: no strace    NOT EXPECTED");
    }

    @Test
    void shouldInstallWhatTestsNeedAsRootAndGoOnWithoutIt() throws IOException, InterruptedException {
        Path installer = Files.writeString(Files.createDirectories(folder.resolve("bin")).resolve("apt-get"),
            "#!/bin/sh\necho \"$@\" >> " + folder + "/asked\nexit 1\n");
        Files.setPosixFilePermissions(installer, PosixFilePermissions.fromString("rwxr-xr-x"));
        String before = "say() { echo \"$*\"; }; work=" + folder + "; TEST_TOOLS='sh no-such-tool'; id() { echo $user; }; ";
        CommandRun root = call("tools_for_tests", before + "user=0", "tools_for_tests");
        assertThat(root.status()).as("%s", root).isZero();
        assertThat(root.outputText()).startsWith("installing: no-such-tool\nnote: cannot be installed");
        assertThat(Files.readString(folder.resolve("asked"))).isEqualTo("install -y --no-install-recommends no-such-tool\nupdate\n");

        CommandRun other = call("tools_for_tests", before + "user=1000", "tools_for_tests");
        assertThat(other.status()).isZero();
        assertThat(other.outputText()).isEqualTo("note: not there: no-such-tool\n");
    }

    private void report(String name, String time) throws IOException {
        Path reports = Files.createDirectories(folder.resolve("a/target/surefire-reports"));
        Files.writeString(reports.resolve("TEST-" + name + ".xml"),
            "<testsuite version=\"3.0.2\" name=\"" + name + "\" time=\"" + time + "\" tests=\"1\">\n</testsuite>\n");
    }
}
