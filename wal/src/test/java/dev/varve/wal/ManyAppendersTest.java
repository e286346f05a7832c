package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.recovery.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many threads and one log, or several, on the real kernel and disk. */
@Timeout(180)
class ManyAppendersTest {
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 18, 60_000)
        .withLimits(new LogConfig.Limits(60_000, 1 << 20, 4))
        .withCommit(new LogConfig.Commit(1 << 15, 2_000_000, 50_000_000, 20_000_000_000L));

    @TempDir(factory = BuildTree.class)
    private Path directory;

    /** Appends in one of the ways there are; the LSN. */
    private static long append(WriteAheadLog log, SplittableRandom random, byte[] payload) {
        MemorySegment memory = MemorySegment.ofArray(payload);
        return switch (random.nextInt(8)) {
            case 0 -> log.appendAsync(memory).join().lsn();
            case 1 -> log.append(AppendOptions.defaults().withLevel(AckLevel.BUFFERED), memory);
            case 2 -> log.append(AppendOptions.defaults().withLevel(AckLevel.WRITTEN), memory);
            case 3 -> log.append(AppendOptions.defaults().withLevel(AckLevel.PROTECTED), memory);
            case 4 -> log.append(new RecordBatch().add(payload));
            case 5, 6 -> {
                try (Claim claim = log.claim(payload.length)) {
                    claim.payload().copyFrom(memory);
                    yield claim.commit();
                }
            }
            default -> log.append(payload);
        };
    }

    private static Map<Integer, List<Long>> appendFrom(int threads, int each, ExecutorService executor, WriteAheadLog log)
        throws Exception {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        Map<Integer, List<Long>> lsns = new ConcurrentHashMap<>();
        CountDownLatch start = new CountDownLatch(1);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int thread = i;
            SplittableRandom random = new SplittableRandom(seed + thread);
            all.add(executor.submit(() -> {
                List<Long> mine = new ArrayList<>();
                start.await();
                for (int index = 0; index < each; index++) {
                    int length = random.nextInt(random.nextInt(20) == 0 ? 40_000 : 500);
                    mine.add(append(log, random, Payloads.numbered(thread, index, length)));
                }
                lsns.put(thread, mine);
                return null;
            }));
        }
        start.countDown();
        for (Future<?> next : all) {
            next.get();
        }
        return lsns;
    }

    /** Every record is there once, whole, where its appender was told, and those of one thread in their order. */
    private static void check(List<Payloads.Read> read, Map<Integer, List<Long>> lsns) {
        Map<Integer, Integer> next = new HashMap<>();
        long lsn = 0;
        long sequence = 0;
        for (Payloads.Read record : read) {
            int thread = Payloads.thread(record.payload());
            int index = next.merge(thread, 1, Integer::sum) - 1;
            assertThat(Payloads.index(record.payload())).isEqualTo(index);
            assertThat(record.lsn()).isEqualTo(lsns.get(thread).get(index)).isGreaterThan(lsn);
            assertThat(record.sequence()).isEqualTo(++sequence);
            assertThat(record.payload()).isEqualTo(Payloads.numbered(thread, index, record.payload().length));
            lsn = record.lsn();
        }
        assertThat(sequence).isEqualTo(lsns.values().stream().mapToLong(List::size).sum());
    }

    @Test
    void sixtyFourPlatformThreadsKeepTheirOrderOverManyRolls() throws Exception {
        Map<Integer, List<Long>> lsns;
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG); ExecutorService executor = Executors.newFixedThreadPool(64)) {
            lsns = appendFrom(64, 40, executor, log);
            log.sync();
            assertThat(log.statistics().rolls()).isGreaterThan(5);
            check(Payloads.all(log), lsns);
        }
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            check(Payloads.all(log), lsns);
        }
    }

    @Test
    void aThousandVirtualThreadsKeepTheirOrderOverManyRolls() throws Exception {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG);
             ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Map<Integer, List<Long>> lsns = appendFrom(1000, 4, executor, log);
            log.sync();
            assertThat(log.statistics().rolls()).isGreaterThan(5);
            assertThat(log.statistics().batches()).as("commits are shared").isLessThan(4000);
            check(Payloads.all(log), lsns);
        }
    }

    /** They wait for one of them to open the next batch; if all they did was to yield, it would never run again. */
    @Test
    void virtualThreadsThatMeetAFullBatchLetTheOneThatOpensTheNextHaveAProcessor() throws Exception {
        byte[] payload = new byte[256];
        try (WriteAheadLog log = WriteAheadLog.open(directory, LogConfig.defaults())) {
            for (int round = 0; round < 3; round++) {
                try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
                    for (int i = 0; i < 1000; i++) {
                        executor.execute(() -> {
                            for (int n = 0; n < 200; n++) {
                                log.append(payload);
                            }
                        });
                    }
                }
            }
            assertThat(log.statistics().records()).isEqualTo(600_000);
        }
    }

    @Test
    void severalLogsOfOneProcessDoNotMix() throws Exception {
        List<WriteAheadLog> logs = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                logs.add(WriteAheadLog.open(directory.resolve("log" + i), CONFIG));
            }
            List<Future<Map<Integer, List<Long>>>> all = new ArrayList<>();
            for (WriteAheadLog log : logs) {
                all.add(executor.submit(() -> {
                    try (ExecutorService own = Executors.newVirtualThreadPerTaskExecutor()) {
                        return appendFrom(8, 30, own, log);
                    }
                }));
            }
            for (int i = 0; i < 4; i++) {
                Map<Integer, List<Long>> lsns = all.get(i).get();
                logs.get(i).sync();
                check(Payloads.all(logs.get(i)), lsns);
            }
        } finally {
            logs.forEach(WriteAheadLog::close);
        }
    }

    @Test
    void readersFollowWritersRecordByRecordAndNeverAheadOfTheDurableEnd() throws Exception {
        int threads = 8;
        int each = 100;
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG);
             ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
             ExecutorService reading = Executors.newFixedThreadPool(2)) {
            List<Future<Integer>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                readers.add(reading.submit(() -> follow(log, threads * each)));
            }
            appendFrom(threads, each, executor, log);
            for (Future<Integer> reader : readers) {
                assertThat(reader.get()).isEqualTo(threads * each);
            }
        }
    }

    private static int follow(WriteAheadLog log, int count) throws InterruptedException {
        Map<Integer, Integer> next = new HashMap<>();
        int found = 0;
        try (Cursor cursor = log.read(0)) {
            while (found < count) {
                if (!cursor.next()) {
                    Thread.sleep(1);
                    continue;
                }
                assertThat(cursor.lsn()).isLessThan(log.durableLsn());
                byte[] payload = cursor.payload().toArray(ValueLayout.JAVA_BYTE);
                int thread = Payloads.thread(payload);
                assertThat(Payloads.index(payload)).isEqualTo(next.merge(thread, 1, Integer::sum) - 1);
                assertThat(payload).isEqualTo(Payloads.numbered(thread, Payloads.index(payload), payload.length));
                assertThat(cursor.sequence()).isEqualTo(++found);
            }
        }
        return found;
    }

    @Test
    void whenTheLogIsClosedUnderItsAppendersEveryAcceptedRecordIsThereAndNoRefusedOne() throws Exception {
        for (int round = 0; round < 10; round++) {
            closeUnderAppenders(directory.resolve("round" + round), round);
        }
    }

    private static void closeUnderAppenders(Path path, int round) throws Exception {
        Set<Long> accepted = ConcurrentHashMap.newKeySet();
        WriteAheadLog log = WriteAheadLog.open(path, CONFIG);
        try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                SplittableRandom random = new SplittableRandom(round * 100L + i);
                int thread = i;
                all.add(executor.submit(() -> appendUntilClosed(log, random, thread, accepted)));
            }
            Thread.sleep(10 + round * 3L);
            log.close();
            for (Future<?> next : all) {
                next.get();
            }
        }
        try (WriteAheadLog again = WriteAheadLog.open(path, CONFIG)) {
            assertThat(again.recovery().verdict()).isEqualTo(Verdict.CLEAN);
            assertThat(Payloads.all(again)).extracting(Payloads.Read::lsn).containsExactlyInAnyOrderElementsOf(accepted);
            assertThat(accepted).isNotEmpty();
        }
    }

    private static void appendUntilClosed(WriteAheadLog log, SplittableRandom random, int thread, Set<Long> accepted) {
        for (int index = 0;; index++) {
            byte[] payload = Payloads.numbered(thread, index, random.nextInt(random.nextInt(10) == 0 ? 50_000 : 300));
            try {
                if (random.nextInt(3) == 0) {
                    long lsn = log.offer(MemorySegment.ofArray(payload), null, null);
                    if (lsn == WriteAheadLog.CLOSED) {
                        return;
                    }
                    assertThat(lsn).isNotIn(WriteAheadLog.FAILED, WriteAheadLog.FULL);
                    if (lsn > 0) {
                        accepted.add(lsn);
                    }
                } else {
                    accepted.add(append(log, random, payload));
                }
            } catch (LogClosedException e) {
                return;
            }
        }
    }
}
