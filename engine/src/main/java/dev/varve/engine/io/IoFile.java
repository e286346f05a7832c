package dev.varve.engine.io;

/**
 * An open file, fit for direct I/O through an {@link IoEngine} of the same {@link Disk}.
 *
 * <p>It must stay open until every request on it was reaped. {@code close()} may be called once from any thread.
 */
public interface IoFile extends AutoCloseable {
    /**
     * The file's path, for messages.
     *
     * @return the path it was opened under; a later rename does not change it
     */
    String path();

    /**
     * The file's length when it was opened.
     *
     * @return bytes
     */
    long length();

    /**
     * The unit of direct I/O on this file.
     *
     * @return bytes, a power of two, at least 4096
     */
    int blockSize();

    @Override
    void close();
}
