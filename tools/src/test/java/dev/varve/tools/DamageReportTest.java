package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands say of a log of three segments that is damaged before the last one. */
class DamageReportTest {
    private static final String SECOND = "0000000000000002.varve";
    private static final int BLOCK_LENGTH = 4096;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    @BeforeEach
    void appendThreeSegments() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 700; i++) {
            lines.append(i == 20 ? "needle" : "line " + i).append('\n');
        }
        // One record a batch, of one block, so that a segment of 1 MiB holds some 250.
        CommandRun append = CommandRun.of(lines.toString().getBytes(StandardCharsets.US_ASCII),
            "append", log(), "--lines", "-", "--segment-length", "1M", "--record-max", "64K", "--pipeline", "1");
        assertThat(append.status()).as("%s", append).isZero();
        assertThat(stat()).hasSizeGreaterThanOrEqualTo(6);
    }

    private Path log() {
        return folder.resolve("log");
    }

    private List<String> stat() {
        return CommandRun.of("stat", log()).outputText().lines().toList();
    }

    @Test
    void shouldSayWhatLiesBehindTheDamage() throws IOException {
        DamagedFile.flipBitOf("needle", log());

        CommandRun verify = CommandRun.of("verify", log());

        assertThat(verify.status()).isEqualTo(4);
        assertThat(verify.outputText()).startsWith("CORRUPT: ").doesNotContain("nothing of this log")
            .containsPattern("\n  finding +batches 21 to 2\\d\\d were acknowledged as the next segment's header says, ")
            .contains("\n  last batch   20\n").contains(" block 21 of 0000000000000001.varve: body checksum is wrong\n")
            .containsPattern("\n  behind it +2\\d\\d batch headers over 2\\d\\d blocks, up to batch 2\\d\\d in this segment\n")
            .containsPattern("\n  intact +2 of 3 segments, 4\\d\\d batches, 4\\d\\d records\n")
            .containsPattern("\n  readable +20 batches, 20 records ")
            .containsPattern("\n  segment +0000000000000001.varve: damaged; 20 batches, 20 records, up to LSN \\d+: .*; behind that 2\\d+ ")
            .containsPattern("\n  segment +0000000000000002.varve: sealed, behind damage; 2\\d\\d batches")
            .containsPattern("\n  segment +0000000000000003.varve: closed, behind damage; ");
        assertThat(stat().get(1)).contains("  damaged ").contains(" 20 ");
        assertThat(stat().get(2)).contains("  sealed, behind damage ");
        assertThat(stat().get(3)).contains("  closed, behind damage ");
        assertThat(verify.outputText()).contains("; `varve cat` prints what lies before, `varve salvage` saves what is undamaged;"
            + " of the 2 segments behind it 2 are whole\n");
        assertThat(CommandRun.of("cat", log()).outputText().lines()).hasSize(20);
    }

    @Test
    void shouldBlameTheSegmentWithoutAHeader() throws IOException {
        Path second = log().resolve(SECOND);
        try (FileChannel channel = FileChannel.open(second, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(BLOCK_LENGTH), 0);
            channel.write(ByteBuffer.allocate(BLOCK_LENGTH), channel.size() - BLOCK_LENGTH);
        }

        assertThat(stat().get(1)).contains("  end unconfirmed ").doesNotContain("damaged");
        assertThat(stat().get(2)).startsWith("0000000000000002  bad header ");
        assertThat(stat().get(3)).contains("  closed, behind damage ");
        CommandRun verify = CommandRun.of("verify", log());
        assertThat(verify.status()).isEqualTo(4);
        assertThat(verify.outputText()).startsWith("BAD_HEADER: ").contains("0000000000000001.varve: end unconfirmed; 2")
            .contains("0000000000000002.varve: bad header\n").containsPattern("\n  intact +1 of 3 segments, ");
    }

    @Test
    void shouldBlameTheSegmentThatIsNotThere() throws IOException {
        Files.delete(log().resolve(SECOND));

        assertThat(stat()).hasSizeGreaterThanOrEqualTo(6);
        assertThat(stat().get(1)).contains("  end unconfirmed ").doesNotContain("damaged");
        assertThat(stat().get(2)).startsWith("0000000000000002  missing ");
        assertThat(stat().get(3)).contains("  closed, behind damage ");
        assertThat(stat().get(5)).matches("3 segments +segment missing .*");
    }
}
