package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.checklist.LoopDisk;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.recovery.OvertakenException;
import dev.varve.recovery.Verdict;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What truncating promises to callers, on the real kernel and disk. */
@Timeout(120)
class TruncateBeforeTest {
    private static final int SEGMENT = 1 << 18;
    private static final long MIB = 1 << 20;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(SEGMENT, 100_000)
        .withCommit(new LogConfig.Commit(1 << 14, 2_000_000, 50_000_000, 10_000_000_000L));

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private static byte[] payload(long number, int length) {
        return ByteBuffer.allocate(length).putLong(number).array();
    }

    private static List<Long> fill(WriteAheadLog log, int count) {
        List<Long> lsns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lsns.add(log.append(payload(i, 20_000)));
        }
        return lsns;
    }

    private static List<Long> read(WriteAheadLog log, long fromLsn) {
        List<Long> lsns = new ArrayList<>();
        try (Cursor cursor = log.read(fromLsn)) {
            while (cursor.next()) {
                lsns.add(cursor.lsn());
            }
        }
        return lsns;
    }

    private static long space(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().contains("00")).count() * SEGMENT;
        }
    }

    @Test
    void theHeadMovesToTheSegmentThatHoldsTheLsnAndStaysThereAfterReopening() {
        List<Long> lsns;
        long headLsn;
        try (WriteAheadLog log = WriteAheadLog.open(folder, CONFIG)) {
            lsns = fill(log, 100);
            long before = log.headLsn();
            headLsn = log.truncateBefore(lsns.get(50));
            assertThat(headLsn).isEqualTo(log.headLsn()).isGreaterThan(before).isLessThanOrEqualTo(lsns.get(50));
            assertThat(read(log, 0)).isEqualTo(read(log, headLsn)).contains(lsns.get(50)).doesNotContain(lsns.getFirst());
            assertThat(log.truncateBefore(lsns.getFirst())).as("what is gone is no reason to go back").isEqualTo(headLsn);
            assertThat(log.truncateBefore(0)).isEqualTo(headLsn);
        }
        try (WriteAheadLog log = WriteAheadLog.open(folder, CONFIG)) {
            assertThat(log.recovery().verdict()).isEqualTo(Verdict.CLEAN);
            assertThat(log.headLsn()).isEqualTo(headLsn);
            assertThat(read(log, 0)).isEqualTo(lsns.stream().filter(lsn -> lsn >= headLsn).toList());
            assertThat(log.append(new byte[8])).isGreaterThan(lsns.getLast());
        }
    }

    @Test
    void whatIsNoPlaceInTheLogIsRefused() {
        WriteAheadLog log = WriteAheadLog.open(folder, CONFIG);
        try (log) {
            log.append(new byte[8]);
            assertThatThrownBy(() -> log.truncateBefore(WriteAheadLog.BACK_PRESSURED)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("BACK_PRESSURED");
            assertThatThrownBy(() -> log.truncateBefore(log.tailLsn() + 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("behind the end");
            assertThat(log.truncateBefore(log.tailLsn())).isEqualTo(log.headLsn());
            assertThat(log.truncateBefore(log.durableLsn())).isEqualTo(log.headLsn());
        }
        assertThatThrownBy(() -> log.truncateBefore(0)).isInstanceOf(LogClosedException.class);
    }

    @Test
    void aLogAtRestIsTruncatedAtOnceAndAnInterruptIsKeptForLater() throws InterruptedException {
        try (WriteAheadLog log = WriteAheadLog.open(folder, CONFIG)) {
            List<Long> lsns = fill(log, 60);
            Thread.sleep(300);
            Thread.currentThread().interrupt();
            long startNs = System.nanoTime();
            log.truncateBefore(lsns.getLast());
            assertThat(Thread.interrupted()).isTrue();
            assertThat(System.nanoTime() - startNs).as("not left to the next turn of a clock").isLessThan(900_000_000L);
            assertThat(read(log, 0)).contains(lsns.getLast()).doesNotContain(lsns.getFirst());
        }
    }

    @Test
    void appendersReadersAndTruncationGoOnBesideOneAnother() throws Exception {
        try (WriteAheadLog log = WriteAheadLog.open(folder, CONFIG); ExecutorService threads = Executors.newFixedThreadPool(4)) {
            AtomicBoolean isOver = new AtomicBoolean();
            AtomicLong lastLsn = new AtomicLong(log.append(payload(0, 100)));
            List<CompletableFuture<Long>> work = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                work.add(CompletableFuture.supplyAsync(() -> {
                    for (int n = 0; n < 400; n++) {
                        lastLsn.accumulateAndGet(log.append(payload(n, 5000)), Math::max);
                    }
                    return 0L;
                }, threads));
            }
            CompletableFuture<Long> truncating = CompletableFuture.supplyAsync(() -> {
                long rounds = 0;
                while (!isOver.get()) {
                    log.truncateBefore(lastLsn.get());
                    rounds++;
                }
                return rounds;
            }, threads);
            CompletableFuture<Long> reading = CompletableFuture.supplyAsync(() -> follow(log, isOver), threads);
            for (CompletableFuture<Long> appender : work) {
                appender.get();
            }
            isOver.set(true);
            assertThat(truncating.get()).isPositive();
            reading.get();
            log.truncateBefore(lastLsn.get());
            assertThat(read(log, 0)).contains(lastLsn.get());
        }
        assertThat(space(folder)).isLessThan(6L * SEGMENT);
    }

    /** Follows until it is over; every gap is told of, and where it ends. */
    private static long follow(WriteAheadLog log, AtomicBoolean isOver) {
        long overtaken = 0;
        long fromLsn = 0;
        long lastSequence = 0;
        while (!isOver.get()) {
            try (Cursor cursor = log.read(fromLsn)) {
                while (!isOver.get()) {
                    if (cursor.next()) {
                        assertThat(cursor.sequence()).as("nothing is skipped").isEqualTo(lastSequence == 0 ? cursor.sequence()
                            : lastSequence + 1);
                        lastSequence = cursor.sequence();
                    }
                }
            } catch (OvertakenException e) {
                fromLsn = e.firstLsn();
                lastSequence = 0;
                overtaken++;
            }
        }
        return overtaken;
    }

    @Test
    void onAFullExt4TruncationNeedsNoSpaceAndGivesItBack() throws Exception {
        String obstacle = LoopDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
        try (LoopDisk disk = LoopDisk.ext4(folder, 32 * MIB, 512)) {
            Path directory = disk.mountPoint().resolve("log");
            try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
                List<Long> lsns = fill(log, 50);
                fillUp(disk.mountPoint().resolve("filler"));
                assertThatThrownBy(() -> lsns.addAll(fill(log, 1000))).isInstanceOf(NoSpaceException.class);
                long full = log.durableLsn();
                long next = 0;
                for (int i = 0; i < 300; i++) {
                    log.truncateBefore(log.durableLsn());
                    next = appendAsSoonAsItGoes(log, payload(i, 20_000));
                }
                assertThat(next).isGreaterThan(full);
                assertThat(read(log, 0)).contains(next);
                assertThatThrownBy(() -> read(log, lsns.getFirst())).isInstanceOf(OvertakenException.class);
            }
            try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
                assertThat(log.recovery().verdict()).isEqualTo(Verdict.CLEAN);
                assertThat(read(log, 0)).isNotEmpty();
            }
        }
    }

    /** Writes until not a block is left. */
    private static void fillUp(Path filler) throws IOException {
        try (OutputStream out = Files.newOutputStream(filler)) {
            byte[] block = new byte[4096];
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("space");
        }
    }

    private static long appendAsSoonAsItGoes(WriteAheadLog log, byte[] payload) throws InterruptedException {
        for (int i = 0; i < 500; i++) {
            try {
                return log.append(payload);
            } catch (NoSpaceException _) {
                Thread.sleep(2);
            }
        }
        throw new AssertionError("not taken up again");
    }
}
