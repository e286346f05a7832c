package dev.varve.recovery;

import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Geometry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Reads one file after the other, ahead of whoever looks at the blocks, in a bounded amount of memory.
 *
 * <pre>
 *              loaded          in flight            not asked for yet     limit
 *   ───────┬──────────┬───────┬───────┬─ … ─┬───────┬─────────────────────┤
 *   dropped│  chunk   │ chunk │ chunk │     │ chunk │                     │
 *   ───────┴──────────┴───────┴───────┴─ … ─┴───────┴─────────────────────┤
 *            ▲ load(offset)         at most CHUNKS  ▲ issueAt
 * </pre>
 *
 * <p>Owned by one thread, which also owns the queue. Invariants: nothing at or behind the limit that was known when a read was issued is
 * ever shown; a block is shown only if the device delivered it; memory is given back only after every read was reaped.
 *
 * <p>A chunk that cannot be read is read again in halves, down to single units, so that only the bad ones count as unreadable. What a
 * file is too short to hold is {@link Defect#TRUNCATED}; a file's length is believed only in that it bounds what is asked for.
 */
final class BlockStream implements AutoCloseable {
    /** Bytes of a read. */
    static final int CHUNK_LENGTH = 256 * 1024;
    /** Reads under way or loaded at a time. */
    static final int CHUNKS = 8;

    /** One read, from being issued until the reader is past it. */
    private static final class Chunk {
        private final MemorySegment memory;
        private final IoRequest request = new IoRequest(_ -> { });
        /** Offset in the file of the memory's first byte: a multiple of the unit. */
        private long from;
        /** The first byte that was asked for. */
        private long start;
        /** Behind the last byte that may be shown. */
        private long end;
        /** Bytes that the file holds, counted from {@link #from}. */
        private long available;
        /** One bit for each unit that could not be read. */
        private long unreadable;
        private boolean isSettled;

        Chunk(MemorySegment memory) {
            this.memory = memory;
        }
    }

    private final IoQueue queue;
    private final MemorySource source;
    private final ReadMeter meter;
    private final ArrayDeque<Chunk> free = new ArrayDeque<>();
    private final ArrayDeque<Chunk> issued = new ArrayDeque<>();
    private final IoRequest probe = new IoRequest(_ -> { });
    private int allocated;
    private IoFile file;
    private long unit;
    private long issueAt;
    private long limit;
    private IoFailureException failure;

    BlockStream(Recovery.Resources resources, ReadMeter meter) {
        this.queue = resources.queue();
        this.source = resources.memory();
        this.meter = meter;
    }

    /** Goes to another file, which stays the caller's; nothing of it is read before the first {@link #load}. */
    void open(IoFile newFile, long from, long newLimit) {
        drain();
        file = newFile;
        unit = newFile.blockSize();
        assert unit <= CHUNK_LENGTH && CHUNK_LENGTH / unit <= Long.SIZE : unit;
        failure = null;
        issueAt = from;
        limit = clip(newLimit);
    }

    /** Other bytes of the file may be shown: more, as it grows. */
    void limit(long newLimit) {
        limit = clip(newLimit);
    }

    private long clip(long wanted) {
        return Math.min(wanted, file.length() + unit - 1 & -unit);
    }

    /**
     * Makes sure that the bytes at an offset, up to {@link #loadedEnd()}, can be looked at. Going backwards or far ahead starts anew there.
     *
     * @return false if the limit or the file's end forbids it
     */
    boolean load(long offset) {
        if (offset >= limit) {
            return false;
        }
        boolean isBehind = !issued.isEmpty() && offset < issued.peek().start;
        if (isBehind || offset > issueAt || (issued.isEmpty() && offset != issueAt)) {
            drain();
            issueAt = offset;
        }
        while (!issued.isEmpty() && offset >= issued.peek().end) {
            drop();
        }
        issue();
        settle(issued.peek());
        return true;
    }

    private void issue() {
        boolean isAdded = false;
        while (issueAt < limit && issued.size() < CHUNKS) {
            Chunk chunk = free.isEmpty() ? allocate() : free.pop();
            chunk.from = issueAt & -unit;
            long readEnd = Math.min(chunk.from + CHUNK_LENGTH, limit + unit - 1 & -unit);
            chunk.start = issueAt;
            chunk.end = Math.min(readEnd, limit);
            chunk.unreadable = 0;
            chunk.isSettled = false;
            queue.add(chunk.request.read(file, chunk.from, chunk.memory.asSlice(0, readEnd - chunk.from)));
            issued.add(chunk);
            issueAt = chunk.end;
            isAdded = true;
        }
        if (isAdded) {
            queue.submit();
        }
    }

    private Chunk allocate() {
        assert allocated < CHUNKS : allocated;
        Chunk chunk = new Chunk(source.allocate(CHUNK_LENGTH, Geometry.BLOCK_SIZE_MAX));
        allocated++;
        return chunk;
    }

    private void settle(Chunk chunk) {
        if (chunk.isSettled) {
            return;
        }
        queue.awaitSettled(chunk.request);
        chunk.isSettled = true;
        if (chunk.request.state() == IoRequest.State.FAILED) {
            failure = chunk.request.failure();
            chunk.available = chunk.request.length();
            bisect(chunk, 0, chunk.request.length());
        } else {
            chunk.available = chunk.request.bytes();
        }
        meter.read(chunk.end - chunk.start);
    }

    private void bisect(Chunk chunk, long from, long to) {
        queue.add(probe.read(file, chunk.from + from, chunk.memory.asSlice(from, to - from)));
        queue.awaitSettled(probe);
        if (probe.state() != IoRequest.State.FAILED) {
            if (probe.bytes() < to - from) {
                chunk.available = Math.min(chunk.available, from + probe.bytes());
            }
        } else if (to - from == unit) {
            chunk.unreadable |= 1L << (from / unit);
            failure = probe.failure();
        } else {
            long middle = from + ((to - from) / 2 + unit - 1 & -unit);
            bisect(chunk, from, middle);
            bisect(chunk, middle, to);
        }
    }

    /**
     * Whether loaded bytes are there.
     *
     * @return {@link Defect#READ_ERROR}, {@link Defect#TRUNCATED} or {@link Defect#NONE}
     */
    Defect defect(long offset, long length) {
        Chunk chunk = issued.peek();
        assert offset >= chunk.start && (offset + length <= chunk.end || chunk.end == limit) : offset;
        long from = offset - chunk.from;
        long to = from + length;
        if (chunk.unreadable != 0) {
            for (long i = from / unit; i * unit < Math.min(to, CHUNK_LENGTH); i++) {
                if ((chunk.unreadable >>> i & 1) != 0) {
                    return Defect.READ_ERROR;
                }
            }
        }
        return to > chunk.available || offset + length > chunk.end ? Defect.TRUNCATED : Defect.NONE;
    }

    /** The memory that holds the loaded bytes, until the next {@link #load} or {@link #open}. */
    MemorySegment memory() {
        return issued.peek().memory;
    }

    /** Where in {@link #memory()} a loaded byte lies. */
    long at(long offset) {
        return offset - issued.peek().from;
    }

    /** The offset behind the loaded bytes. */
    long loadedEnd() {
        return issued.peek().end;
    }

    /** The file that is read. */
    String path() {
        return file.path();
    }

    /** The last read that failed in this file, null if none did. */
    IoFailureException failure() {
        return failure;
    }

    private void drop() {
        Chunk chunk = issued.poll();
        queue.awaitSettled(chunk.request);
        free.push(chunk);
    }

    private void drain() {
        while (!issued.isEmpty()) {
            drop();
        }
    }

    /** Waits for the reads under way and gives the memory back. */
    @Override
    public void close() {
        drain();
        while (!free.isEmpty()) {
            source.free(free.pop().memory);
            allocated--;
        }
        assert allocated == 0 : allocated;
    }
}
