package dev.varve.engine.linux;

import dev.varve.engine.io.IoFile;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A regular file open for direct I/O.
 *
 * <p>Any thread may ask; one closes. Invariant: after {@link #close} the descriptor is never told again, so that no
 * request can reach whatever file the kernel gives the number to next.
 */
public final class LinuxFile implements IoFile {
    private static final int CLOSED = -1;

    private final AtomicInteger descriptor;
    private final String path;
    private final long length;
    private final int blockSize;

    LinuxFile(int descriptor, String path, long length, int blockSize) {
        assert descriptor >= 0 && length >= 0 && Integer.bitCount(blockSize) == 1 : path;
        this.descriptor = new AtomicInteger(descriptor);
        this.path = path;
        this.length = length;
        this.blockSize = blockSize;
    }

    /**
     * The kernel's number for the open file.
     *
     * @return the descriptor; -1 after close, which every system call refuses with EBADF
     */
    public int descriptor() {
        return descriptor.get();
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public int blockSize() {
        return blockSize;
    }

    /**
     * How long a write may be that is all or nothing after a crash (RWF_ATOMIC), as the kernel says now.
     *
     * @return bytes; 0 if file system, device or kernel offer none, or the file is closed
     */
    public long atomicWriteLengthMax() {
        FileSyscalls calls = new FileSyscalls();
        return calls.statx(descriptor.get()) < 0 ? 0 : calls.atomicWriteLengthMax();
    }

    /**
     * Closes the file. Idempotent. An error is not reported: what is durable was decided by syncs before.
     */
    @Override
    public void close() {
        int open = descriptor.getAndSet(CLOSED);
        if (open != CLOSED) {
            Syscalls.open().close(open);
        }
    }

    @Override
    public String toString() {
        return path + " (fd " + descriptor.get() + ")";
    }
}
