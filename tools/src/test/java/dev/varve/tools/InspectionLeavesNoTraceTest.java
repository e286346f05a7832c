package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.segment.SegmentName;
import dev.varve.wal.LogConfig;
import dev.varve.wal.WriteAheadLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever looks at a log changes nothing, makes nothing, and is in nobody's way; and what a log makes is its owner's alone. */
class InspectionLeavesNoTraceTest {
    private static final List<String> LOOKING = List.of("verify", "stat", "dump", "cat");

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private Path log() {
        return folder.resolve("log");
    }

    private void append(Object... more) {
        List<Object> arguments = new ArrayList<>(List.of("append", log(), "--lines", "-", "--segment-length", "1M", "--record-max", "64K"));
        arguments.addAll(List.of(more));
        CommandRun run = CommandRun.of("needle\n".repeat(300).getBytes(StandardCharsets.US_ASCII), arguments.toArray());
        assertThat(run.status()).as("%s", run).isZero();
    }

    private void assertNoTrace() throws IOException {
        Map<String, List<Object>> before = LogSnapshot.of(folder);
        for (String command : LOOKING) {
            CommandRun.of(command, log());
            assertThat(LogSnapshot.of(folder)).as(command).isEqualTo(before);
        }
    }

    @Test
    void whateverStateALogIsIn() throws IOException {
        assertNoTrace();
        Files.createDirectory(log());
        assertNoTrace();
        append();
        assertNoTrace();
        DamagedFile.flipBitOf("needle", log());
        assertNoTrace();
        Files.delete(log().resolve(SegmentName.LOCK));
        assertNoTrace();
        Files.delete(log().resolve(SegmentName.MANIFEST));
        assertNoTrace();
    }

    @Test
    void aWriterIsNotHinderedByWhoeverLooks() throws IOException {
        append();
        try (OpenedLog open = OpenedLog.open(CommandRun.console(), log());
             WriteAheadLog writer = WriteAheadLog.open(log(), LogConfig.defaults())) {
            assertThat(open.inspect(new dev.varve.recovery.InspectionOptions(true, dev.varve.recovery.RecoveryOptions.Progress.NONE))
                .report().verdict()).isEqualTo(dev.varve.recovery.Verdict.LIVE);
            assertThat(writer.append("more".getBytes(StandardCharsets.US_ASCII))).isPositive();
        }
    }

    @Test
    void everyFileIsOpenedForReadingOnly() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/strace")), "no strace");
        append();
        Path trace = folder.resolve("trace");
        List<String> command = new ArrayList<>(List.of("/usr/bin/strace", "-f", "-qq", "-s", "500", "-o", trace.toString(), "-e",
            "trace=openat,open,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,fallocate,fchmod,fsync"));
        command.addAll(CommandRun.process("verify", log()).command());
        CommandRun run = CommandRun.awaited(new ProcessBuilder(command).start());
        assumeTrue(Files.exists(trace) && Files.size(trace) > 0, "no leave to trace a child");

        assertThat(run.status()).as("%s", run).isZero();
        List<String> calls = Files.readAllLines(trace, StandardCharsets.ISO_8859_1);
        List<String> ofLog = calls.stream().filter(call -> call.contains(log() + "\"") || call.contains(".varve\"")
            || call.contains("\"MANIFEST\"") || call.contains("\"LOCK\"")).toList();
        assertThat(ofLog).hasSizeGreaterThanOrEqualTo(4).allMatch(call -> call.contains("openat(") && call.contains("O_RDONLY"))
            .noneMatch(call -> call.contains("O_CREAT") || call.contains("O_TRUNC"));
        assertThat(calls).noneMatch(call -> call.matches(".*(fallocate|fchmod|fsync)\\(.*"));
    }

    @Test
    void whatALogMakesIsItsOwnersAloneWhateverTheUmask() throws IOException, InterruptedException {
        for (String umask : List.of("000", "077")) {
            for (String storage : List.of("require", "portable")) {
                Path made = folder.resolve("umask" + umask + storage);
                List<String> command = new ArrayList<>(List.of("sh", "-c", "umask " + umask + "; exec \"$@\"", "sh"));
                command.addAll(CommandRun.process("append", made, "--lines", "-", "--storage", storage, "--segment-length", "1M",
                    "--record-max", "64K").command());
                Process process = new ProcessBuilder(command).start();
                process.getOutputStream().write("line\n".repeat(2000).getBytes(StandardCharsets.US_ASCII));
                process.getOutputStream().close();
                CommandRun run = CommandRun.awaited(process);
                assertThat(run.status()).as("%s", run).isZero();
                assertThat(permissions(made)).isEqualTo("rwx------");
                try (Stream<Path> files = Files.list(made)) {
                    List<Path> all = files.toList();
                    assertThat(all).hasSizeGreaterThanOrEqualTo(3).allSatisfy(file -> assertThat(permissions(file)).isEqualTo("rw-------"));
                }
            }
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
