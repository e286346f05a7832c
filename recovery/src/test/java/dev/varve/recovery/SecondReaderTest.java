package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.UnsupportedVersionException;
import dev.varve.recovery.ShapedLog.Examiner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A reader in another language, written from docs/format.md and docs/recovery.md alone, comes to the same verdict and the same records, for
 * logs that were cut off, damaged, disturbed and forged. It lies in {@code src/test/python}.
 */
@Timeout(1200)
class SecondReaderTest {
    private static final int LOGS = Integer.getInteger("varve.seeds", Boolean.getBoolean("varve.torture") ? 10_000 : 2_000);
    private static final Path SCRIPT = Path.of("src/test/python/second_reader.py");
    private static final List<LogShape> SHAPES = List.of(LogShape.values());
    private static final long SEED = 500;
    /** Directories that are being looked at while the next are laid out. */
    private static final int AHEAD = 8;
    private static final int SHOWN_MAX = 5;

    /** What was asked and not answered yet. */
    private record Asked(String expected, String story) {
    }

    @TempDir
    private Path folder;

    private final ArrayDeque<Asked> asked = new ArrayDeque<>();
    private final Map<String, Integer> verdicts = new TreeMap<>();
    private Writer questions;
    private BufferedReader answers;
    private final List<String> disagreements = new ArrayList<>();
    private long records;

    private static String answerOf(DiskImage image) {
        try (Examiner examiner = new Examiner(image)) {
            Inspection inspection = examiner.inspect();
            Evidence evidence = inspection.report().evidence();
            StringBuilder answer = new StringBuilder("verdict ").append(inspection.report().verdict());
            if (evidence != null) {
                answer.append(" segment ").append(evidence.stop().segment()).append(" block ").append(evidence.stop().block())
                    .append(" batch ").append(evidence.lastBatch()).append(" evidence ").append(evidence.acknowledgedBatch());
            }
            answer.append('\n');
            try (RecordReader reader = examiner.reader(inspection.chain())) {
                while (reader.next()) {
                    CRC32 crc = new CRC32();
                    crc.update(reader.payload().toArray(ValueLayout.JAVA_BYTE));
                    answer.append(String.format("record %d %d %d %d %08x%n", reader.lsn(), reader.sequence(), reader.kind(),
                        reader.length(), crc.getValue()));
                }
            } catch (DamagedLogException e) {
                answer.append("bad record ").append(e.lsn()).append('\n');
            }
            return answer.toString();
        } catch (UnsupportedVersionException _) {
            return "verdict UNSUPPORTED\n";
        } catch (NoLogException _) {
            return "verdict NO_LOG\n";
        }
    }

    private Process start() throws IOException {
        Process python = null;
        try {
            python = new ProcessBuilder("python3", SCRIPT.toString(), "-").redirectError(ProcessBuilder.Redirect.INHERIT).start();
        } catch (IOException e) {
            Assumptions.abort("no python3: " + e.getMessage());
        }
        questions = python.outputWriter(StandardCharsets.UTF_8);
        answers = python.inputReader(StandardCharsets.UTF_8);
        return python;
    }

    private void ask(int number, DiskImage image, String story) throws IOException {
        Path directory = Files.createDirectories(folder.resolve("log" + number % AHEAD));
        image.writeTo(directory);
        questions.write(directory + "\n");
        questions.flush();
        asked.add(new Asked(answerOf(image), story));
        if (asked.size() == AHEAD) {
            compare();
        }
    }

    private void compare() throws IOException {
        StringBuilder answer = new StringBuilder();
        for (String line = answers.readLine(); line != null && !line.isEmpty(); line = answers.readLine()) {
            records += line.startsWith("record") ? 1 : 0;
            answer.append(line).append('\n');
        }
        Asked question = asked.remove();
        verdicts.merge(question.expected().split("[ \n]", -1)[1], 1, Integer::sum);
        if (!answer.toString().equals(question.expected())) {
            disagreements.add(question.story() + "\n  the second reader:\n" + answer + "\n  the first:\n" + question.expected());
        }
    }

    @Test
    void aReaderInAnotherLanguageComesToTheSameVerdictsAndRecords() throws IOException {
        Process python = start();
        long startNs = System.nanoTime();
        Map<LogShape, ShapedLog> shapes = new EnumMap<>(LogShape.class);
        for (LogShape shape : SHAPES) {
            shapes.put(shape, shape.make());
        }
        try {
            DiskImage other = shapes.get(LogShape.CLOSED).image();
            for (int number = 0; number < LOGS; number++) {
                Random random = new Random(SEED + number);
                LogShape shape = SHAPES.get(random.nextInt(SHAPES.size()));
                boolean isShaped = random.nextInt(3) > 0;
                DiskImage image = isShaped ? shapes.get(shape).image().copy() : RandomLog.make(SEED + number);
                LogMutator mutator = new LogMutator(image, other, random);
                for (int i = random.nextInt(4); i > 0; i--) {
                    mutator.mutate();
                }
                ask(number, image, "log " + number + ", " + (isShaped ? shape : "seed " + (SEED + number)) + ": " + mutator);
            }
            while (!asked.isEmpty()) {
                compare();
            }
        } finally {
            python.destroy();
        }
        long ms = (System.nanoTime() - startNs) / 1_000_000;
        System.out.println(LOGS + " logs, " + records + " records in " + ms + " ms, " + LOGS * 1000L / ms + " logs a second: " + verdicts);
        List<String> shown = disagreements.subList(0, Math.min(SHOWN_MAX, disagreements.size()));
        assertThat(shown).as("%d disagreements", disagreements.size()).isEmpty();
        assertThat(verdicts).containsKeys("CLEAN", "CRASH_TAIL", "CORRUPT", "BAD_MANIFEST", "BAD_HEADER", "SEGMENT_MISSING",
            "SEGMENT_FOREIGN", "WRITER_BUG", "UNSUPPORTED");
    }
}
