package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioLimits;
import dev.varve.engine.aio.KernelAioEngine;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageContractException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
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
    private static final int ATTEMPTS = 20;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    /** What is injected, and what the message must say of cause and cure. */
    static List<Arguments> refusals() {
        return List.of(
            Arguments.of("ENOSYS", new String[] {"no kernel AIO", "CONFIG_AIO", "io_setup, io_submit, io_getevents and io_destroy"}),
            Arguments.of("EPERM", new String[] {"seccomp profile or security module", "allow io_setup"}),
            Arguments.of("EAGAIN", new String[] {"fs.aio-nr=", "fs.aio-max-nr=", "raise it with: sysctl -w fs.aio-max-nr="}));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void aRefusedContextIsNamedWithItsCureOrMadeDoWithout(String errno, String[] words) throws Exception {
        List<String> strace = strace("-e", "trace=io_setup", "-e", "inject=io_setup:error=" + errno);
        ChildRun required = ChildRun.of(strace, NATIVE_ACCESS, folder.resolve("deep").resolve("log"), StoragePolicy.REQUIRE_DIRECT, 1);
        assertThat(required.said("refused")).startsWith(errno + " io_setup for ").contains(words);
        assertRefused(required);

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
                assertRefused(run);
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
        assertRefused(required);

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
        assertRefused(required);

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

    private void assertRefused(ChildRun run) {
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

    /** Host-wide: every other process that sets up kernel AIO meanwhile is refused, too. So the limit is kept reached for a moment only. */
    @Test
    void theMachinesLimitIsNamedWithTheCommandThatRaisesIt() throws IOException {
        Path lockFile = Path.of(System.getProperty("java.io.tmpdir"), "varve-aio-nr.lock");
        LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(1 << 18, 20_000);
        // What is opened first costs longest, so that it is not opened while the limit is reached.
        WriteAheadLog.open(folder.resolve("warm"), config.withStorage(StoragePolicy.PORTABLE)).close();
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
             FileLock lock = channel.lock()) {
            assertThat(lock.isValid()).isTrue();
            ArrayDeque<KernelAioEngine> held = new ArrayDeque<>();
            try {
                Path path = folder.resolve("deep").resolve("log");
                assertThat(refusal(held, path, config)).satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN))
                    .hasMessageContainingAll("fs.aio-nr=", "sysctl -w fs.aio-max-nr=", "--storage prefer or portable");
                assertThat(folder.resolve("deep")).doesNotExist();
                try (WriteAheadLog log = fallback(held, config.withStorage(StoragePolicy.PREFER_DIRECT))) {
                    assertThat(log.storage().contract()).isEqualTo(StorageContract.CHANNEL_DIRECT);
                    assertThat(log.storage().refusal()).contains("EAGAIN", "sysctl -w fs.aio-max-nr=");
                    log.append(new byte[100]);
                }
            } finally {
                held.forEach(KernelAioEngine::close);
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(folder.resolve("warm"), folder.resolve("log"));
        }
        WriteAheadLog.open(folder.resolve("log"), config).close();
    }

    /** Why a log cannot be opened at the limit. Another process may end and make room just then; the limit is reached again then. */
    private static StorageContractException refusal(ArrayDeque<KernelAioEngine> held, Path path, LogConfig config) throws IOException {
        for (int i = 0; i < ATTEMPTS; i++) {
            reserveAll(held);
            try (WriteAheadLog log = WriteAheadLog.open(path, config)) {
                assertThat(log.storage().isFallback()).isFalse();
            } catch (StorageContractException e) {
                return e;
            }
            try (Stream<Path> paths = Files.walk(path.getParent())) {
                for (Path one : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(one);
                }
            }
        }
        throw new AssertionError("there was room " + ATTEMPTS + " times");
    }

    /** A log that is opened at the limit, in the same way. */
    private WriteAheadLog fallback(ArrayDeque<KernelAioEngine> held, LogConfig config) {
        WriteAheadLog log = null;
        for (int i = 0; i < ATTEMPTS && (log == null || !log.storage().isFallback()); i++) {
            if (log != null) {
                log.close();
            }
            reserveAll(held);
            log = WriteAheadLog.open(folder.resolve("log"), config);
        }
        return log;
    }

    /** Opens engines of half of what is left, again and again, until none of the least depth is taken. */
    private static void reserveAll(ArrayDeque<KernelAioEngine> held) {
        AioLimits limits = AioLimits.current();
        assumeTrue(limits.max() > 0 && limits.max() <= KernelAioEngine.DEPTH_MAX, "fs.aio-max-nr is unknown or very large");
        int depth = (int) Math.max(1, limits.max() - limits.used());
        while (depth > 0) {
            try {
                held.add(KernelAioEngine.open(depth));
            } catch (StorageContractException e) {
                assertThat(e.errno()).isEqualTo(Errno.EAGAIN);
                depth /= 2;
            }
        }
    }
}
