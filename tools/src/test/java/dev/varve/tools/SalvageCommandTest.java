package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code varve salvage} on a real log: lines go in, a block is lost, the other lines come out of the new log. */
class SalvageCommandTest {
    private static final int LINES = 20;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private Path log() throws IOException {
        Path lines = folder.resolve("lines");
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= LINES; i++) {
            text.append("line ").append(i).append('\n');
        }
        Files.writeString(lines, text);
        assertThat(CommandRun.of("append", folder.resolve("log"), "--pipeline", "1", "--lines", lines).status()).isZero();
        return folder.resolve("log");
    }

    private static void zeroBlock(Path log, int block) throws IOException {
        try (FileChannel file = FileChannel.open(log.resolve("0000000000000001.varve"), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(4096), block * 4096L);
        }
    }

    @Test
    void anUndamagedLogIsCopiedAndTheStatusIsZero() throws IOException {
        CommandRun salvage = CommandRun.of("salvage", log(), folder.resolve("new"));
        assertThat(salvage.status()).as(salvage.errors()).isZero();
        assertThat(salvage.outputText()).startsWith("complete: 20 records in ").contains("nothing is missing");
        assertThat(CommandRun.of("cat", folder.resolve("new")).output()).isEqualTo(CommandRun.of("cat", folder.resolve("log")).output());
        assertThat(CommandRun.of("verify", folder.resolve("new")).status()).isZero();
    }

    @Test
    void aHoleIsNamedWithItsPlaceAndTheStatusSaysThatRecordsAreMissing() throws IOException {
        Path log = log();
        zeroBlock(log, 5);
        CommandRun salvage = CommandRun.of("salvage", log, folder.resolve("new"));
        assertThat(salvage.status()).isEqualTo(4);
        assertThat(salvage.outputText()).startsWith("holes: 19 records in ").contains("1 record missing in 1 hole")
            .contains("HOLE         LSN 20480 to 24576, sequence 5 to 5: 1 record")
            .contains("0000000000000001.varve bytes 20480 to 24576: never written");
        assertThat(CommandRun.of("cat", folder.resolve("new")).outputText()).contains("line 4\nline 6\n").doesNotContain("line 5\n");
        CommandRun again = CommandRun.of("salvage", log, folder.resolve("new"));
        assertThat(again.status()).isEqualTo(2);
        assertThat(again.errors()).contains("holds a log already");
    }
}
