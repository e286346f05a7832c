package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.SegmentName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on real logs, in this JVM. */
class CommandLineTest {
    private static final int MIB = 1 << 20;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private Path log() {
        return folder.resolve("log");
    }

    private CommandRun append(byte[] lines, Object... more) {
        Object[] arguments = {"append", log(), "--lines", "-", "--segment-length", "1M", "--record-max", "64K"};
        Object[] all = Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return CommandRun.of(lines, all);
    }

    private CommandRun append(String lines, Object... more) {
        return append(lines.getBytes(StandardCharsets.UTF_8), more);
    }

    private static String numbered(int count) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < count; i++) {
            lines.append("line ").append(i).append('\n');
        }
        return lines.toString();
    }

    private void assertGivenBack(byte[] lines) {
        CommandRun cat = CommandRun.of("cat", log());
        assertThat(cat.status()).as("%s", cat).isZero();
        assertThat(Arrays.mismatch(cat.output(), lines)).as("first byte that differs").isEqualTo(-1);
    }

    @Test
    void shouldGiveBackEveryByteOfEveryKindOfLine() {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        lines.writeBytes("dos\r\n\r\n\n\n\0nul\0\n".getBytes(StandardCharsets.US_ASCII));
        lines.writeBytes(new byte[] {(byte) 0xff, (byte) 0xfe, '\n', (byte) 0xc3, '\n'});
        byte[] noise = new byte[200_000];
        new Random(11).nextBytes(noise);
        lines.writeBytes(noise);
        lines.writeBytes("\nno newline at the end".getBytes(StandardCharsets.US_ASCII));

        CommandRun append = append(lines.toByteArray());

        assertThat(append.status()).as("%s", append).isZero();
        assertThat(append.output()).isEmpty();
        assertGivenBack(lines.toByteArray());
    }

    @Test
    void shouldTellInputsThatDifferOnlyInTheirLastNewline() {
        for (String lines : List.of("\n", "a", "a\n", "a\n\n")) {
            int before = CommandRun.of("cat", log()).output().length;
            assertThat(append(lines).status()).isZero();

            assertThat(CommandRun.of("cat", log()).outputText().substring(before)).isEqualTo(lines);
        }
    }

    @Test
    void shouldAppendNothingFromNothing() {
        assertThat(append("").status()).isZero();
        assertGivenBack(new byte[0]);
        assertThat(CommandRun.of("verify", log()).status()).isZero();
    }

    @Test
    void shouldTakeALineOf20MiB() throws IOException {
        byte[] lines = new byte[20 * MIB + 1];
        new Random(5).nextBytes(lines);
        for (int i = 0; i < lines.length; i++) {
            lines[i] = lines[i] == '\n' ? (byte) '\r' : lines[i];
        }
        lines[20 * MIB] = '\n';
        Path file = Files.write(folder.resolve("lines"), lines);

        assertThat(CommandRun.of("append", log(), "--lines", file, "--record-max", "32M").status()).isZero();
        assertGivenBack(lines);
    }

    @Test
    void shouldStopAtALineThatIsTooLongAndKeepWhatCameBefore() {
        String before = numbered(100);
        CommandRun append = append(before + "x".repeat(65_537) + "\nlater\n", "--acks");
        List<String> lsns = append.outputText().lines().toList();

        assertThat(append.status()).as("%s", append).isEqualTo(1);
        assertThat(append.errors()).contains("line 101 is longer than --record-max").contains("at LSN " + lsns.getLast());
        assertThat(lsns).hasSize(100);
        assertGivenBack(before.getBytes(StandardCharsets.US_ASCII));
        assertThat(append("x".repeat(65_536) + "\n").status()).isZero();
    }

    @Test
    void shouldAcknowledgeEachRecordByItsLsnInOrder() {
        CommandRun append = append(numbered(3000), "--acks", "--pipeline", "7");
        List<Long> acknowledged = append.outputText().lines().map(Long::valueOf).toList();
        CommandRun dump = CommandRun.of("dump", log());
        List<Long> dumped = dump.outputText().lines().map(line -> Long.valueOf(line.strip().replaceFirst(" .*", ""))).toList();

        assertThat(acknowledged).hasSize(3000).isSorted().doesNotHaveDuplicates();
        assertThat(dumped).isEqualTo(acknowledged);
    }

    @Test
    void shouldReadARange() {
        List<String> lsns = append(numbered(100), "--acks").outputText().lines().toList();
        String range = CommandRun.of("cat", log(), "--from", lsns.get(10), "--to", lsns.get(13)).outputText();

        assertThat(range).isEqualTo("line 10\nline 11\nline 12\n");
        assertThat(CommandRun.of("cat", log(), "--from", lsns.get(98)).outputText()).isEqualTo("line 98\nline 99\n");
        assertThat(CommandRun.of("cat", log(), "--limit", 2).outputText()).isEqualTo("line 0\nline 1\n");
        assertThat(CommandRun.of("cat", log(), "--from", Long.parseLong(lsns.get(10)) + 1, "--limit", 1).outputText())
            .isEqualTo("line 11\n");
        assertThat(CommandRun.of("cat", log(), "--limit", 0).outputText()).isEmpty();
    }

    @Test
    void shouldGoOnWhereAnEarlierCommandEnded() {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            String lines = numbered(200 + i);
            assertThat(append(lines).status()).isZero();
            all.append(lines);
        }
        assertGivenBack(all.toString().getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void shouldDumpWithoutLettingAPayloadDriveTheTerminal() {
        append("\u001b[31mred\n\tplain\n");
        String text = CommandRun.of("dump", log()).outputText();
        String hex = CommandRun.of("dump", log(), "--hex", "--limit", 1).outputText();

        assertThat(text).contains("\"\\x1b[31mred\"").contains("\"\\tplain\"").doesNotContain("\u001b");
        assertThat(hex).contains("1b5b33316d726564");
    }

    @Test
    void shouldCountRecordsAndPayloadSegmentBySegment() {
        String lines = ("x".repeat(999) + "\n").repeat(3000);
        append(lines);
        CommandRun stat = CommandRun.of("stat", log());
        List<String> table = stat.outputText().lines().toList();

        assertThat(stat.status()).as("%s", stat).isZero();
        assertThat(table).hasSizeGreaterThanOrEqualTo(5);
        assertThat(table.getFirst()).contains("SEGMENT", "STATE", "BASE LSN", "RECORDS", "BATCHES", "PADDING");
        assertThat(table.get(1)).contains("sealed");
        List<String> rest = table.subList(table.indexOf("-".repeat(table.getFirst().length())) - 1, table.size());
        assertThat(rest.getFirst()).contains("closed");
        assertThat(rest.get(2)).contains("segments").contains(" 3000 ").contains(" 2.9 MiB ");
        assertThat(table.getLast()).startsWith("0000000000000001.varve to 00000000000000")
            .contains(".varve: DIRECT_AIO, file system disk, ");
        // One byte of each record's block of 1000 is no payload.
        assertThat(CommandRun.of("stat", log(), "--bytes").outputText()).containsPattern("(?m)^\\d segments .* 3000 .* 2997000 ");
    }

    @Test
    void shouldCountTheFilesThatHoldNothingYet() throws IOException {
        append("x\n");
        Files.write(log().resolve(SegmentName.spare(77)), new byte[MIB]);
        Files.write(log().resolve(SegmentName.preparing(78)), new byte[MIB]);
        long length = 0;
        int count = 0;
        try (Stream<Path> files = Files.list(log())) {
            for (Path file : files.filter(f -> f.toString().matches(".*\\.(varve|spare|preparing)")).toList()) {
                length += Files.size(file);
                count++;
            }
        }
        List<String> stat = CommandRun.of("stat", log(), "--bytes").outputText().lines().toList();

        assertThat(stat.get(3)).startsWith("1 segment ");
        Matcher reserve = Pattern.compile("prepared (\\d+), spares (\\d+): (\\d+)").matcher(stat.get(4));
        assertThat(reserve.matches()).as(stat.get(4)).isTrue();
        assertThat(Integer.parseInt(reserve.group(1)) + Integer.parseInt(reserve.group(2))).isEqualTo(count - 1);
        assertThat(Long.parseLong(reserve.group(3))).isEqualTo(length - MIB);
    }

    @Test
    void shouldVerifyACleanLog() {
        append(numbered(50));
        CommandRun verify = CommandRun.of("verify", log());

        assertThat(verify.status()).as("%s", verify).isZero();
        assertThat(verify.outputText()).startsWith("CLEAN: ").containsPattern("\n  intact +1 segment, \\d+ batch(es)?, 50 records\n")
            .containsPattern("\n  ends at +LSN \\d+, block \\d+ of 0000000000000001.varve\n")
            .containsPattern("\n  durable +up to batch \\d+, says ");
        assertThat(verify.outputText().lines().skip(1)).allMatch(line -> line.matches("  [a-z ]{12} \\S.*"));
        assertThat(verify.errors()).isEmpty();
    }

    @Test
    void shouldCountOneAsOne() {
        CommandRun append = append("x\n");

        assertThat(append.errors()).contains("1 record, 1 byte in ").contains("1 batch, 1 sync;");
        assertThat(CommandRun.of("verify", log()).outputText()).containsPattern("intact +1 segment, 1 batch, 1 record\n");
        assertThat(CommandRun.of("stat", log()).outputText()).contains("\n1 segment ");
    }

    @Test
    void shouldPutHeadingsOverADumpOnlyWhenTheyAreWanted() {
        append("x\n");

        assertThat(CommandRun.of("dump", log()).outputText().lines()).hasSize(1);
        assertThat(CommandRun.of("dump", log(), "--header").outputText().lines()).hasSize(2).first().asString().contains("SEQUENCE");
    }

    @Test
    void shouldPrintNothingWithoutAManifestAndSaySoInTheHelp() throws IOException {
        append("x\n");
        Files.delete(log().resolve("MANIFEST"));

        for (String command : List.of("cat", "dump")) {
            CommandRun run = CommandRun.of(command, log());
            assertThat(run.status()).as("%s", run).isEqualTo(4);
            assertThat(run.output()).as(command).isEmpty();
            assertThat(run.errors()).contains("no MANIFEST");
            assertThat(CommandRun.of(command, "--help").outputText().replaceAll("\\s+", " "))
                .contains("Without a valid MANIFEST nothing is printed");
        }
        assertThat(CommandRun.of("stat", log()).outputText()).contains("0 segments").contains("bad manifest");
        assertThat(CommandRun.of("verify", log()).outputText()).startsWith("BAD_MANIFEST: ").contains("  finding      ");
    }

    @Test
    void shouldListEveryExitStatusInTheHelp() {
        String help = CommandRun.of("--help").outputText();

        for (ExitStatus status : ExitStatus.values()) {
            assertThat(help).containsPattern("(?m)^ +" + status.code() + " +[a-z]");
        }
        assertThat(help).containsPattern("(?m)^ +69 ").containsPattern("(?m)^ +129, 130, 143 ");
    }

    @Test
    void shouldPrintTheIntactPrefixOfADamagedLog() throws IOException {
        // One record a batch, so that every batch but the last few is known to be durable.
        append(numbered(200), "--pipeline", "1");
        DamagedFile.flipBitOf("line 120", log());

        CommandRun cat = CommandRun.of("cat", log());
        assertThat(cat.outputText()).isEqualTo(numbered(120));
        assertThat(cat.errors()).contains("CORRUPT");
        for (String command : List.of("cat", "dump", "stat", "verify")) {
            CommandRun run = CommandRun.of(command, log());
            assertThat(run.status()).as("%s: %s", command, run).isEqualTo(4);
            assertThat(run.output()).isNotEmpty();
            assertThat(run.errors()).isNotEmpty();
        }
        CommandRun append = append("later\n");
        assertThat(append.status()).as("%s", append).isEqualTo(4);
        assertThat(CommandRun.of("cat", log()).outputText()).isEqualTo(numbered(120));
    }

    @Test
    void shouldPrintWhatLiesBeforeADamagedOlderSegment() throws IOException {
        String before = ("x".repeat(9900) + "\n").repeat(120);
        append(before + "needle\n" + ("y".repeat(9900) + "\n").repeat(200), "--pipeline", "1");
        DamagedFile.flipBitOf("needle", log());

        CommandRun cat = CommandRun.of("cat", log());

        assertThat(cat.status()).as("%s", cat).isEqualTo(4);
        assertThat(cat.outputText()).isEqualTo(before);
        assertThat(CommandRun.of("verify", log()).status()).isEqualTo(4);
    }

    @Test
    void shouldTellAMissingSegmentAndAMissingManifest() throws IOException {
        append(("x".repeat(990) + "\n").repeat(3000));
        Path second = log().resolve("0000000000000002.varve");
        Path hidden = folder.resolve("hidden");
        Files.move(second, hidden);
        assertThat(CommandRun.of("verify", log()).status()).isEqualTo(4);
        assertThat(CommandRun.of("cat", log()).status()).isEqualTo(4);
        Files.move(hidden, second);
        assertThat(CommandRun.of("verify", log()).status()).isZero();
        Files.move(log().resolve("MANIFEST"), hidden);

        assertThat(CommandRun.of("verify", log()).status()).isEqualTo(4);
        assertThat(append("later\n").status()).isEqualTo(4);
    }

    @Test
    void shouldTellANewerFormatFromDamage() throws IOException {
        append(numbered(10));
        DamagedFile.raiseVersionsOf(log().resolve("MANIFEST"));

        for (String command : List.of("cat", "dump", "stat", "verify")) {
            assertThat(CommandRun.of(command, log()).status()).as(command).isEqualTo(6);
        }
        assertThat(append("later\n").status()).isEqualTo(6);
    }

    @Test
    void shouldNameTheOptionThatIsWrong() {
        assertThat(append("", "--pipeline", "0").errors()).contains("--pipeline is 0");
        assertThat(append("", "--pipeline", "many").errors()).contains("--pipeline");
        assertThat(CommandRun.of("append", log(), "--lines", "-", "--record-max", "3G").errors()).contains("--record-max");
        assertThat(CommandRun.of("append", log(), "--lines", "-", "--record-max", "5parsecs").errors()).contains("--record-max");
        assertThat(CommandRun.of("append", log()).errors()).contains("--lines");
        assertThat(CommandRun.of("cat", log(), "--from", "-1").errors()).contains("--from is -1");
        assertThat(CommandRun.of("cat", log(), "--limit", "-1").errors()).contains("--limit is -1");
        assertThat(CommandRun.of("erase", log()).errors()).contains("erase");
        for (CommandRun run : List.of(append("", "--pipeline", "0"), CommandRun.of("append", log()), CommandRun.of("erase", log()),
            CommandRun.of(), CommandRun.of("cat"), CommandRun.of("cat", log(), "--from", "-1"))) {
            assertThat(run.status()).as("%s", run).isOne();
            assertThat(run.output()).isEmpty();
        }
        assertThat(log()).doesNotExist();
    }

    @Test
    void shouldMakeNoLogWhenThereIsNothingToRead() {
        CommandRun append = CommandRun.of("append", log(), "--lines", folder.resolve("nowhere"));

        assertThat(append.status()).isEqualTo(2);
        assertThat(append.errors()).contains("--lines: cannot read ").contains("nowhere");
        assertThat(log()).doesNotExist();
        for (String command : List.of("cat", "dump", "stat", "verify")) {
            assertThat(CommandRun.of(command, log()).status()).as(command).isEqualTo(2);
            assertThat(CommandRun.of(command, folder).status()).as("%s without a log", command).isEqualTo(2);
        }
    }

    @Test
    void shouldHelpOnStandardOutput() {
        for (CommandRun help : List.of(CommandRun.of("--help"), CommandRun.of("append", "--help"), CommandRun.of("verify", "-h"))) {
            assertThat(help.status()).isZero();
            assertThat(help.outputText()).startsWith("Usage: varve").contains("status");
            assertThat(help.errors()).isEmpty();
        }
        assertThat(CommandRun.of("--version").outputText()).startsWith("varve ").contains("format 1");
        for (String command : List.of("append", "cat", "verify", "stat", "dump")) {
            assertThat(CommandRun.of(command, "--version").outputText()).as(command).isEqualTo(CommandRun.of("-V").outputText());
        }
    }
}
