package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.segment.LogLockedException;
import dev.varve.recovery.Verdict;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the log promises to one caller, on the real kernel and disk. */
@Timeout(120)
class WriteAheadLogTest {
    private static final int SEGMENT = 1 << 18;
    private static final int RECORD_MAX = 100_000;
    private static final int BATCH = 1 << 14;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(SEGMENT, RECORD_MAX)
        .withCommit(new LogConfig.Commit(BATCH, 2_000_000, 50_000_000, 10_000_000_000L));

    @TempDir(factory = BuildTree.class)
    private Path directory;

    private static List<Integer> lengths() {
        TreeSet<Integer> lengths = new TreeSet<>(List.of(0, 1, 7, 8, 9, RECORD_MAX - 1, RECORD_MAX));
        int overhead = Fillings.HEADER + 16;
        for (int border : new int[] {4096, 4096 - overhead, 2 * 4096 - overhead, BATCH, BATCH - overhead}) {
            IntStream.rangeClosed(border - 17, border + 1).forEach(lengths::add);
        }
        IntStream.rangeClosed(4079, 4097).forEach(lengths::add);
        IntStream.rangeClosed(Claim.IN_PLACE_LENGTH - 1, Claim.IN_PLACE_LENGTH + 1).forEach(lengths::add);
        return List.copyOf(lengths);
    }

    @Test
    void recordsOfEveryLengthAndInputComeBackAsTheyWereBeforeAndAfterReopening() {
        List<Long> lsns = new ArrayList<>();
        List<byte[]> expected = new ArrayList<>();
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            for (int length : lengths()) {
                byte[] payload = Payloads.of(length, length);
                for (int way = 0; way < 6; way++) {
                    lsns.add(append(log, way, payload));
                    expected.add(payload);
                }
            }
            assertThat(lsns).isSorted().doesNotHaveDuplicates();
            assertThat(log.durableLsn()).isGreaterThan(lsns.getLast());
            check(Payloads.all(log), lsns, expected);
            assertThat(log.statistics().rolls()).isGreaterThan(3);
            assertThat(log.statistics().records()).isEqualTo(expected.size());
        }
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            assertThat(log.recovery().verdict()).isEqualTo(Verdict.CLEAN);
            check(Payloads.all(log), lsns, expected);
        }
    }

    /** Six ways in; each keeps the payload's bytes but takes them from elsewhere. */
    private static long append(WriteAheadLog log, int way, byte[] payload) {
        return switch (way) {
            case 0 -> log.append(payload);
            case 1 -> {
                ByteBuffer buffer = ByteBuffer.allocate(payload.length + 5).put(new byte[3]).put(payload).flip().position(3);
                long lsn = log.append(buffer);
                assertThat(buffer.position()).as("the position stays").isEqualTo(3);
                yield lsn;
            }
            case 2 -> log.append(ByteBuffer.allocateDirect(payload.length).put(payload).flip().asReadOnlyBuffer());
            case 3 -> {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment memory = arena.allocate(payload.length + 1L).asSlice(1).copyFrom(MemorySegment.ofArray(payload));
                    yield log.append(7, memory);
                }
            }
            case 4 -> {
                try (Claim claim = log.claim(payload.length)) {
                    claim.payload().copyFrom(MemorySegment.ofArray(payload));
                    yield claim.commit();
                }
            }
            default -> log.appendAsync(MemorySegment.ofArray(payload)).join().lsn();
        };
    }

    private static void check(List<Payloads.Read> read, List<Long> lsns, List<byte[]> expected) {
        assertThat(read).hasSize(expected.size());
        for (int i = 0; i < read.size(); i++) {
            assertThat(read.get(i).lsn()).isEqualTo(lsns.get(i));
            assertThat(read.get(i).sequence()).isEqualTo(i + 1);
            assertThat(read.get(i).payload()).isEqualTo(expected.get(i));
        }
    }

    @Test
    void everyKindIsGivenBack() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            for (int kind : new int[] {0, 1, 255, 256, 32767, 32768, 65535}) {
                log.append(kind, MemorySegment.ofArray(new byte[] {(byte) kind}));
            }
            assertThat(Payloads.all(log)).extracting(Payloads.Read::kind).containsExactly(0, 1, 255, 256, 32767, 32768, 65535);
        }
        assertThatThrownBy(() -> AppendOptions.ofKind(65536)).hasMessageContaining("kind=65536");
        assertThatThrownBy(() -> AppendOptions.ofKind(-1)).hasMessageContaining("kind=-1");
    }

    @Test
    void aRecordBeyondTheLimitIsRefusedNamingBothLengthsAndNothingIsWritten() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            byte[] tooLong = new byte[RECORD_MAX + 1];
            for (Runnable call : List.<Runnable>of(() -> log.append(tooLong), () -> log.appendAsync(MemorySegment.ofArray(tooLong)).join(),
                () -> log.offer(MemorySegment.ofArray(tooLong), null, null), () -> log.claim(tooLong.length).close(),
                () -> log.append(new RecordBatch().add(new byte[RECORD_MAX]).add(new byte[0])))) {
                assertThatThrownBy(call::run).isInstanceOf(RecordTooLargeException.class).hasMessageContaining("" + RECORD_MAX);
            }
            assertThatThrownBy(() -> log.claim(-1)).isInstanceOf(RecordTooLargeException.class);
            assertThatThrownBy(() -> log.append(new RecordBatch())).hasMessage("the batch is empty");
            assertThat(log.tailLsn()).isEqualTo(log.headLsn());
            log.append(new byte[1]);
            assertThat(Payloads.all(log)).hasSize(1);
        }
    }

    @Test
    void recordsOfABatchLieTogetherAndTheBatchMayBeFilledAgain() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            RecordBatch batch = new RecordBatch();
            for (int round = 0; round < 3; round++) {
                batch.clear();
                for (int i = 0; i < 10; i++) {
                    batch.add(round, MemorySegment.ofArray(Payloads.of(i, 100 * i)));
                }
                long lsn = round == 1 ? log.appendAsync(batch).join().lsn() : log.append(batch);
                assertThat(Payloads.all(log).get(10 * round).lsn()).isEqualTo(lsn);
            }
            List<Payloads.Read> all = Payloads.all(log);
            assertThat(all).hasSize(30);
            for (int i = 0; i < 30; i++) {
                assertThat(all.get(i).kind()).isEqualTo(i / 10);
                assertThat(all.get(i).payload()).isEqualTo(Payloads.of(i % 10, 100 * (i % 10)));
            }
        }
    }

    @Test
    void headTailAndDurableEndStandWhereTheRecordsAre() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            long head = log.headLsn();
            assertThat(log.tailLsn()).isEqualTo(head);
            assertThat(log.durableLsn()).isLessThanOrEqualTo(head);
            log.sync();
            assertThatThrownBy(() -> log.awaitDurable(head)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lsn=" + head);
            long lsn = log.append(new byte[100]);
            assertThat(lsn).isEqualTo(head);
            assertThat(log.tailLsn()).isGreaterThan(lsn);
            assertThat(log.durableLsn()).isGreaterThan(lsn);
            long tail = log.tailLsn();
            assertThatThrownBy(() -> log.awaitDurable(tail)).isInstanceOf(IllegalArgumentException.class);
            log.awaitDurable(lsn);
        }
    }

    @Test
    void syncReturnsThoughNothingMoreIsAppendedAndAlsoJustBehindARoll() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            AppendOptions buffered = AppendOptions.defaults().withLevel(AckLevel.BUFFERED);
            for (int i = 0; i < 200; i++) {
                long lsn = log.append(buffered, MemorySegment.ofArray(new byte[5000]));
                log.sync();
                assertThat(log.durableLsn()).isGreaterThan(lsn);
                log.sync();
            }
            assertThat(log.statistics().rolls()).isGreaterThan(3);
        }
    }

    @Test
    void everyLevelIsReachedAndWhatNobodyWaitsForIsDurableSoonAllTheSame() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            long records = 0;
            for (AckLevel level : AckLevel.values()) {
                AppendOptions options = AppendOptions.defaults().withLevel(level);
                MemorySegment payload = MemorySegment.ofArray(new byte[300]);
                long lsn = log.append(options, payload);
                Appended appended = log.appendAsync(options, payload).join();
                assertThat(appended.lsn()).isGreaterThan(lsn);
                assertThat(appended.sequence()).isEqualTo(level == AckLevel.BUFFERED ? 0 : records + 2);
                try (Claim claim = log.claim(options, 10)) {
                    assertThat(claim.commit()).isGreaterThan(appended.lsn());
                }
                if (level.compareTo(AckLevel.DURABLE) >= 0) {
                    assertThat(log.durableLsn()).isGreaterThan(appended.lsn());
                }
                log.sync();
                log.append(new RecordBatch().add(new byte[1]).add(new byte[1]));
                records += 5;
                long expected = records;
                Outcomes.await(() -> log.statistics().records() == expected);
            }
        }
    }

    @Test
    void aProtectedRecordIsNamedByTheManifest() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            long before = log.statistics().anchors();
            log.append(AppendOptions.defaults().withLevel(AckLevel.PROTECTED), MemorySegment.ofArray(new byte[10]));
            Outcomes.await(() -> log.statistics().anchors() > before);
        }
    }

    @Test
    void listenersAreToldInOrderWithTheirAttachments() {
        try (ExecutorService executor = Executors.newSingleThreadExecutor();
             WriteAheadLog log = WriteAheadLog.open(directory, CONFIG.withExecutor(executor))) {
            Outcomes outcomes = new Outcomes();
            List<Long> lsns = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                long lsn = log.offer(MemorySegment.ofArray(new byte[i]), outcomes, "record " + i);
                assertThat(lsn).isPositive();
                lsns.add(lsn);
            }
            Outcomes.await(() -> outcomes.appended().size() == 100);
            assertThat(outcomes.appended()).extracting(Appended::lsn).isEqualTo(lsns);
            assertThat(outcomes.appended()).extracting(Appended::sequence).isEqualTo(LongStream.rangeClosed(1, 100).boxed().toList());
            assertThat(outcomes.attachments()).hasSize(100).startsWith("record 0", "record 1").endsWith("record 99");
            log.offer(AppendOptions.defaults().withLevel(AckLevel.BUFFERED), MemorySegment.ofArray(new byte[1]), outcomes, "never");
            log.sync();
            assertThat(outcomes.attachments()).doesNotContain("never");
        }
    }

    @Test
    void aSecondWriterIsRefusedUntilTheFirstHasClosed() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            assertThatThrownBy(() -> WriteAheadLog.open(directory, CONFIG)).isInstanceOf(LogLockedException.class)
                .hasMessageContaining(directory.toString());
            log.append(new byte[1]);
        }
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            assertThat(Payloads.all(log)).hasSize(1);
        }
    }

    @Test
    void sequencesAndLsnsGoOnAfterReopeningEvenWithOtherSegments() {
        long last = 0;
        for (int life = 0; life < 4; life++) {
            LogConfig config = CONFIG.withSegmentAndRecordLength((long) SEGMENT << life % 2, RECORD_MAX >> life % 3);
            try (WriteAheadLog log = WriteAheadLog.open(directory, config)) {
                assertThat(log.recovery().verdict()).isEqualTo(life == 0 ? Verdict.CREATED : Verdict.CLEAN);
                for (int i = 0; i < 30; i++) {
                    Appended appended = log.appendAsync(MemorySegment.ofArray(Payloads.of(30 * life + i, 20_000))).join();
                    assertThat(appended.sequence()).isEqualTo(30L * life + i + 1);
                    assertThat(appended.lsn()).isGreaterThan(last);
                    last = appended.lsn();
                }
            }
        }
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            List<Payloads.Read> all = Payloads.all(log);
            assertThat(all).hasSize(120);
            for (int i = 0; i < 120; i++) {
                assertThat(all.get(i).payload()).isEqualTo(Payloads.of(i, 20_000));
            }
        }
    }

    @Test
    void readingBeginsAtAnyLsnAndGoesOnAsTheLogGrows() {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            List<Long> lsns = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                lsns.add(log.append(Payloads.of(i, 7000)));
            }
            for (int from : new int[] {0, 1, 50, 99}) {
                try (Cursor at = log.read(lsns.get(from)); Cursor behind = log.read(lsns.get(from) + 1)) {
                    assertThat(at.next()).isTrue();
                    assertThat(at.lsn()).isEqualTo(lsns.get(from));
                    assertThat(at.sequence()).isEqualTo(from + 1);
                    assertThat(behind.next()).isEqualTo(from < 99);
                }
            }
            try (Cursor cursor = log.read(log.tailLsn())) {
                for (int i = 0; i < 100; i++) {
                    assertThat(cursor.next()).isFalse();
                    long lsn = log.append(Payloads.of(i, 6000));
                    assertThat(cursor.next()).isTrue();
                    assertThat(cursor.lsn()).isEqualTo(lsn);
                    assertThat(cursor.payload().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(Payloads.of(i, 6000));
                }
            }
        }
    }

    @Test
    void aLogOpensWithItsDefaults() {
        Path other = directory.resolve("defaults");
        try (WriteAheadLog log = WriteAheadLog.open(other)) {
            CompletableFuture<Appended> appended = log.appendAsync(5, MemorySegment.ofArray(new byte[16 << 20]));
            assertThat(appended.join().sequence()).isEqualTo(1);
        }
    }
}
