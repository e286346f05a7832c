package dev.varve.examples;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.io.Directory;
import dev.varve.wal.LogConfig;
import dev.varve.wal.WriteAheadLog;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Does the same over and over, with marks between, so that a tracer's output can be cut into what each costs in system calls; see
 * {@code append-cost} beside the examples and chapter 12 of {@code docs/kernel-aio.md}.
 *
 * <pre>
 *   mark one ── append, wait until durable ── mark anchor ── nothing ── mark burst ── 10,000 appends, one wait ── mark rest ── nothing ── …
 * </pre>
 *
 * <p>A mark is a question for a file that does not exist. Single threaded; the log has its own threads.
 */
public final class AppendCost {
    private static final int BURST = 10_000;
    private static final int LENGTH = 256;
    /** Longer than the log's thread takes to fall asleep again, and shorter than it waits before it writes to the manifest. */
    private static final int SETTLE_MS = 20;
    /** Longer than the log waits before it notes in the manifest how far it is durable. */
    private static final int QUIET_MS = 200;
    private static final int WARM_UP_ROUNDS = 3;

    private final WriteAheadLog log;
    private final MemorySegment record = MemorySegment.ofArray(new byte[LENGTH]);

    private AppendCost(WriteAheadLog log) {
        this.log = log;
    }

    /**
     * Runs the example.
     *
     * @param arguments the folder of the log, and how many rounds
     * @throws InterruptedException if somebody interrupts it
     */
    public static void main(String[] arguments) throws InterruptedException {
        Path folder = Path.of(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        try (WriteAheadLog log = WriteAheadLog.open(folder, LogConfig.defaults())) {
            awaitPrepared(folder);
            AppendCost cost = new AppendCost(log);
            for (int i = 0; i < WARM_UP_ROUNDS; i++) {
                cost.round("warm-up");
            }
            for (int i = 0; i < rounds; i++) {
                cost.round("");
            }
            mark("end");
        }
    }

    private void round(String prefix) throws InterruptedException {
        mark(prefix + "one");
        log.append(record);
        Thread.sleep(SETTLE_MS);
        mark(prefix + "anchor");
        Thread.sleep(QUIET_MS);
        mark(prefix + "burst");
        burst();
        Thread.sleep(SETTLE_MS);
        mark(prefix + "rest");
        Thread.sleep(QUIET_MS);
    }

    private void burst() {
        for (int i = 0; i < BURST; i++) {
            if (log.offer(record, null, null) < 0) {
                throw new IllegalStateException("the buffers are too small for a burst");
            }
        }
        log.sync();
    }

    private static void mark(String name) {
        if (Files.exists(Path.of("/varve-mark", name))) {
            throw new IllegalStateException("/varve-mark exists");
        }
    }

    /** Waits until the next segment and a spare are ready, so that preparing them is not counted. */
    private static void awaitPrepared(Path folder) throws InterruptedException {
        boolean isPrepared = false;
        while (!isPrepared) {
            Thread.sleep(QUIET_MS);
            try (Directory directory = new KernelDisk().openDirectory(folder, false)) {
                List<String> names = directory.list();
                isPrepared = names.stream().anyMatch(name -> name.endsWith(".spare"))
                    && names.stream().filter(name -> name.endsWith(".varve")).count() > 1;
            }
        }
    }
}
