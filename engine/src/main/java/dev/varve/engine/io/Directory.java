package dev.varve.engine.io;

import java.nio.file.Path;
import java.util.List;

/**
 * One open directory and the blocking calls on its names.
 *
 * <p>Every call may block in the kernel; the log makes them on its housekeeping thread, recovery on the caller's. Any thread may
 * call, one at a time. Names are plain file names; a path separator in one is refused. What creates, renames or deletes a name is
 * durable only after {@link #sync()} has returned.
 */
public interface Directory extends AutoCloseable {
    /** How a file is opened. */
    enum Access {
        /** For reading only. */
        READ,
        /** For reading and writing. */
        WRITE
    }

    /**
     * Where the directory lies.
     *
     * @return its path
     */
    Path path();

    /**
     * The unit of direct I/O in this directory: offset, length and memory address of every transfer are multiples of it.
     *
     * @return bytes, a power of two, at least 4096
     */
    int blockSize();

    /**
     * What is known of the storage below, for segment headers.
     *
     * @return a summary; nothing is known unless a kind of disk says otherwise
     */
    default StorageSummary storage() {
        return StorageSummary.UNKNOWN;
    }

    /**
     * Whether others than its owner may make, rename and delete files in the directory. They could put another log in the place of this
     * one.
     *
     * @return true if its group or everybody may write, as far as is known
     */
    default boolean isExposed() {
        return false;
    }

    /**
     * The names in the directory, without {@code .} and {@code ..}, sorted.
     *
     * @return the names
     */
    List<String> list();

    /**
     * Creates a file that must not exist, mode 0600, with all its space allocated; it reads as zeros.
     *
     * @param name   the file's name
     * @param length bytes to allocate, a multiple of the block size
     * @return the open file, for reading and writing
     * @throws NoSpaceException   if the space is not there; the file is removed again
     * @throws IoFailureException for any other reason; the file is removed again
     */
    IoFile create(String name, long length);

    /**
     * Opens an existing regular file for direct I/O.
     *
     * @param name   the file's name
     * @param access how
     * @return the open file
     * @throws IoFailureException if it does not exist, is no regular file, or cannot be opened
     */
    IoFile open(String name, Access access);

    /**
     * Gives a file another name, replacing what had that name.
     *
     * @param from the present name
     * @param to   the new name
     */
    void rename(String from, String to);

    /**
     * Removes a name.
     *
     * @param name the file's name
     */
    void delete(String name);

    /**
     * Makes every name created, renamed or deleted before durable.
     *
     * @throws IoFailureException if the sync failed; nothing may be assumed durable from then on
     */
    void sync();

    /**
     * Takes the directory's lock, in the file {@code name}, without waiting. Held until the result is closed, and given
     * back by the operating system when the process dies.
     *
     * @param name the lock file's name; created if missing
     * @return the lock, or null if somebody else holds it
     */
    HeldLock tryLock(String name);

    /**
     * Tells whether somebody holds the lock, without taking it or creating its file.
     *
     * @param name the lock file's name
     * @return true if it is held, by whatever process
     */
    boolean isLocked(String name);

    @Override
    void close();
}
