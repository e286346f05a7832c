package dev.varve.engine.segment;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import java.nio.file.Path;

/**
 * A log's directory whose lock is held: the proof, as a type, that its holder may write.
 *
 * <p>The lock must outlive every request in flight: close it last.
 */
public final class LockedDirectory implements AutoCloseable {
    private final Directory directory;
    private final AutoCloseable lock;

    private LockedDirectory(Directory directory, AutoCloseable lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /**
     * Opens and locks a directory.
     *
     * @param disk   where it lies
     * @param path   its path; created, with its own name durable, if missing
     * @return the locked directory
     * @throws LogLockedException if another writer holds the lock
     */
    public static LockedDirectory lock(Disk disk, Path path) {
        Directory directory = disk.openDirectory(path, true);
        AutoCloseable lock = null;
        try {
            lock = directory.tryLock(SegmentName.LOCK);
            if (lock == null) {
                throw new LogLockedException(path);
            }
            return new LockedDirectory(directory, lock);
        } finally {
            if (lock == null) {
                directory.close();
            }
        }
    }

    /**
     * The directory.
     *
     * @return the open directory
     */
    public Directory directory() {
        return directory;
    }

    /** Releases the lock and closes the directory. Idempotent. */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (Exception e) {
            throw new IllegalStateException("could not release the lock of " + directory.path(), e);
        } finally {
            directory.close();
        }
    }
}
