package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageObstacle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What keeps a log from kernel AIO: refused by name with what mends it and nothing created, or made do without where that was asked. */
@Timeout(240)
class SetupFailureTest {
    private static final List<String> NATIVE_ACCESS = List.of("--enable-native-access=ALL-UNNAMED");

    @TempDir(factory = BuildTree.class)
    private Path folder;

    /** What is injected, and what the message must say of cause and cure. */
    static List<Arguments> refusals() {
        return List.of(
            Arguments.of("ENOSYS", StorageObstacle.NO_KERNEL_AIO, new String[] {"no kernel AIO", "CONFIG_AIO",
                "io_setup, io_submit, io_getevents and io_destroy"}),
            Arguments.of("EPERM", StorageObstacle.FORBIDDEN, new String[] {"seccomp profile or security module", "allow io_setup"}),
            Arguments.of("EAGAIN", StorageObstacle.REQUEST_LIMIT, new String[] {"fs.aio-nr=", "fs.aio-max-nr=",
                "raise it with: sysctl -w fs.aio-max-nr="}));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void aRefusedContextIsNamedWithItsCureOrMadeDoWithout(String errno, StorageObstacle obstacle, String[] words) throws Exception {
        List<String> strace = strace("-e", "trace=io_setup", "-e", "inject=io_setup:error=" + errno);
        ChildRun required = ChildRun.of(strace, NATIVE_ACCESS, folder.resolve("deep").resolve("log"), StoragePolicy.REQUIRE_DIRECT, 1);
        assertThat(required.said("refused")).startsWith(errno + " io_setup for ").contains(words);
        assertRefused(required, obstacle);

        ChildRun preferred = ChildRun.of(strace, NATIVE_ACCESS, folder.resolve("log"), StoragePolicy.PREFER_DIRECT, 3);
        assertThat(preferred.said("refusal")).startsWith("io_setup for ").contains(errno).contains(words);
        assertMadeDo(preferred);
    }

    @Test
    void aFileSystemThatRefusesDirectIoIsNamedWithItsCureOrMadeDoWithout() throws Exception {
        for (StoragePolicy policy : List.of(StoragePolicy.REQUIRE_DIRECT, StoragePolicy.PREFER_DIRECT)) {
            Path log = folder.resolve(policy.toString());
            // Of the calls that open the folder, the first opens it by its name and the second tries direct I/O in it.
            List<String> strace = strace("-P", folder.toString(), "-e", "trace=openat", "-e", "inject=openat:error=EINVAL:when=2");
            ChildRun run = ChildRun.of(strace, NATIVE_ACCESS, log, policy, 3);
            if (policy == StoragePolicy.REQUIRE_DIRECT) {
                assertThat(run.said("refused")).startsWith("EINVAL directory ")
                    .contains("refuses direct I/O", "put the log on a local ext4");
                assertRefused(run, StorageObstacle.NO_DIRECT_IO);
                assertThat(log).doesNotExist();
            } else {
                assertThat(run.said("refusal")).contains("refuses direct I/O", "put the log on a local ext4");
                assertMadeDo(run);
            }
        }
    }

    @Test
    void aJvmThatDeniesNativeAccessIsToldTheFlagOrChannelsAreMadeDoWith() throws Exception {
        List<String> denied = List.of("--illegal-native-access=deny");
        ChildRun required = ChildRun.of(List.of(), denied, folder.resolve("deep").resolve("log"), StoragePolicy.REQUIRE_DIRECT, 1);
        assertThat(required.said("refused")).contains("does not let Varve call the kernel", "--enable-native-access=ALL-UNNAMED");
        assertRefused(required, StorageObstacle.NATIVE_ACCESS);

        ChildRun preferred = ChildRun.of(List.of(), denied, folder.resolve("log"), StoragePolicy.PREFER_DIRECT, 3);
        assertThat(preferred.said("refusal")).contains("--enable-native-access=ALL-UNNAMED");
        assertMadeDo(preferred);

        ChildRun portable = ChildRun.of(List.of(), denied, folder.resolve("portable"), StoragePolicy.PORTABLE, 3);
        assertThat(portable.said("refusal")).isEmpty();
        assertThat(portable.count("appended")).isEqualTo(3);
    }

    @Test
    void aProcessorThatIsNotSpokenToIsNamedOrChannelsAreMadeDoWith() throws Exception {
        List<String> flags = List.of(NATIVE_ACCESS.getFirst(), "-Dos.arch=riscv64");
        ChildRun required = ChildRun.of(List.of(), flags, folder.resolve("deep").resolve("log"), StoragePolicy.REQUIRE_DIRECT, 1);
        assertThat(required.said("refused")).startsWith("ENOSYS ").contains("Linux on riscv64", "x86-64 or aarch64");
        assertRefused(required, StorageObstacle.PLATFORM);

        ChildRun preferred = ChildRun.of(List.of(), flags, folder.resolve("log"), StoragePolicy.PREFER_DIRECT, 3);
        assertThat(preferred.said("refusal")).contains("Linux on riscv64");
        assertMadeDo(preferred);
    }

    /** The words to put in front of a command so that it is traced, or a skip where nothing can be. */
    static List<String> strace(String... words) {
        assumeTrue(isTracing(), "no strace, or no leave to trace");
        List<String> command = new ArrayList<>(List.of("strace", "-f", "-qq", "-o", "/dev/null"));
        command.addAll(Arrays.asList(words));
        return command;
    }

    private static boolean isTracing() {
        try {
            return new ProcessBuilder("strace", "-o", "/dev/null", "true").redirectErrorStream(true).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void assertRefused(ChildRun run, StorageObstacle obstacle) {
        assertThat(run.said("obstacle")).isEqualTo(obstacle.toString());
        assertThat(run.said("refused")).contains("--storage prefer or portable", "StoragePolicy.PREFER_DIRECT");
        assertThat(run.count("appended")).isZero();
        assertThat(folder.resolve("deep")).doesNotExist();
    }

    private static void assertMadeDo(ChildRun run) {
        assertThat(run.said("contract")).isEqualTo(StorageContract.CHANNEL_DIRECT.toString());
        assertThat(run.said("summary")).startsWith("CHANNEL_DIRECT");
        assertThat(run.count("appended")).isEqualTo(3);
        assertThat(run.lines()).as("it warns").anyMatch(line -> line.contains("is written by CHANNEL_DIRECT, since kernel AIO"));
    }
}
