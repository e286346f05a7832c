package dev.varve.engine.segment;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.HeldLock;
import java.nio.file.Path;

/**
 * A log's directory whose lock is held: the proof, as a type, that its holder may write.
 *
 * <p>The lock must outlive every request in flight: close it last.
 */
public final class LockedDirectory implements AutoCloseable {
    private final Directory directory;
    private final HeldLock lock;

    private LockedDirectory(Directory directory, HeldLock lock) {
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
        HeldLock lock = null;
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

    /**
     * Makes sure that the lock still keeps other writers away. Any thread.
     *
     * @throws LostLockException if its file is not in its place any more
     */
    public void checkLock() {
        if (!lock.isInPlace()) {
            throw new LostLockException("the lock file " + directory.path().resolve(SegmentName.LOCK) + " was deleted or replaced while the"
                + " log was open, so another writer may be at work; close all writers of the log, then open it anew");
        }
    }

    /** Releases the lock and closes the directory. Idempotent. */
    @Override
    public void close() {
        try {
            lock.close();
        } finally {
            directory.close();
        }
    }
}
