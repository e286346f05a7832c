package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands that get anything: changed files and senseless words. What they print cannot drive a terminal, and they end with a status that
 * {@code README.md} lists. {@code -Dvarve.seeds=N} runs N / 10 seeds, {@code -Dvarve.seed=S} a single one.
 */
class CommandFuzzTest {
    private static final long FIRST = 1;
    private static final int SEEDS_FULL = 120;
    /** A command on real files takes longer than a recovery in memory. */
    private static final int SEEDS = Integer.getInteger("varve.seeds", 10 * SEEDS_FULL) / 10;
    private static final int STATUS_MAX = 7;
    /** ASCII that is printed, and the sign in which short times are told. */
    private static final Pattern HARMLESS = Pattern.compile("[ -~\n\u00b5]*");
    private static final List<String> LOOKING = List.of("verify", "stat", "dump", "cat");
    /** No zero byte: a command line cannot hold one. */
    private static final List<String> WORDS = List.of("--from", "--to", "--limit", "--hex", "--payload-max", "--header", "--bytes",
        "--help", "--version", "-1", "0", "1", "4224", "99999999999999999999", "9223372036854775807", "64M", "1e3", "", "-", "--", "=",
        "--from=", "\u001b[31mred", "\u009b2J", "\u202eabc", "a\nb", "%s%n", "${sys:user.home}", "@", "--limit=-0x1", "x".repeat(5000));

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private final Map<Integer, Integer> statuses = new TreeMap<>();

    /** Lines of which most would do something to a terminal. */
    private static byte[] lines() {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        Random random = new Random(3);
        for (int i = 0; i < 60; i++) {
            byte[] noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            lines.writeBytes(("\u001b[2J\u0007\u202eline " + i).getBytes(StandardCharsets.UTF_8));
            lines.writeBytes(noise);
            lines.write('\n');
        }
        return lines.toByteArray();
    }

    private Path genuine() {
        Path log = folder.resolve("genuine");
        for (int life = 0; life < 3; life++) {
            CommandRun run = CommandRun.of(lines(), "append", log, "--lines", "-", "--segment-length", "128K", "--record-max", "8K",
                "--pipeline", "1");
            assertThat(run.status()).as("%s", run).isZero();
        }
        return log;
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        for (Path directory : List.of(to, from)) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    if (directory.equals(to)) {
                        Files.delete(file);
                    } else {
                        Files.copy(file, to.resolve(file.getFileName()));
                    }
                }
            }
        }
    }

    private void run(Object... arguments) {
        CommandRun run = CommandRun.of(arguments);
        assertThat(run.status()).as("%s", run).isBetween(0, STATUS_MAX);
        assertThat(run.errors()).matches(HARMLESS).doesNotContain("\tat ");
        if (!List.of(arguments).contains("cat")) {
            assertThat(new String(run.output(), StandardCharsets.UTF_8)).matches(HARMLESS);
        }
        statuses.merge(run.status(), 1, Integer::sum);
    }

    private void fuzz(Random random, Path genuine) throws IOException {
        Path log = folder.resolve("log");
        copy(genuine, log);
        new FileMutator(random).change(log);
        String command = LOOKING.get(random.nextInt(LOOKING.size()));
        List<Object> arguments = new ArrayList<>(List.of(command, log));
        if (random.nextInt(4) == 0 && (command.equals("cat") || command.equals("dump"))) {
            arguments.addAll(List.of("--from", random.nextInt(1 << 18), "--limit", random.nextInt(20)));
        }
        run(arguments.toArray());
        arguments = new ArrayList<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            int choice = random.nextInt(10);
            Object word = WORDS.get(random.nextInt(WORDS.size()));
            arguments.add(choice < 2 ? LOOKING.get(random.nextInt(LOOKING.size())) : choice < 3 ? log : word);
        }
        run(arguments.toArray());
    }

    @Test
    void noFileAndNoWordMakesACommandPrintWhatDrivesATerminalOrEndUnexpectedly() throws IOException {
        Path genuine = genuine();
        long single = Long.getLong("varve.seed", -1);
        long startNs = System.nanoTime();
        for (long seed = single >= 0 ? single : FIRST; seed < (single >= 0 ? single + 1 : FIRST + SEEDS); seed++) {
            try {
                fuzz(new Random(seed * 0x9E3779B97F4A7C15L), genuine);
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        System.out.println("fuzzing commands: seeds " + FIRST + " to " + (FIRST + SEEDS - 1) + ", two commands each, in "
            + (System.nanoTime() - startNs) / 1_000_000 + " ms; times each exit status: " + statuses);
        if (single < 0 && SEEDS >= SEEDS_FULL) {
            assertThat(statuses).containsKeys(0, 1, 2, 4);
        }
    }
}
