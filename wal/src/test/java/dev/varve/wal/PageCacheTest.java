package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.memory.MemorySource;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.RecordReader;
import dev.varve.recovery.Recovery;
import dev.varve.recovery.RecoveryOptions.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What recovery believes of a log that was written by channels, seen by a tracer that also fails syncs. */
@Timeout(120)
class PageCacheTest extends StorageFolders {
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 18, 20_000)
        .withStorage(StoragePolicy.PORTABLE);

    @Test
    void afterAFailedSyncALogInThePageCacheIsReadButNotWrittenUntilTheCacheIsGone() throws Exception {
        Path log = inMemory();
        List<String> strace = SetupFailureTest.strace("-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=9");
        ChildRun failed = ChildRun.of(strace, List.of(), log, StoragePolicy.PORTABLE, 500);
        assertThat(failed.said("contract")).isEqualTo("CHANNEL_BUFFERED");
        assertThat(failed.said("failed")).contains("EIO");
        assertThat(failed.count("appended")).isBetween(1L, 499L);

        for (StoragePolicy policy : List.of(StoragePolicy.PORTABLE, StoragePolicy.PREFER_DIRECT)) {
            LogConfig config = CONFIG.withStorage(policy);
            assertThatThrownBy(() -> WriteAheadLog.open(log, config).close()).isInstanceOf(StorageContractException.class)
                .hasMessageContainingAll("a sync of the log in " + log + " has failed", "page cache", "restart the machine",
                    "delete " + log.resolve("FAILED"));
        }
        assertThat(lsns(log)).as("reading goes on, and finds all that was acknowledged").containsAll(failed.all("appended"));

        Files.delete(log.resolve("FAILED"));
        try (WriteAheadLog opened = WriteAheadLog.open(log, CONFIG)) {
            assertThat(opened.append(new byte[10])).isGreaterThan(Long.parseLong(failed.all("appended").getLast()));
        }
    }

    private static List<String> lsns(Path log) {
        ChannelDisk channels = new ChannelDisk(StorageContract.CHANNEL_BUFFERED);
        List<String> found = new ArrayList<>();
        try (Directory directory = channels.openDirectory(log, false); IoQueue queue = new IoQueue(channels.openEngine(8))) {
            Recovery.Resources resources = new Recovery.Resources(queue, MemorySource.collected(), new SecureRandom());
            Inspection inspection = Recovery.inspect(directory, resources, new InspectionOptions(true, Progress.NONE));
            try (RecordReader reader = RecordReader.open(directory, resources, inspection.chain(), 0)) {
                while (reader.next()) {
                    found.add(Long.toString(reader.lsn()));
                }
            }
        }
        return found;
    }

    @Test
    void onADiskEveryFileOfAPortableLogIsReadAndWrittenPastThePageCache() throws Exception {
        Path log = disk.resolve("log");
        ChildRun.of(List.of(), List.of(), log, StoragePolicy.PORTABLE, 20);
        Path trace = disk.resolve("trace");
        ChildRun again = ChildRun.of(SetupFailureTest.strace("-o", trace.toString(), "-e", "trace=openat"), List.of(), log,
            StoragePolicy.PORTABLE, 20);

        assertThat(again.said("contract")).isEqualTo("CHANNEL_DIRECT");
        assertThat(again.count("appended")).isEqualTo(20);
        List<String> opened = Files.readAllLines(trace).stream()
            .filter(line -> line.contains(log + "/") && !line.contains("/LOCK\"") && line.contains(" = ") && !line.contains(" = -1"))
            .toList();
        assertThat(opened).anyMatch(line -> line.contains("MANIFEST")).anyMatch(line -> line.contains("0000000000000001.varve"));
        assertThat(opened).allMatch(line -> line.contains("O_DIRECT"));
    }
}
