package dev.varve.engine.aio.request;

import dev.varve.engine.linux.LinuxFile;

/**
 * A regular file, open for direct I/O, that requests are made of.
 *
 * <p>Any thread. Invariant: its descriptor stays open as long as a request of it is not over, so that none reaches another file that got
 * the same number.
 */
public final class AsyncFile implements AutoCloseable {
    private final AsyncIo io;
    private final LinuxFile file;
    private final long atomicWriteLengthMax;
    private volatile boolean isClosed;

    AsyncFile(AsyncIo io, LinuxFile file) {
        this.io = io;
        this.file = file;
        this.atomicWriteLengthMax = file.atomicWriteLengthMax();
    }

    /**
     * The file's path, for messages.
     *
     * @return the path it was opened under
     */
    public String path() {
        return file.path();
    }

    /**
     * What offset, length and memory address of each transfer are a multiple of.
     *
     * @return bytes, a power of two, at least 4096
     */
    public int blockSize() {
        return file.blockSize();
    }

    /**
     * How long a write with {@link dev.varve.engine.aio.RwFlag#ATOMIC} may be.
     *
     * @return bytes; 0 if file system, device or kernel offer none
     */
    public long atomicWriteLengthMax() {
        return atomicWriteLengthMax;
    }

    /** Whether requests of it are that one's to submit, wait for and cancel. */
    boolean isOf(AsyncIo other) {
        return io == other;
    }

    int descriptor() {
        return file.descriptor();
    }

    boolean isClosed() {
        return isClosed;
    }

    /**
     * Submits {@link Operation#read}.
     *
     * @param offset where in the file, in bytes
     * @param into   where to
     * @return the request
     */
    public AioRequest read(long offset, RequestMemory.Part... into) {
        return io.submit(Operation.read(this, offset, into));
    }

    /**
     * Submits {@link Operation#write}.
     *
     * @param offset where in the file, in bytes
     * @param from   where from
     * @return the request
     */
    public AioRequest write(long offset, RequestMemory.Part... from) {
        return io.submit(Operation.write(this, offset, from));
    }

    /**
     * Submits {@link Operation#sync}.
     *
     * @return the request
     */
    public AioRequest sync() {
        return io.submit(Operation.sync(this));
    }

    /**
     * Submits {@link Operation#dataSync}.
     *
     * @return the request
     */
    public AioRequest dataSync() {
        return io.submit(Operation.dataSync(this));
    }

    /**
     * Cancels what can be cancelled of this file's requests.
     *
     * @return what came of it
     */
    public CancelOutcome cancelAll() {
        return io.cancelAll(this);
    }

    /** Takes no further requests, cancels those that are queued, waits for those in flight and closes the file. Idempotent. */
    @Override
    public void close() {
        isClosed = true;
        cancelAll();
        io.awaitEnd(this);
        io.release(file);
        file.close();
    }
}
