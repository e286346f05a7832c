package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.recovery.OvertakenException;
import dev.varve.recovery.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Threads that append to a log, follow it, and give up its beginning, for one life of it after another. Each record says whose it is; each
 * reader compares whole records, and that none of a thread's is missing.
 */
final class SoakLoad {
    private static final int APPENDERS = 4;
    private static final int READERS = 3;
    private static final int LENGTH_MAX = 1 << 20;
    private static final long RETAINED = 12L << 20;
    private static final long TRUNCATE_EVERY_MS = 250;
    private static final long READ_AGAIN_MS = 5;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(4 << 20, LENGTH_MAX);

    private final Path directory;
    private final int[] appended = new int[APPENDERS];
    private final AtomicLong records = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong read = new AtomicLong();
    private final AtomicLong overtaken = new AtomicLong();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();
    private WriteAheadLog log;
    private int lives;
    private volatile boolean isOver;

    SoakLoad(Path directory) {
        this.directory = directory;
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    /** Opens the log, reads all that is retained, and begins to work. */
    void begin() {
        log = WriteAheadLog.open(directory, CONFIG);
        assertThat(log.recovery().verdict()).isEqualTo(lives++ == 0 ? Verdict.CREATED : Verdict.CLEAN);
        checkAll();
        isOver = false;
        for (int i = 0; i < APPENDERS; i++) {
            int thread = i;
            start(() -> append(thread));
        }
        for (int i = 0; i < READERS; i++) {
            boolean isFromTheBeginning = i == 0;
            start(() -> follow(isFromTheBeginning));
        }
        start(this::truncate);
    }

    private void start(Work work) {
        threads.add(Thread.ofPlatform().start(() -> {
            try {
                while (!isOver) {
                    work.run();
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        }));
    }

    /** Ends the work, and closes the log. */
    void end() throws InterruptedException {
        isOver = true;
        for (Thread thread : threads) {
            thread.join();
        }
        threads.clear();
        if (failure.get() != null) {
            throw new AssertionError(this.toString(), failure.get());
        }
        checkAll();
        log.close();
    }

    Throwable failure() {
        return failure.get();
    }

    private void append(int thread) {
        SplittableRandom random = new SplittableRandom(((long) lives << Integer.SIZE) + thread);
        while (!isOver) {
            int length = switch (random.nextInt(200)) {
                case 0 -> random.nextInt(LENGTH_MAX);
                case 1, 2, 3, 4, 5 -> random.nextInt(1 << 16);
                default -> random.nextInt(400);
            };
            byte[] payload = Payloads.numbered(thread, appended[thread], length);
            log.append(thread, MemorySegment.ofArray(payload));
            appended[thread]++;
            records.incrementAndGet();
            bytes.addAndGet(payload.length);
        }
    }

    /** From the beginning, or from what is durable now, until there is nothing more, and then as it grows. */
    private void follow(boolean isFromTheBeginning) throws InterruptedException {
        int[] next = new int[APPENDERS];
        Arrays.fill(next, -1);
        try (Cursor cursor = log.read(isFromTheBeginning ? 0 : log.durableLsn())) {
            while (!isOver) {
                if (cursor.next()) {
                    check(cursor, next);
                } else if (isFromTheBeginning) {
                    return;
                } else {
                    Thread.sleep(READ_AGAIN_MS);
                }
            }
        } catch (OvertakenException e) {
            overtaken.incrementAndGet();
        }
    }

    private void check(Cursor cursor, int[] next) {
        byte[] payload = cursor.payload().toArray(ValueLayout.JAVA_BYTE);
        int thread = Payloads.thread(payload);
        int index = Payloads.index(payload);
        if (thread != cursor.kind() || (next[thread] >= 0 && next[thread] != index)
            || !Arrays.equals(payload, Payloads.numbered(thread, index, payload.length))) {
            throw new AssertionError("record at LSN " + cursor.lsn() + " says to be number " + index + " of thread " + thread
                + ", expected " + Arrays.toString(next));
        }
        next[thread] = index + 1;
        read.incrementAndGet();
    }

    private void truncate() throws InterruptedException {
        Thread.sleep(TRUNCATE_EVERY_MS);
        log.truncateBefore(Math.max(0, log.durableLsn() - RETAINED));
    }

    /** Nobody works now: every thread's records are there, up to its last one. */
    private void checkAll() {
        int[] next = new int[APPENDERS];
        Arrays.fill(next, -1);
        try (Cursor cursor = log.read(0)) {
            while (cursor.next()) {
                check(cursor, next);
            }
        }
        for (int thread = 0; thread < APPENDERS; thread++) {
            int expected = appended[thread] == 0 ? -1 : appended[thread];
            assertThat(next[thread]).as("records of thread %d", thread).isEqualTo(expected);
        }
    }

    @Override
    public String toString() {
        return lives + " lives, " + records + " records, " + (bytes.get() >> 20) + " MiB appended, " + read + " records read, " + overtaken
            + " times overtaken";
    }
}
