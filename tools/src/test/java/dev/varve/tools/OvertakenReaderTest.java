package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.OvertakenException;
import dev.varve.recovery.RecordReader;
import dev.varve.recovery.RecoveryOptions.Progress;
import dev.varve.recovery.Verdict;
import dev.varve.wal.LogConfig;
import dev.varve.wal.WriteAheadLog;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The reading commands beside a writer that gives up the beginning of its log. */
@Timeout(60)
class OvertakenReaderTest {
    private static final int LENGTH = 30_000;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 18, 100_000);

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private static List<Long> fill(WriteAheadLog log, int count, char letter) {
        List<Long> lsns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lsns.add(log.append(String.valueOf(letter).repeat(LENGTH).getBytes(StandardCharsets.US_ASCII)));
        }
        return lsns;
    }

    @Test
    void aRangeThatBeginsInWhatWasGivenUpEndsWithTheLsnToGoOnFrom() {
        try (WriteAheadLog log = WriteAheadLog.open(folder, CONFIG)) {
            List<Long> lsns = fill(log, 50, 'a');
            long headLsn = log.truncateBefore(lsns.getLast());
            for (String command : List.of("cat", "dump")) {
                CommandRun run = CommandRun.of(command, folder, "--from", lsns.get(3));
                assertThat(run.status()).as("%s", run).isEqualTo(2);
                assertThat(run.output()).isEmpty();
                assertThat(run.errors()).contains("truncated", "LSN " + lsns.get(3), "LSN " + headLsn);
                assertThat(CommandRun.of(command, folder, "--from", headLsn).status()).isZero();
            }
            assertThat(CommandRun.of("cat", folder).status()).as("from wherever it begins").isZero();
            assertThat(CommandRun.of("verify", folder).status()).isZero();
            assertThat(CommandRun.of("stat", folder).status()).isZero();
        }
    }

    @Test
    void aReaderWhoseSegmentsLiveOnUnderItIsOvertakenAndSeesNothingOfTheirNewLife() {
        Console console = new Console(InputStream.nullInputStream(), new OutputPipe(OutputStream.nullOutputStream()),
            new PrintStream(OutputStream.nullOutputStream()));
        try (WriteAheadLog log = WriteAheadLog.open(folder, CONFIG); OpenedLog opened = OpenedLog.open(console, folder)) {
            List<Long> lsns = fill(log, 80, 'a');
            Inspection inspection = opened.inspect(new InspectionOptions(false, Progress.NONE));
            assertThat(inspection.report().verdict()).isEqualTo(Verdict.LIVE);
            try (RecordReader reader = opened.read(inspection, 0)) {
                assertThat(reader.next()).isTrue();
                assertThat(reader.lsn()).isEqualTo(lsns.getFirst());
                for (int round = 0; round < 10; round++) {
                    log.truncateBefore(fill(log, 10, 'b').getLast());
                }
                assertThatThrownBy(() -> {
                    while (reader.next()) {
                        assertThat(lsns).contains(reader.lsn());
                        assertThat(reader.payload().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 'a');
                    }
                }).isInstanceOfSatisfying(OvertakenException.class,
                    overtaken -> assertThat(overtaken.firstLsn()).isEqualTo(log.headLsn()));
            }
        }
    }
}
