package dev.varve.wal;

import dev.varve.engine.io.Completion;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.SegmentName;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A batch between its submission and the sync that covers it: its writes, and whether they are done.
 *
 * <p>Owned by the driver and reused. It is {@link #isWritten() written} when every write was reaped, and {@link #isCovered() covered} when
 * a sync submitted after that has succeeded, or when each write was durable in itself.
 */
final class UnsyncedBatch {
    /** Longest single write: longer ones are slower, and make other writes wait. */
    private static final int WRITE_LENGTH_MAX = 256 * 1024;

    private final Completion completion = this::completed;
    private final List<IoRequest> requests = new ArrayList<>();
    private BatchBuffer buffer;
    private BatchHeader header;
    private long endLsn;
    private int writesPending;
    private boolean isDurableWrite;
    private boolean isSyncing;
    private boolean isCovered;
    private IoFailureException failure;

    /** Whether a batch of that many bytes is one write. */
    static boolean isOneWrite(long bytes) {
        return bytes <= WRITE_LENGTH_MAX;
    }

    /**
     * Takes a built batch.
     *
     * @param newBuffer its buffer, to be recycled when it is acknowledged; null for a batch of the driver's own
     * @param newHeader its header
     * @param newEndLsn its end
     */
    void begin(BatchBuffer newBuffer, BatchHeader newHeader, long newEndLsn) {
        assert writesPending == 0 : writesPending;
        buffer = newBuffer;
        header = newHeader;
        endLsn = newEndLsn;
        isDurableWrite = false;
        isSyncing = false;
        isCovered = false;
        failure = null;
    }

    /** Adds its writes to the queue. */
    void write(IoQueue queue, IoFile file, MemorySegment bytes, boolean isDurable) {
        assert bytes.byteSize() % file.blockSize() == 0 : bytes.byteSize();
        isDurableWrite = isDurable;
        long at = (long) header.content().block() * file.blockSize();
        int index = 0;
        for (long from = 0; from < bytes.byteSize(); from += WRITE_LENGTH_MAX) {
            MemorySegment part = bytes.asSlice(from, Math.min(WRITE_LENGTH_MAX, bytes.byteSize() - from));
            IoRequest request = request(index++);
            writesPending++;
            queue.add(isDurable ? request.writeDurably(file, at + from, part) : request.write(file, at + from, part));
        }
    }

    private IoRequest request(int index) {
        if (index == requests.size()) {
            requests.add(new IoRequest(completion));
        }
        return requests.get(index);
    }

    private void completed(IoRequest request) {
        writesPending--;
        if (request.state() == IoRequest.State.FAILED) {
            // The file may have been opened under another name, as all are that were prepared ahead.
            failure = new IoFailureException("batch " + header.batch() + " at block " + header.content().block() + " of segment "
                + SegmentName.of(header.life().segment()) + ": " + request.failure().getMessage(), request.errno());
        } else {
            assert request.bytes() == request.length() : request;
            if (writesPending == 0 && isDurableWrite && failure == null) {
                isCovered = true;
            }
        }
    }

    /** Whether every write was reaped and succeeded. */
    boolean isWritten() {
        return writesPending == 0 && failure == null;
    }

    /** Whether requests of it are with the kernel. */
    boolean isPending() {
        return writesPending > 0;
    }

    boolean isCovered() {
        return isCovered;
    }

    /** Whether its writes made themselves durable. */
    boolean isDurableWrite() {
        return isDurableWrite;
    }

    /** Marks it for the sync that is being submitted now. */
    void syncing() {
        assert isWritten() : header;
        isSyncing = true;
    }

    /** The sync has succeeded. */
    void synced() {
        isCovered |= isSyncing;
    }

    IoFailureException failure() {
        return failure;
    }

    BatchBuffer buffer() {
        return buffer;
    }

    BatchHeader header() {
        return header;
    }

    long endLsn() {
        return endLsn;
    }
}
