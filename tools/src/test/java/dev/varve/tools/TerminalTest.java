package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes out of a log on a terminal and elsewhere. */
class TerminalTest {
    private static final String LINE = "caf\u00e9\t\u001b]0;title\u0007\u009b2J\u202e";

    @TempDir(factory = BuildTree.class)
    private Path folder;

    @Test
    void recordsCannotDriveATerminalAndAreGivenBackByteForByteElsewhere() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "no script(1), which offers a terminal");
        Path log = folder.resolve("log");
        byte[] line = (LINE + "\n").getBytes(StandardCharsets.UTF_8);
        assertThat(CommandRun.of(line, "append", log, "--lines", "-", "--segment-length", "1M", "--record-max", "64K").status()).isZero();
        List<String> command = CommandRun.process("cat", log).command();
        String quoted = command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));

        CommandRun onTerminal = CommandRun.awaited(new ProcessBuilder("/usr/bin/script", "-qec", quoted, "/dev/null")
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile())).start());
        CommandRun elsewhere = CommandRun.awaited(new ProcessBuilder(command).start());

        assertThat(new String(onTerminal.output(), StandardCharsets.UTF_8))
            .contains("caf\u00e9\t\\u001b]0;title\\u0007\\u009b2J\\u202e").doesNotContain("\u001b", "\u0007", "\u009b", "\u202e");
        assertThat(elsewhere.output()).isEqualTo(line);
    }
}
