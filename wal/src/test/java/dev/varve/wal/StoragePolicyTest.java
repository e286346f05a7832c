package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.io.Asynchrony;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What storage a log takes, and that it never does with less in silence. */
@Timeout(60)
class StoragePolicyTest extends StorageFolders {
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 18, 20_000);

    private static WriteAheadLog open(Path path, StoragePolicy policy) {
        return WriteAheadLog.open(path, CONFIG.withStorage(policy));
    }

    private static void append(WriteAheadLog log, int from, int to) {
        for (int i = from; i < to; i++) {
            log.append(("record " + i).getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static List<String> read(WriteAheadLog log) {
        List<String> found = new ArrayList<>();
        try (Cursor cursor = log.read(0)) {
            while (cursor.next()) {
                found.add(new String(cursor.payload().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII));
            }
        }
        return found;
    }

    private static List<String> records(int count) {
        return Stream.iterate(0, i -> i + 1).limit(count).map(i -> "record " + i).toList();
    }

    @Test
    void aLogWantsKernelAioUnlessItIsToldOtherwise() {
        assertThat(LogConfig.defaults().storage()).isEqualTo(StoragePolicy.REQUIRE_DIRECT);
        for (StoragePolicy policy : List.of(StoragePolicy.REQUIRE_DIRECT, StoragePolicy.PREFER_DIRECT)) {
            try (WriteAheadLog log = open(disk.resolve("log"), policy)) {
                assertThat(log.storage().contract()).isEqualTo(StorageContract.DIRECT_AIO);
                assertThat(log.storage().summary()).startsWith("DIRECT_AIO on ").contains("direct I/O in");
                assertThat(log.storage().isFallback()).isFalse();
            }
        }
    }

    @Test
    void aRefusalNamesCauseAndOptionAndLeavesNothingBehind() throws IOException {
        Path log = inMemory();
        assertThatThrownBy(() -> open(log.resolve("deep"), StoragePolicy.REQUIRE_DIRECT)).isInstanceOf(StorageContractException.class)
            .hasMessageContainingAll("tmpfs", "PREFER_DIRECT", "PORTABLE", "--storage prefer");
        assertThat(log).doesNotExist();
        Files.createDirectory(log);
        assertThatThrownBy(() -> open(log, StoragePolicy.REQUIRE_DIRECT)).isInstanceOf(StorageContractException.class);
        assertThat(log).isEmptyDirectory();
    }

    @Test
    void aFallbackIsVisibleInTheStatusAndTheSegmentHeader() throws IOException {
        Path path = inMemory();
        try (WriteAheadLog log = open(path, StoragePolicy.PREFER_DIRECT)) {
            assertThat(log.storage().contract()).isEqualTo(StorageContract.CHANNEL_BUFFERED);
            assertThat(log.storage().isFallback()).isTrue();
            assertThat(log.storage().refusal()).contains("tmpfs");
            append(log, 0, 100);
            assertThat(read(log)).isEqualTo(records(100));
        }
        assertThat(contracts(path, StoragePolicy.PORTABLE)).containsOnly(StorageContract.CHANNEL_BUFFERED);
    }

    private static List<StorageContract> contracts(Path path, StoragePolicy policy) {
        return origins(path, policy).stream().map(SegmentHeader.Origin::contract).toList();
    }

    private static List<SegmentHeader.Origin> origins(Path path, StoragePolicy policy) {
        StorageChoice choice = StorageChoice.of(path, policy);
        LogParts parts = LogParts.open(path, CONFIG, choice.environment(), Runnable::run);
        try {
            return parts.recovered().segments().stream().map(SegmentHeader::origin).toList();
        } finally {
            parts.close();
        }
    }

    @Test
    void everySegmentHeaderSaysWhatLiesBelow() {
        Path path = disk.resolve("log");
        try (WriteAheadLog log = open(path, StoragePolicy.REQUIRE_DIRECT)) {
            for (int i = 0; i < 40; i++) {
                log.append(new byte[20_000]);
            }
        }
        List<SegmentHeader.Origin> origins = origins(path, StoragePolicy.REQUIRE_DIRECT);
        assertThat(origins).hasSizeGreaterThan(2);
        assertThat(origins).allSatisfy(origin ->
            assertThat(origin.storage().toString()).startsWith("file system disk").contains("direct I/O in"));
        assertThat(origins).extracting(SegmentHeader.Origin::storage).as("what was seen of the first is remembered").containsOnly(
            origins.getFirst().storage());
    }

    @Test
    void whetherKernelAioIsAsynchronousIsSeenWhenTheFirstSegmentIsFilledAndRememberedFromThen() {
        Path path = disk.resolve("log");
        LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(16 << 20, 20_000);
        Asynchrony seen;
        try (WriteAheadLog log = WriteAheadLog.open(path, config)) {
            seen = log.storage().asynchrony();
            assumeTrue(log.storage().summary().contains(" on ext4 "), log.storage().summary());
        }
        assertThat(seen).isEqualTo(Asynchrony.ASYNCHRONOUS);
        for (StoragePolicy policy : List.of(StoragePolicy.REQUIRE_DIRECT, StoragePolicy.PORTABLE, StoragePolicy.PREFER_DIRECT)) {
            try (WriteAheadLog log = WriteAheadLog.open(path, config.withStorage(policy))) {
                assertThat(log.storage().asynchrony()).as("%s", log.storage()).isIn(seen, Asynchrony.UNKNOWN);
                assertThat(log.storage().asynchrony() == seen).isEqualTo(log.storage().contract() == StorageContract.DIRECT_AIO
                    && log.storage().summary().endsWith("AIO asynchronous"));
            }
        }
    }

    @Test
    void aPortableLogRollsAndComesBackWhole() {
        Path path = disk.resolve("log");
        try (WriteAheadLog log = open(path, StoragePolicy.PORTABLE)) {
            assertThat(log.storage().contract()).isEqualTo(StorageContract.CHANNEL_DIRECT);
            assertThat(log.storage().summary()).startsWith("CHANNEL_DIRECT on ");
            assertThat(log.storage().isFallback()).isFalse();
            byte[] payload = new byte[20_000];
            for (int i = 0; i < 40; i++) {
                log.append(payload);
            }
            assertThat(log.statistics().rolls()).isPositive();
        }
        try (WriteAheadLog log = open(path, StoragePolicy.PORTABLE)) {
            assertThat(log.recovery().verdict()).isEqualTo(Verdict.CLEAN);
            assertThat(read(log)).hasSize(40);
        }
    }

    @Test
    void anotherContractGoesOnInANewSegment() {
        Path path = disk.resolve("log");
        List<StoragePolicy> policies = List.of(StoragePolicy.PORTABLE, StoragePolicy.REQUIRE_DIRECT, StoragePolicy.PORTABLE,
            StoragePolicy.PORTABLE, StoragePolicy.PREFER_DIRECT);
        for (int i = 0; i < policies.size(); i++) {
            try (WriteAheadLog log = open(path, policies.get(i))) {
                assertThat(log.recovery().verdict()).isIn(Verdict.CREATED, Verdict.CLEAN);
                append(log, 10 * i, 10 * i + 10);
                assertThat(read(log)).isEqualTo(records(10 * i + 10));
            }
        }
        assertThat(contracts(path, StoragePolicy.REQUIRE_DIRECT)).startsWith(StorageContract.CHANNEL_DIRECT, StorageContract.DIRECT_AIO,
            StorageContract.CHANNEL_DIRECT, StorageContract.DIRECT_AIO);
    }
}
