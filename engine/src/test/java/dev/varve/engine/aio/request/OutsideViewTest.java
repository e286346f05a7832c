package dev.varve.engine.aio.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioLimits;
import dev.varve.engine.linux.BuildTree;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Another process makes requests and is traced, signalled, limited or killed. */
@Timeout(120)
class OutsideViewTest {
    private static final Path STRACE = Path.of("/usr/bin/strace");

    @TempDir(factory = BuildTree.class)
    private Path path;

    private Path trace;

    @BeforeEach
    void prepare() throws IOException {
        Files.write(path.resolve("file"), new byte[64 * 4096]);
        trace = path.resolve("trace");
    }

    private static List<String> load(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
            RequestLoad.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static String outputOf(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private String traced(List<String> options, String... arguments) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(STRACE), "strace is not installed");
        List<String> command = new ArrayList<>(List.of(STRACE.toString(), "-f", "-v", "-qq", "-o", trace.toString()));
        command.addAll(options);
        command.addAll(load(arguments));
        return outputOf(command);
    }

    private List<String> traceLines(String pattern) throws IOException {
        Pattern wanted = Pattern.compile(pattern);
        return Files.readAllLines(trace, StandardCharsets.ISO_8859_1).stream().filter(line -> wanted.matcher(line).find()).toList();
    }

    @Test
    void row39ShouldSubmitManyByOneSystemCall() throws Exception {
        String output = traced(List.of("-e", "trace=io_submit"), "rounds", path.toString(), "3");

        assertThat(output).contains("done 192 pending 0");
        assertThat(traceLines("io_submit\\(0x[0-9a-f]+, 64, ")).hasSize(3);
    }

    @Test
    void row16And20And21ShouldReachTheKernelAsMeant() throws Exception {
        assertThat(traced(List.of("-e", "trace=io_submit"), "options", path.toString())).contains("failed []");

        String all = String.join("\n", traceLines("io_submit"));
        assertThat(all)
            .containsPattern("aio_rw_flags=RWF_DSYNC, aio_lio_opcode=IOCB_CMD_PWRITE, aio_reqprio=.*?, aio_fildes=\\d+,"
                + " aio_buf=[^}]*aio_nbytes=4096, aio_offset=8192, aio_flags=IOCB_FLAG_IOPRIO")
            .containsPattern("aio_lio_opcode=IOCB_CMD_PWRITEV, aio_fildes=\\d+,"
                + " aio_buf=\\[\\{iov_base=[^}]*iov_len=4096\\}, \\{iov_base=[^}]*iov_len=4096\\}\\]")
            .containsPattern("aio_lio_opcode=IOCB_CMD_PREAD, [^}]*aio_nbytes=4096, aio_offset=16384")
            .containsPattern("aio_lio_opcode=IOCB_CMD_PREADV, [^}]*")
            .containsPattern("aio_lio_opcode=IOCB_CMD_FSYNC")
            .containsPattern("aio_lio_opcode=IOCB_CMD_FDSYNC")
            .containsPattern("aio_lio_opcode=IOCB_CMD_POLL")
            .doesNotContain("NOOP").doesNotContain("PREADX").doesNotContain("aio_reserved2");
    }

    @Test
    void row10ShouldLoseNothingWhenTheKernelHasNoRoomAtTimes() throws Exception {
        String once = traced(List.of("-e", "trace=io_submit", "-e", "inject=io_submit:error=EAGAIN:when=2"), "rounds", path.toString(), "20");
        assertThat(once).contains("done 1280 pending 0");

        String often = traced(List.of("-e", "trace=io_submit", "-e", "inject=io_submit:error=EAGAIN:when=2+3"), "rounds", path.toString(),
            "20");
        assertThat(often).contains("done 1280 pending 0");
        assertThat(traceLines("EAGAIN.*INJECTED")).hasSizeGreaterThan(5);
    }

    @Test
    void row14ShouldLoseNothingWhenWaitsAreInterrupted() throws Exception {
        String output = traced(List.of("-e", "trace=io_getevents", "-e", "inject=io_getevents:error=EINTR:when=2+2"), "rounds",
            path.toString(), "50");

        assertThat(output).contains("done 3200 pending 0");
        assertThat(traceLines("EINTR.*INJECTED")).hasSizeGreaterThan(10);
    }

    @Test
    void row45ShouldMakeTheKernelsOwnCallsAndNeedNoLibrary() throws Exception {
        String output = traced(List.of("-e", "trace=/^io_"), "rounds", path.toString(), "3");

        assertThat(output).contains("libaio false");
        assertThat(traceLines("io_").stream().map(line -> line.replaceAll("^\\d+ +(<\\.\\.\\. )?(io_\\w+).*", "$2")).collect(Collectors.toSet()))
            .containsExactlyInAnyOrder("io_setup", "io_submit", "io_getevents", "io_destroy");
    }

    @Test
    void row14ShouldLoseNothingUnderThreadDumps() throws Exception {
        Process process = new ProcessBuilder(load("seconds", path.toString(), "5")).redirectErrorStream(true).start();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(reader.readLine()).isEqualTo("ready");
            Thread dumps = Thread.ofPlatform().daemon().start(() -> askForDumps(process));
            List<String> lines = reader.lines().toList();
            dumps.interrupt();

            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(lines.stream().filter(line -> line.startsWith("Full thread dump"))).hasSizeGreaterThan(5);
            assertThat(lines).contains("done all pending 0");
        } finally {
            process.destroyForcibly();
        }
    }

    private static void askForDumps(Process process) {
        try {
            while (process.isAlive()) {
                new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid())).start().waitFor();
                Thread.sleep(200);
            }
        } catch (IOException | InterruptedException e) {
            // Over; how many dumps there were is looked at.
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void row28ShouldTellAShortWriteAndTheErrorBehindIt() throws Exception {
        List<String> command = new ArrayList<>(List.of("/bin/bash", "-c", "ulimit -f 20; exec \"$@\"", "limited"));
        command.addAll(load("short", path.toString()));

        assertThat(outputOf(command).lines()).contains("DONE 0 20480", "FAILED 27 0");
    }

    @Test
    void row03And49ShouldGiveItsShareBackWhenKilled() throws Exception {
        // Others on the machine come and go; theirs are far fewer.
        int noise = 2000;
        long before = AioLimits.current().used();
        Process process = new ProcessBuilder(load("forever", path.toString())).redirectErrorStream(true).start();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(reader.readLine()).startsWith("ready");
            assertThat(usedBecomes(used -> used >= before + 5000 - noise)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(usedBecomes(used -> used <= before + noise)).isTrue();
    }

    private static boolean usedBecomes(LongPredicate wanted) throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            if (wanted.test(AioLimits.current().used())) {
                return true;
            }
            Thread.sleep(100);
        }
        return false;
    }
}
