package dev.varve.examples;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.MisalignedRequestException;
import dev.varve.wal.Appended;
import dev.varve.wal.Cursor;
import dev.varve.wal.LogConfig;
import dev.varve.wal.WriteAheadLog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * The classic mistake with kernel AIO and O_DIRECT: 1024 records of 1 KiB, in memory as {@code calloc} gives it, 16 bytes behind a page,
 * each written by a request of its own.
 *
 * <pre>
 *   page        page        page                        a row that crosses a page, a row that does not: what the
 *   │·0 │ 1 │ 2 │ 3·│ 4 │ 5 │ 6 │ 7·│ 8 │ …             kernel makes of each depends on its version and on the disk
 *   └ 16 bytes
 * </pre>
 *
 * <p>Left to the kernel, all, some or none of these requests fail, each in its own completion, and what is left is a file with holes. Here
 * the request is refused before any system call, by an exception that names address, offset, length and what they must be a multiple of.
 * The log takes the same records from the same memory and gives each of them back.
 */
public final class UnalignedRecords {
    private static final int COUNT = 1024;
    private static final int LENGTH = 1024;
    private static final int PAGE = 4096;
    /** How far behind a page {@code calloc} begins. */
    private static final int MALLOC_HEADER = 16;

    private UnalignedRecords() {
    }

    /**
     * Runs the example.
     *
     * @param arguments the folder to work in
     */
    public static void main(String[] arguments) {
        if (arguments.length != 1) {
            System.err.println("usage: UnalignedRecords FOLDER");
            System.exit(2);
        }
        Path folder = Path.of(arguments[0]);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment records = records(arena);
            Refusals refusals = writeRaw(folder, records);
            System.out.println(refusals.count() + " of " + COUNT + " raw requests refused, after " + refusals.systemCalls()
                + " submissions. The first:");
            System.out.println("  " + refusals.first());
            System.out.println(appendAndRead(folder.resolve("log"), records) + " of " + COUNT
                + " records came back from the log byte for byte");
        }
    }

    /** Rows of random bytes that begin where no direct transfer may begin. */
    static MemorySegment records(Arena arena) {
        MemorySegment records = arena.allocate((long) MALLOC_HEADER + COUNT * LENGTH, PAGE).asSlice(MALLOC_HEADER);
        byte[] bytes = new byte[COUNT * LENGTH];
        new Random(1024).nextBytes(bytes);
        records.copyFrom(MemorySegment.ofArray(bytes));
        return records;
    }

    private static MemorySegment row(MemorySegment records, int index) {
        return records.asSlice((long) index * LENGTH, LENGTH);
    }

    /**
     * What became of the raw requests.
     *
     * @param count       how many were refused
     * @param systemCalls how many submissions the kernel has seen
     * @param first       what was said to the first
     */
    record Refusals(int count, long systemCalls, String first) {
    }

    /** The mistake: each row by a request of its own, at its place in a file that is open for direct I/O. */
    static Refusals writeRaw(Path folder, MemorySegment records) {
        Disk disk = new KernelDisk();
        List<String> refusals = new ArrayList<>();
        try (Directory directory = disk.openDirectory(folder, true);
            IoFile file = directory.create("raw", (long) COUNT * LENGTH);
            IoQueue queue = new IoQueue(disk.openEngine(COUNT))) {
            for (int i = 0; i < COUNT; i++) {
                IoRequest request = new IoRequest(_ -> { });
                try {
                    queue.add(request.write(file, (long) i * LENGTH, row(records, i)));
                } catch (MisalignedRequestException e) {
                    refusals.add(e.getMessage());
                }
            }
            queue.submit();
            directory.delete("raw");
            return new Refusals(refusals.size(), queue.submitCalls(), refusals.getFirst());
        }
    }

    /** The same rows through the log; how many came back as they were, in order. */
    static int appendAndRead(Path folder, MemorySegment records) {
        LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(4 << 20, 1 << 20);
        List<CompletableFuture<Appended>> appends = new ArrayList<>();
        try (WriteAheadLog log = WriteAheadLog.open(folder, config)) {
            for (int i = 0; i < COUNT; i++) {
                appends.add(log.appendAsync(row(records, i)));
            }
            appends.forEach(CompletableFuture::join);
        }
        // Opened anew, so that it is the disk that answers.
        try (WriteAheadLog log = WriteAheadLog.open(folder, config); Cursor cursor = log.read(appends.getFirst().join().lsn())) {
            int same = 0;
            for (int i = 0; i < COUNT && cursor.next(); i++) {
                boolean isItsPlace = cursor.lsn() == appends.get(i).join().lsn();
                same += isItsPlace && cursor.payload().mismatch(row(records, i)) == -1 ? 1 : 0;
            }
            return same;
        }
    }
}
