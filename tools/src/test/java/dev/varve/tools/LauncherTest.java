package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, in a checkout of its own whose JDKs and Maven are scripts that say how they were called. */
class LauncherTest {
    private static final String MAVEN = """
        #!/bin/sh
        case "$*" in
            *--version*) echo "Apache Maven ${MAVEN_TEST_VERSION:-3.9.9}"; exit 0;;
        esac
        echo build >> "$BUILDS"
        printf '\\033[0moutput of the build\\033[1;31m\\n\\033[m\\n'
        sleep 1
        folder=$(dirname "$(echo "$*" | sed 's/.*-f \\(.*\\)pom.xml.*/\\1pom.xml/')")
        [ -z "${MAVEN_TEST_FAILS:-}" ] || exit 1
        echo jar > "$folder/tools/target-launcher/varve.jar"
        """;
    private static final String JAVA = """
        #!/bin/sh
        case "$*" in
            *ArchiveClassesAtExit*) exit 0;;
        esac
        echo "java in $(dirname "$0")"
        for argument; do echo "[$argument]"; done
        """;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private Path checkout;
    private Path launcher;

    @BeforeEach
    void makeCheckout() throws IOException {
        checkout = Files.createDirectories(folder.resolve("a checkout"));
        launcher = checkout.resolve("tools/varve");
        Files.createDirectories(checkout.resolve("tools/src/main"));
        Files.writeString(checkout.resolve("pom.xml"), "<project/>");
        Files.writeString(checkout.resolve("tools/pom.xml"), "<project/>");
        Files.writeString(checkout.resolve("tools/src/main/Source.java"), "");
        script(launcher, Files.readString(SourceFile.root().resolve("tools/varve")));
        script(folder.resolve("bin/mvn"), MAVEN);
        jdk("jdk-24", "24.0.2");
        jdk("jdk-25", "25.0.3");
        jdk("jdk-26", "26-ea");
    }

    private void jdk(String name, String version) throws IOException {
        Path home = folder.resolve(name);
        script(home.resolve("bin/java"), JAVA);
        script(home.resolve("bin/javac"), "#!/bin/sh\n");
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Somebody\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"Linux\"\n");
    }

    private static void script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Process start(Map<String, String> variables, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", folder.resolve("bin") + ":/usr/bin:/bin", "HOME", folder.toString(),
            "BUILDS", folder.resolve("builds").toString(), "VARVE_JDK_FOLDERS", folder + "/jdk-*"));
        builder.environment().putAll(variables);
        return builder.start();
    }

    private CommandRun run(Map<String, String> variables, String... arguments) throws IOException, InterruptedException {
        return CommandRun.awaited(start(variables, arguments));
    }

    private long builds() throws IOException {
        Path builds = folder.resolve("builds");
        return Files.exists(builds) ? Files.readAllLines(builds).size() : 0;
    }

    @Test
    void shouldBuildOnceAndPassTheArgumentsOn() throws IOException, InterruptedException {
        CommandRun first = run(Map.of(), "cat", "a log", "", "*");
        CommandRun second = run(Map.of(), "cat", "a log", "", "*");

        assertThat(first.status()).as("%s", first).isZero();
        assertThat(first.outputText()).endsWith("[cat]\n[a log]\n[]\n[*]\n")
            .contains("[" + checkout + "/tools/target-launcher/run/varve.jar]").doesNotContain("output of the build");
        assertThat(first.errors()).contains("output of the build\n").doesNotContain("\u001b");
        assertThat(second.outputText()).isEqualTo(first.outputText());
        assertThat(second.errors()).isEmpty();
        assertThat(builds()).isOne();
    }

    @Test
    void shouldBuildAgainWhenASourceIsNewerOrGone() throws IOException, InterruptedException {
        run(Map.of(), "stat");
        Files.setLastModifiedTime(checkout.resolve("tools/src/main/Source.java"), FileTime.from(Instant.now().plusMillis(10)));
        run(Map.of(), "stat");
        assertThat(builds()).isEqualTo(2);

        Files.setLastModifiedTime(checkout.resolve("tools/src/main/Source.java"), FileTime.from(Instant.EPOCH));
        run(Map.of(), "stat");
        assertThat(builds()).isEqualTo(2);
        Files.delete(checkout.resolve("tools/src/main/Source.java"));
        run(Map.of(), "stat");
        assertThat(builds()).isEqualTo(3);
    }

    @Test
    void shouldBuildOnceForTwoFirstUsesAtOnce() throws IOException, InterruptedException {
        Process first = start(Map.of(), "stat");
        Process second = start(Map.of(), "stat");

        assertThat(CommandRun.awaited(first).status()).isZero();
        assertThat(CommandRun.awaited(second).status()).isZero();
        assertThat(builds()).isOne();
    }

    @Test
    void shouldTakeTheFirstJdkThatIsNewEnough() throws IOException, InterruptedException {
        String found = run(Map.of(), "stat").outputText();
        String named = run(Map.of("JAVA_HOME", folder.resolve("jdk-26").toString()), "stat").outputText();
        String tooOld = run(Map.of("JAVA_HOME", folder.resolve("jdk-24").toString()), "stat").outputText();
        String preferred = run(Map.of("VARVE_JAVA_HOME", folder.resolve("jdk-25").toString(), "JAVA_HOME",
            folder.resolve("jdk-26").toString()), "stat").outputText();

        assertThat(found).startsWith("java in " + folder.resolve("jdk-25/bin"));
        assertThat(named).startsWith("java in " + folder.resolve("jdk-26/bin"));
        assertThat(tooOld).startsWith("java in " + folder.resolve("jdk-25/bin"));
        assertThat(preferred).startsWith("java in " + folder.resolve("jdk-25/bin"));
    }

    @Test
    void shouldSayInOneSentenceThatThereIsNoJdk() throws IOException, InterruptedException {
        CommandRun run = run(Map.of("VARVE_JDK_FOLDERS", folder + "/jdk-24", "PATH", "/nowhere"), "--version");

        assertThat(run.status()).isEqualTo(69);
        assertThat(run.output()).isEmpty();
        assertThat(run.errors().lines()).hasSize(1).first().asString().contains("no JDK 25").contains("VARVE_JAVA_HOME");
    }

    @Test
    void shouldSayInOneSentenceThatMavenIsTooOld() throws IOException, InterruptedException {
        CommandRun run = run(Map.of("MAVEN_TEST_VERSION", "3.6.3"), "stat");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errors().lines()).hasSize(1).first().asString().contains("Maven 3.8.1").contains("3.6.3");
        assertThat(builds()).isZero();
    }

    @Test
    void shouldNotTakeTheJarOfAFailedBuild() throws IOException, InterruptedException {
        CommandRun failed = run(Map.of("MAVEN_TEST_FAILS", "1"), "stat");
        CommandRun after = run(Map.of(), "stat");

        assertThat(failed.status()).isEqualTo(2);
        assertThat(failed.output()).isEmpty();
        assertThat(failed.errors()).contains("the build failed");
        assertThat(after.status()).isZero();
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void shouldSayInOneSentenceThatItCannotWriteWhereItBuilds() throws IOException, InterruptedException {
        // Not by permissions, which do not bind root: something else lies where the folder, or a file in it, belongs.
        Path build = checkout.resolve("tools/target-launcher");
        Files.writeString(build, "");
        CommandRun noFolder = run(Map.of(), "stat");
        Files.delete(build);
        Files.createDirectories(build.resolve("lock"));
        CommandRun noLock = run(Map.of(), "stat");
        Files.delete(build.resolve("lock"));
        Files.createSymbolicLink(build.resolve("stamp.next"), Path.of("nowhere/stamp"));
        CommandRun noStamp = run(Map.of(), "stat");

        for (CommandRun run : List.of(noFolder, noLock, noStamp)) {
            assertThat(run.status()).as("%s", run).isEqualTo(2);
            assertThat(run.output()).isEmpty();
            assertThat(run.errors().lines().filter(line -> !line.contains("building"))).hasSize(1)
                .first().asString().startsWith("varve: cannot write to " + build);
        }
        assertThat(builds()).isZero();
    }

    @Test
    void shouldLetNoFileOfTheJvmTakeThePlaceOfAStreamThatIsClosed() throws IOException, InterruptedException {
        script(folder.resolve("jdk-25/bin/java"), """
            #!/bin/sh
            case "$*" in
                *ArchiveClassesAtExit*) exit 0;;
            esac
            # Collected first: some shells redirect a command's output in themselves.
            for descriptor in 0 1 2; do
                flags="${flags-}$(sed -n "s/^flags:.*\\(.\\)$/$descriptor \\1/p" /proc/$$/fdinfo/$descriptor),"
            done
            echo "$flags" > "$BUILDS"
            exit 0
            """);
        Path seen = folder.resolve("seen");
        run(Map.of(), "stat");
        CommandRun run = CommandRun.awaited(closing("<&- >&- 2>&-", seen));

        assertThat(run.status()).as("%s", run).isZero();
        // Standard input for writing only, standard output for reading only: the last digit of the flags.
        assertThat(Files.readString(seen)).isEqualTo("0 1,1 0,2 1,\n");
    }

    private Process closing(String redirections, Path seen) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "exec \"$0\" stat " + redirections, launcher.toString());
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", folder.resolve("bin") + ":/usr/bin:/bin", "HOME", folder.toString(),
            "BUILDS", seen.toString(), "VARVE_JDK_FOLDERS", folder + "/jdk-*"));
        return builder.start();
    }

    @Test
    void shouldFollowASymbolicLinkToItself() throws IOException, InterruptedException {
        Path link = Files.createSymbolicLink(folder.resolve("bin/varve"), Path.of("../a checkout/tools/varve"));
        launcher = link;
        CommandRun run = run(Map.of(), "stat");

        assertThat(run.status()).as("%s", run).isZero();
        assertThat(run.outputText()).contains("[" + checkout + "/tools/target-launcher/run/varve.jar]");
    }

    @Test
    void shouldDropVariablesThatMakeTheJvmTalk() throws IOException, InterruptedException {
        script(folder.resolve("jdk-25/bin/java"), "#!/bin/sh\necho \"<${JAVA_TOOL_OPTIONS-}${JDK_JAVA_OPTIONS-}${_JAVA_OPTIONS-}>\"\n");
        CommandRun run = run(Map.of("JAVA_TOOL_OPTIONS", "-Dx", "JDK_JAVA_OPTIONS", "-Dy", "_JAVA_OPTIONS", "-Dz"), "stat");

        assertThat(new String(run.output(), StandardCharsets.US_ASCII)).endsWith("<>\n");
    }
}
