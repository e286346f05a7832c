package dev.varve.wal;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.Geometry;
import java.lang.foreign.MemorySegment;

/**
 * Writes a segment's blocks in order, in large pieces: one is filled while the other one is being written.
 *
 * <p>Owned by one thread, which also owns the queue; one file after the other. Memory that a write is under way from is not touched. It
 * grows to the largest batch, which its reader holds in memory as well.
 */
final class SegmentOutput implements AutoCloseable {
    private static final int WINDOW_LENGTH = 1 << 20;

    private final IoQueue queue;
    private final MemorySource source;
    private final MemorySegment[] windows = new MemorySegment[2];
    private final IoRequest[] requests = {new IoRequest(_ -> { }), new IoRequest(_ -> { })};
    private int present;
    private long filled;
    private IoFile file;
    private long writtenTo;

    SegmentOutput(IoQueue queue, MemorySource source) {
        this.queue = queue;
        this.source = source;
    }

    /** Begins with a file. */
    void open(IoFile newFile, long from) {
        file = newFile;
        writtenTo = from;
        filled = 0;
    }

    /**
     * Memory for the next bytes of the file, valid until the next call.
     *
     * @param length a multiple of the block size
     * @return the memory; what it holds is arbitrary
     */
    MemorySegment next(long length) {
        if (windows[present] == null || filled + length > windows[present].byteSize()) {
            writeOut();
            reserve(length);
        }
        MemorySegment memory = windows[present].asSlice(filled, length);
        filled += length;
        return memory;
    }

    /** Makes sure that the present window, which is empty, is large enough and not in flight. */
    private void reserve(long length) {
        await(present);
        MemorySegment window = windows[present];
        if (window == null || window.byteSize() < length) {
            windows[present] = source.allocate(Math.max(length, WINDOW_LENGTH), Geometry.BLOCK_SIZE_MAX);
            if (window != null) {
                source.free(window);
            }
        }
    }

    private void writeOut() {
        if (filled > 0) {
            queue.add(requests[present].write(file, writtenTo, windows[present].asSlice(0, filled)));
            queue.submit();
            writtenTo += filled;
            filled = 0;
            present = 1 - present;
            await(present);
        }
    }

    private void await(int window) {
        if (requests[window].file() != null) {
            queue.await(requests[window]);
        }
    }

    /** Writes what is left, and makes all of the file durable. */
    void finish() {
        writeOut();
        await(0);
        await(1);
        queue.run(new IoRequest(_ -> { }).sync(file));
    }

    /** Waits for writes under way, whatever becomes of them, and gives the memory back. */
    @Override
    public void close() {
        for (int i = 0; i < windows.length; i++) {
            if (requests[i].isPending()) {
                queue.awaitSettled(requests[i]);
            }
            if (windows[i] != null) {
                source.free(windows[i]);
                windows[i] = null;
            }
        }
    }
}
