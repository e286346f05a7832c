package dev.varve.engine.channel;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;

/**
 * A regular file behind a channel, and the execution of requests on it.
 *
 * <p>Any thread; requests run at the same time. Invariant: after a force has failed, every later one fails, because the operating system
 * reports a lost write once only.
 */
final class ChannelFile implements IoFile {
    private final FileChannel channel;
    private final String path;
    private final long length;
    private final int blockSize;
    private final FailureMark mark;
    private volatile int forceErrno;

    /**
     * Makes a file.
     *
     * @param channel the open channel, the file's own from now on
     * @param path    for messages
     * @param length  bytes
     * @param place   the directory it lies in
     */
    ChannelFile(FileChannel channel, String path, long length, Place place) {
        this.channel = channel;
        this.path = path;
        this.length = length;
        this.blockSize = place.blockSize();
        this.mark = place.mark();
    }

    /**
     * What a file has from its directory.
     *
     * @param blockSize the unit of transfers, in bytes
     * @param mark      where a failed force is noted; null if the page cache is not used
     */
    record Place(int blockSize, FailureMark mark) {
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
     * Does one round of a request, waiting for the device.
     *
     * @return bytes transferred, or a negative errno
     */
    long execute(IoRequest request) {
        try {
            return switch (request.kind()) {
                case READ -> Math.max(0, channel.read(rest(request).asByteBuffer(), request.offset() + request.progress()));
                case WRITE -> write(request);
                case DATA_SYNC -> force(false);
                case SYNC -> force(true);
            };
        } catch (IOException | RuntimeException e) {
            return -ChannelError.errno(e);
        }
    }

    private static MemorySegment rest(IoRequest request) {
        return request.memory().asSlice(request.progress());
    }

    private long write(IoRequest request) throws IOException {
        int count = channel.write(rest(request).asByteBuffer(), request.offset() + request.progress());
        if (!request.isDurable()) {
            return count;
        }
        long forced = force(false);
        return forced < 0 ? forced : count;
    }

    private long force(boolean withMetadata) {
        if (forceErrno != 0) {
            return -forceErrno;
        }
        if (!channel.isOpen()) {
            return -Errno.EBADF;
        }
        try {
            channel.force(withMetadata);
            // Another thread's force may have been told of the loss that this one was not.
            return -forceErrno;
        } catch (IOException e) {
            int errno = ChannelError.errno(e);
            if (errno != Errno.EBADF) {
                forceErrno = errno;
                if (mark != null) {
                    mark.set();
                }
            }
            return -errno;
        }
    }

    /** Closes the file. Idempotent. An error is not reported: what is durable was decided by syncs before. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            assert !channel.isOpen() : e;
        }
    }

    @Override
    public String toString() {
        return path + " (" + channel + ")";
    }
}
