package dev.varve.engine.simulation;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;

/** An open file of a simulated disk. It belongs to one life of the machine; engines refuse it afterwards, and once it is closed. */
final class SimulatedFile implements IoFile {
    private final SimulatedContent content;
    private final String path;
    private final long length;
    private final int blockSize;
    private final Access access;
    private volatile boolean isClosed;

    SimulatedFile(SimulatedContent content, String path, int blockSize, Access access) {
        this.content = content;
        this.path = path;
        this.length = content.length();
        this.blockSize = blockSize;
        this.access = access;
    }

    SimulatedContent content() {
        return content;
    }

    boolean isWritable() {
        return access == Access.WRITE;
    }

    boolean isClosed() {
        return isClosed;
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

    /** Closes the file. Idempotent; requests in flight on it go on. */
    @Override
    public void close() {
        isClosed = true;
    }

    @Override
    public String toString() {
        return path;
    }
}
