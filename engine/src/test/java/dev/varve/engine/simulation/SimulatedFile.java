package dev.varve.engine.simulation;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;

/** An open file of a simulated disk. It belongs to one life of the machine; engines refuse it afterwards, and once it is closed. */
final class SimulatedFile implements IoFile {
    private final Course course;
    private final int life;
    private final SimulatedContent content;
    private final String path;
    private final long length;
    private final int blockSize;
    private final Access access;
    private volatile boolean isClosed;

    /**
     * Opens a file.
     *
     * @param course  the disk it is on
     * @param content what it holds
     * @param path    under which it is opened
     * @param mode    how
     */
    SimulatedFile(Course course, SimulatedContent content, String path, Mode mode) {
        this.course = course;
        this.life = course.life();
        this.content = content;
        this.path = path;
        this.length = content.length();
        this.blockSize = mode.blockSize();
        this.access = mode.access();
        course.opened();
    }

    /** How a file is opened: its unit of direct I/O and what may be done with it. */
    record Mode(int blockSize, Access access) {
    }

    /** Whether it was opened in the given life of the given machine and is still open. */
    boolean isOpen(Course askingCourse, int askingLife) {
        return !isClosed && course.equals(askingCourse) && life == askingLife;
    }

    SimulatedContent content() {
        return content;
    }

    boolean isWritable() {
        return access == Access.WRITE;
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
        course.enterAnyway();
        try {
            if (!isClosed) {
                isClosed = true;
                course.closed(life);
            }
        } finally {
            course.leave();
        }
    }

    @Override
    public String toString() {
        return path;
    }
}
