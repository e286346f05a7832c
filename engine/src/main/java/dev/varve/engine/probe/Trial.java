package dev.varve.engine.probe;

import dev.varve.engine.io.Asynchrony;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.probe.StorageReport.Cost;
import dev.varve.engine.probe.StorageReport.Method;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Tries a disk in a file of its own: whether requests are asynchronous, and what durability costs. One owner thread.
 *
 * <p>Everything is tried on blocks that were written before, as a log's are.
 */
final class Trial implements AutoCloseable {
    private static final int DEPTH = 16;
    private static final int CHUNKS = 8;
    private static final int CHUNK_LENGTH = 1 << 20;
    private static final int ASYNC_ROUNDS = 3;
    private static final int COST_ROUNDS = 15;

    private final Directory directory;
    private final String name;
    private final IoQueue queue;
    private final IoFile file;
    private final MemorySegment memory;

    private Trial(Directory directory, String name, IoQueue queue, IoFile file) {
        this.directory = directory;
        this.name = name;
        this.queue = queue;
        this.file = file;
        this.memory = MemorySource.collected().allocate(CHUNK_LENGTH, Math.max(file.blockSize(), CHUNK_LENGTH));
    }

    /**
     * Makes the file.
     *
     * @param disk what is tried
     * @param path an existing directory
     * @return the trial; closing it deletes the file
     */
    static Trial begin(Disk disk, Path path) {
        Directory directory = disk.openDirectory(path, false);
        String name = "varve-" + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime()) + ".probe";
        IoQueue queue = null;
        Trial trial = null;
        try {
            queue = new IoQueue(disk.openEngine(DEPTH));
            trial = new Trial(directory, name, queue, directory.create(name, (long) CHUNKS * CHUNK_LENGTH));
            trial.fill();
            return trial;
        } finally {
            if (trial == null) {
                if (queue != null) {
                    queue.close();
                }
                directory.close();
            }
        }
    }

    private int fill() {
        int over = writeAll();
        queue.run(new IoRequest(_ -> { }).sync(file));
        return over;
    }

    /** Writes all chunks by one submission; how many were over when it returned. */
    private int writeAll() {
        for (int i = 0; i < CHUNKS; i++) {
            queue.add(new IoRequest(_ -> { }).write(file, (long) i * CHUNK_LENGTH, memory));
        }
        queue.submit();
        int over = queue.reap(0, 0);
        while (queue.pending() > 0) {
            queue.submit();
            queue.reap(1, 1_000_000_000L);
        }
        return over;
    }

    Asynchrony asynchrony() {
        for (int i = 0; i < ASYNC_ROUNDS; i++) {
            if (writeAll() < CHUNKS) {
                return Asynchrony.ASYNCHRONOUS;
            }
        }
        return Asynchrony.SYNCHRONOUS;
    }

    List<Cost> costs() {
        IoRequest write = new IoRequest(_ -> { });
        IoRequest sync = new IoRequest(_ -> { });
        MemorySegment block = memory.asSlice(0, file.blockSize());
        return List.of(
            cost(Method.WRITE, () -> settle(write.write(file, 0, block))),
            cost(Method.WRITE_FDSYNC, () -> first(settle(write.write(file, 0, block)), () -> settle(sync.dataSync(file)))),
            cost(Method.WRITE_FSYNC, () -> first(settle(write.write(file, 0, block)), () -> settle(sync.sync(file)))),
            cost(Method.WRITE_RWF_DSYNC, () -> settle(write.writeDurably(file, 0, block))));
    }

    private static int first(int errno, Supplier<Integer> next) {
        return errno != 0 ? errno : next.get();
    }

    private int settle(IoRequest request) {
        queue.add(request);
        queue.awaitSettled(request);
        return request.errno();
    }

    private static Cost cost(Method method, Supplier<Integer> once) {
        long[] durations = new long[COST_ROUNDS];
        for (int i = 0; i < COST_ROUNDS; i++) {
            long startNs = System.nanoTime();
            int errno = once.get();
            durations[i] = System.nanoTime() - startNs;
            if (errno != 0) {
                return new Cost(method, Errno.name(errno), 0);
            }
        }
        Arrays.sort(durations);
        return new Cost(method, "", durations[COST_ROUNDS / 2]);
    }

    @Override
    public void close() {
        queue.close();
        file.close();
        directory.delete(name);
        directory.close();
    }
}
