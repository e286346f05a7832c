package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.checklist.Observed;
import dev.varve.engine.checklist.SlowDisk;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.IoEngine;
import dev.varve.wal.AppendListener;
import dev.varve.wal.BuildTree;
import dev.varve.wal.Cursor;
import dev.varve.wal.Environment;
import dev.varve.wal.IndeterminateAppendException;
import dev.varve.wal.LogConfig;
import dev.varve.wal.WriteAheadLog;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The kernel completes in any order; the log acknowledges in its own. */
@Timeout(120)
class OrderRowsTest {
    @TempDir(factory = BuildTree.class)
    private Path folder;

    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private final LogConfig config = NumberedLog.CONFIG.withExecutor(executor);
    private final ConcurrentLinkedQueue<Long> told = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Throwable> failed = new ConcurrentLinkedQueue<>();
    private final AppendListener listener = new AppendListener() {
        @Override
        public void appended(long lsn, long sequence, Object attachment) {
            told.add(lsn);
        }

        @Override
        public void failed(IndeterminateAppendException failure, Object attachment) {
            failed.add(failure);
        }
    };

    @AfterEach
    void end() {
        executor.shutdownNow();
    }

    private Environment environment(DetainingEngine.Control control) {
        Environment machine = Environment.machine();
        Disk disk = new Disk() {
            @Override
            public Directory openDirectory(Path path, boolean create) {
                return machine.disk().openDirectory(path, create);
            }

            @Override
            public IoEngine openEngine(int depth) {
                return new DetainingEngine(machine.disk().openEngine(depth), control);
            }
        };
        return new Environment(disk, machine.memory(), machine.random(), machine.nanos(), machine.millis());
    }

    /** Appends some without waiting, and has what is told of them noted in the order in which it is told. */
    private void append(WriteAheadLog log, int from, int count, int length) throws InterruptedException {
        for (int i = from; i < from + count; i++) {
            MemorySegment payload = MemorySegment.ofArray(NumberedLog.payload(i, length));
            while (log.offer(payload, listener, null) == WriteAheadLog.BACK_PRESSURED) {
                Thread.sleep(1);
            }
        }
    }

    private void awaitTold(int count) throws InterruptedException {
        while (told.size() < count) {
            assertThat(failed).isEmpty();
            Thread.sleep(1);
        }
    }

    @Test
    void row27NothingIsAcknowledgedWhileAnEarlierBatchIsNotReapedHoweverManyLaterOnesAre() throws Exception {
        DetainingEngine.Control control = new DetainingEngine.Control();
        try (WriteAheadLog log = WriteAheadLog.open(folder.resolve("log"), config, environment(control))) {
            int before = 10;
            append(log, 0, before, 1000);
            awaitTold(before);
            Thread.sleep(300);
            long durable = log.durableLsn();
            control.detainNextWrite();
            int deliveredMeanwhile;
            try {
                append(log, 10, 1, 1000);
                control.awaitDetained();
                for (int i = 0; i < 3; i++) {
                    append(log, 11 + i, 1, 1000);
                    Thread.sleep(100);
                }
                deliveredMeanwhile = control.deliveredWhileDetained();
                assertThat(deliveredMeanwhile).as("completions of later writes and of syncs").isPositive();
                assertThat(told).hasSize(before);
                assertThat(log.durableLsn()).isEqualTo(durable);
            } finally {
                control.release();
            }
            awaitTold(before + 4);
            assertThat(List.copyOf(told)).isSorted().hasSize(before + 4);
            Observed.note(27, "one write's completion held back while " + deliveredMeanwhile + " later ones came: nothing acknowledged; "
                + "then all four, in order of LSN");
        }
    }

    @Test
    void row27AcknowledgementsComeInOrderAlthoughCompletionsAreShuffled() throws Exception {
        DetainingEngine.Control control = new DetainingEngine.Control();
        control.shuffle();
        try (WriteAheadLog log = WriteAheadLog.open(folder.resolve("log"), config, environment(control))) {
            for (int round = 0; round < 20; round++) {
                append(log, round * 30, 30, round % 3 == 0 ? 100_000 : 3000);
                awaitTold((round + 1) * 30);
            }
            assertThat(List.copyOf(told)).hasSize(600).isSorted();
            assertThat(control.inversions()).isGreaterThan(50);
            Observed.note(27, "completions delivered in random order, " + control.inversions() + " behind a later one: 600 acknowledgements"
                + " in order of LSN");
        }
    }

    @Test
    void row27OnADeviceWhereSyncsOvertakeWritesTheLogStillWaitsForBoth() throws Exception {
        assumeTrue(SlowDisk.obstacle() == null, SlowDisk.obstacle());
        int length = 500_000;
        try (SlowDisk disk = SlowDisk.open(folder, 0, 4 << 20)) {
            try (WriteAheadLog log = WriteAheadLog.open(disk.mountPoint().resolve("log"), config)) {
                Thread.sleep(1000);
                long startNs = System.nanoTime();
                append(log, 0, 6, length);
                awaitTold(6);
                long tookMs = (System.nanoTime() - startNs) / 1_000_000;
                assertThat(List.copyOf(told)).isSorted().hasSize(6);
                assertThat(tookMs).as("3 MB at 4 MiB/s, however fast the syncs are").isGreaterThan(400);
                Observed.note(27, "device of 4 MiB/s: 3 MB acknowledged in order after " + tookMs + " ms");
            }
        }
    }

    @Test
    void row32AppendsOfEightThreadsGetPlacesOneBehindTheOther() throws Exception {
        int threads = 8;
        int count = 500;
        try (WriteAheadLog log = WriteAheadLog.open(folder.resolve("log"), config);
            ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<List<Long>>> all = IntStream.range(0, threads).mapToObj(thread -> pool.submit(() -> IntStream.range(0, count)
                .mapToObj(i -> log.append(NumberedLog.payload((long) thread * count + i, 64))).toList())).toList();
            List<Long> lsns = new ArrayList<>();
            for (Future<List<Long>> one : all) {
                assertThat(one.get()).as("of one thread").isSorted();
                lsns.addAll(one.get());
            }
            List<Long> found = new ArrayList<>();
            long lastSequence = 0;
            int adjacent = 0;
            try (Cursor cursor = log.read(0)) {
                while (cursor.next()) {
                    assertThat(cursor.sequence()).isEqualTo(lastSequence + 1);
                    lastSequence = cursor.sequence();
                    adjacent += !found.isEmpty() && cursor.lsn() - found.getLast() < 4096 ? 1 : 0;
                    found.add(cursor.lsn());
                }
            }
            assertThat(found).isSorted().doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(lsns);
            Observed.note(32, threads + " threads, " + found.size() + " records: every LSN once, sequences without a gap, " + adjacent
                + " in one batch with the one before");
        }
    }
}
