package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own can show: pipes, signals, sudden death, two at once. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CommandProcessTest {
    @TempDir(factory = BuildTree.class)
    private Path folder;

    private Process process;
    private BufferedReader acks;
    private OutputStream lines;

    private Path log() {
        return folder.resolve("log");
    }

    /** Starts an append that reads from this test and acknowledges to it. */
    private void startAppend() throws IOException {
        process = heedingSignals(CommandRun.process("append", log(), "--lines", "-", "--acks")).start();
        acks = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        lines = process.getOutputStream();
    }

    private void send(String text) throws IOException {
        lines.write(text.getBytes(StandardCharsets.US_ASCII));
        lines.flush();
    }

    private String errors() throws IOException {
        return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Whoever runs the tests in the background, or under nohup, has signals ignored, and every process below inherits that. */
    private static ProcessBuilder heedingSignals(ProcessBuilder builder) {
        builder.command().addAll(0, List.of("env", "--default-signal=HUP,INT,TERM"));
        return builder;
    }

    private void signal(String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor()).isZero();
    }

    @AfterEach
    void endProcess() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void shouldAcknowledgeALineThatComesAlone() throws IOException, InterruptedException {
        startAppend();
        List<Long> lsns = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            send("line " + i + "\n");
            // Nothing more is sent until this one is acknowledged.
            lsns.add(Long.valueOf(acks.readLine()));
        }
        lines.close();

        assertThat(process.waitFor()).isZero();
        assertThat(lsns).isSorted().doesNotHaveDuplicates();
        assertThat(errors()).contains("5 records").contains("commit latency p50");
    }

    @Test
    void shouldKeepWhatItAcknowledgedWhenItIsKilled() throws IOException, InterruptedException {
        startAppend();
        for (int i = 0; i < 30; i++) {
            send("line " + i + "\n");
            acks.readLine();
        }
        process.destroyForcibly().waitFor();

        CommandRun verify = CommandRun.of("verify", log());
        assertThat(verify.status()).as("%s", verify).isEqualTo(3);
        assertThat(verify.outputText()).startsWith("CRASH_TAIL");
        CommandRun cat = CommandRun.of("cat", log());
        assertThat(cat.status()).isZero();
        assertThat(cat.errors()).contains("CRASH_TAIL");
        assertThat(cat.outputText().lines()).hasSize(30).last().isEqualTo("line 29");
        CommandRun append = CommandRun.of("line 30\n".getBytes(StandardCharsets.US_ASCII), "append", log(), "--lines", "-");
        assertThat(append.status()).isZero();
        assertThat(append.errors()).contains("crash tail");
        assertThat(CommandRun.of("verify", log()).status()).isZero();
        assertThat(CommandRun.of("cat", log()).outputText().lines()).hasSize(31).last().isEqualTo("line 30");
    }

    @Test
    void shouldCloseCleanlyWhenASignalMeetsItWaitingForInput() throws IOException, InterruptedException {
        for (var signal : List.of(List.of("HUP", 129), List.of("INT", 130), List.of("TERM", 143))) {
            startAppend();
            send("line\nunfinished");
            acks.readLine();
            signal((String) signal.getFirst());

            assertThat(process.waitFor()).isEqualTo(signal.getLast());
            assertThat(errors()).contains("1 record, ");
            assertThat(CommandRun.of("verify", log()).outputText()).startsWith("CLEAN");
        }
        assertThat(CommandRun.of("cat", log()).outputText()).isEqualTo("line\nline\nline\n");
    }

    @Test
    void shouldCloseCleanlyWhenASignalMeetsItAppending() throws IOException, InterruptedException {
        process = heedingSignals(CommandRun.process("append", log(), "--lines", "/dev/stdin")).redirectInput(endless()).start();
        Path manifest = log().resolve("MANIFEST");
        while (!Files.exists(manifest)) {
            Thread.sleep(10);
        }
        Thread.sleep(700);
        signal("INT");
        String errors = errors();

        assertThat(process.waitFor()).as(errors).isEqualTo(130);
        CommandRun verify = CommandRun.of("verify", log());
        assertThat(verify.outputText()).startsWith("CLEAN");
        long records = Long.parseLong(errors.replaceAll("(?s).*varve: (\\d+) records,.*", "$1"));
        assertThat(CommandRun.of("cat", log()).outputText().lines().count()).isEqualTo(records).isPositive();
    }

    /** A file with more lines than can be appended before the signal comes. */
    private java.io.File endless() throws IOException {
        Path file = folder.resolve("lines");
        Files.writeString(file, "a line of about forty bytes, many times\n".repeat(5_000_000));
        return file.toFile();
    }

    @Test
    void shouldRefuseASecondWriterAndCallTheLogLive() throws IOException, InterruptedException {
        startAppend();
        send("line\n");
        acks.readLine();

        CommandRun second = CommandRun.process("append", log(), "--lines", "/dev/null").start().onExit().thenApply(p -> {
            try {
                return CommandRun.awaited(p);
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        }).join();
        assertThat(second.status()).as("%s", second).isEqualTo(5);
        CommandRun verify = CommandRun.of("verify", log());
        assertThat(verify.status()).as("%s", verify).isZero();
        assertThat(verify.outputText()).startsWith("live: ");
        CommandRun cat = CommandRun.of("cat", log());
        assertThat(cat.status()).as("%s", cat).isZero();
        assertThat(cat.errors()).contains("live");
        lines.close();
        assertThat(process.waitFor()).isZero();
        assertThat(CommandRun.of("verify", log()).outputText()).startsWith("CLEAN");
    }

    @Test
    void shouldEndQuietlyWhenNobodyReadsOn() throws IOException, InterruptedException {
        CommandRun.of(("x".repeat(99) + "\n").repeat(20_000).getBytes(StandardCharsets.US_ASCII), "append", log(), "--lines", "-");
        for (String command : List.of("cat", "dump")) {
            process = CommandRun.process(command, log()).start();
            new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII)).readLine();
            process.getInputStream().close();

            assertThat(errors()).isEmpty();
            assertThat(process.waitFor()).as(command).isZero();
        }
    }

    @Test
    void shouldCloseCleanlyWhenNobodyReadsTheAcknowledgements() throws IOException, InterruptedException {
        startAppend();
        send("line\n");
        acks.readLine();
        acks.close();
        try {
            for (int i = 0; i < 1000; i++) {
                send("later\n");
            }
        } catch (IOException _) {
            // It has stopped reading, as it should.
        }
        String errors = errors();

        assertThat(process.waitFor()).as(errors).isEqualTo(2);
        long records = CommandRun.of("cat", log()).outputText().lines().count();
        assertThat(errors).contains("after line " + records + " was left").contains(records + " records, ").contains("last durable LSN ");
        assertThat(CommandRun.of("verify", log()).outputText()).startsWith("CLEAN");
        assertThat(CommandRun.of("cat", log()).outputText()).startsWith("line\nlater\n");
    }

    @Test
    void shouldEndWellWhenNobodyReadsTheAcknowledgementsAndNoInputIsLeft() throws IOException, InterruptedException {
        startAppend();
        send("line\n");
        acks.readLine();
        acks.close();
        send("later\n");
        lines.close();
        String errors = errors();

        assertThat(process.waitFor()).as(errors).isZero();
        assertThat(errors).contains("2 records, ").doesNotContain("was left");
        assertThat(CommandRun.of("cat", log()).outputText()).isEqualTo("line\nlater\n");
    }

    @Test
    void shouldSayExactlyWhatIsDurableWhenThereIsNoSpaceForASegment() throws IOException, InterruptedException {
        byte[] before = "before\n".getBytes(StandardCharsets.US_ASCII);
        CommandRun first = CommandRun.of(before, "append", log(), "--lines", "-", "--segment-length", "1M", "--record-max", "64K");
        assertThat(first.status()).as("%s", first).isZero();
        Path input = Files.writeString(folder.resolve("lines"), "a line of about forty bytes, many times\n".repeat(100_000));
        ProcessBuilder builder = CommandRun.process("append", log(), "--lines", input, "--segment-length", "4M", "--record-max", "64K",
            "--acks");
        // In blocks of 512 or 1024 bytes, as the shell likes: either way the first segment fits, and the next one does not.
        builder.command().addAll(0, List.of("sh", "-c", "ulimit -f 3000; exec \"$@\"", "sh"));
        CommandRun append = CommandRun.awaited(builder.start());

        assertThat(append.status()).as("%s", append).isEqualTo(2);
        List<String> acknowledged = append.outputText().lines().toList();
        assertThat(append.errors()).contains(acknowledged.size() + " lines are durable, the last at LSN " + acknowledged.getLast() + "\n")
            .contains("nothing was written");
        assertThat(CommandRun.of("cat", log()).outputText().lines().count()).isEqualTo(1L + acknowledged.size());
    }

    @Test
    void shouldSayInOneSentenceThatMemoryIsUsedUp() throws IOException, InterruptedException {
        byte[] lines = new byte[90 << 20];
        Path input = Files.write(folder.resolve("lines"), lines);
        ProcessBuilder builder = CommandRun.process("append", log(), "--lines", input, "--record-max", "500M");
        builder.command().add(1, "-Xmx64m");
        CommandRun append = CommandRun.awaited(builder.start());

        assertThat(append.status()).as("%s", append).isEqualTo(2);
        assertThat(append.errors().lines()).allMatch(line -> line.startsWith("varve: "))
            .last().asString().contains("out of memory").contains("VARVE_JAVA_OPTIONS=-Xmx");
    }

    @Test
    void shouldSayThatItsOutputFailed() throws IOException, InterruptedException {
        CommandRun.of("line\n".getBytes(StandardCharsets.US_ASCII), "append", log(), "--lines", "-");
        for (List<?> command : List.of(List.of("cat", log()), List.of("dump", log()), List.of("verify", log()), List.of("stat", log()),
            List.of("--help"), List.of("--version"))) {
            process = CommandRun.process(command.toArray()).redirectOutput(new java.io.File("/dev/full")).start();

            assertThat(errors().lines()).as("%s", command).hasSize(1).first().asString().startsWith("varve: standard output: ");
            assertThat(process.waitFor()).as("%s", command).isEqualTo(2);
        }
    }
}
