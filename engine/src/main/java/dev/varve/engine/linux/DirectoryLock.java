package dev.varve.engine.linux;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.HeldLock;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.LockRegister;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The lock of a directory: an entry in this process's register, asked first, and a lock of the open file description of
 * the lock file, which the kernel gives back when the process dies.
 *
 * <p>It is a lock by {@code fcntl}, not {@code flock}, because only that one can be looked at without being taken: an
 * inspector never makes a writer's attempt fail. It meets the locks of {@link java.nio.channels.FileChannel#tryLock()}
 * in other processes.
 *
 * <p>Any thread may close it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/fcntl_locking.2.html">fcntl_locking(2)</a>
 */
final class DirectoryLock implements HeldLock {
    private static final int CLOSED = -1;

    private final Place place;
    private final int directoryFd;
    private final AtomicInteger descriptor;
    /** Its own: another thread may be using the directory's. */
    private final FileSyscalls calls = new FileSyscalls();

    /**
     * What is locked.
     *
     * @param directory the directory, whatever path leads to it
     * @param name      the lock file's name in it
     */
    record Place(FileIdentity directory, String name) {
        LockRegister.Place registered() {
            return new LockRegister.Place(directory.device(), directory.inode(), name);
        }
    }

    private DirectoryLock(Place place, int directoryFd, int descriptor) {
        this.place = place;
        this.directoryFd = directoryFd;
        this.descriptor = new AtomicInteger(descriptor);
    }

    /**
     * Takes a lock without waiting.
     *
     * @param calls       the caller's system calls
     * @param directoryFd the open directory
     * @param place       what to lock
     * @param path        the lock file's path, for messages
     * @return the lock, or null if somebody holds it
     */
    static DirectoryLock tryTake(FileSyscalls calls, int directoryFd, Place place, String path) {
        if (!LockRegister.take(place.registered())) {
            return null;
        }
        DirectoryLock lock = null;
        try {
            int fd = takeFile(calls, directoryFd, place.name(), path);
            if (fd != -Errno.EAGAIN) {
                lock = new DirectoryLock(place, directoryFd, fd);
            }
            return lock;
        } finally {
            if (lock == null) {
                LockRegister.release(place.registered());
            }
        }
    }

    /** Opens and locks the file; -EAGAIN if somebody else holds it. */
    private static int takeFile(FileSyscalls calls, int directoryFd, String name, String path) {
        checkRegular(calls, directoryFd, name, path);
        int fd = calls.openat(directoryFd, name, FileOpener.PERMISSIONS, OpenFlag.READ_WRITE, OpenFlag.CREATE);
        if (fd < 0) {
            throw IoFailureException.of("opening lock file " + path, -fd);
        }
        int result = calls.lock(fd);
        if (result < 0) {
            calls.close(fd);
            if (result != -Errno.EAGAIN && result != -Errno.EACCES) {
                throw IoFailureException.of("locking " + path, -result);
            }
            return -Errno.EAGAIN;
        }
        return fd;
    }

    /** Looked at before it is opened, because opening a pipe waits for whoever is at its other end. */
    private static void checkRegular(FileSyscalls calls, int directoryFd, String name, String path) {
        if (calls.statx(directoryFd, name) == 0) {
            FileOpener.checkRegular(calls.status(), path);
        }
    }

    /**
     * Tells whether somebody holds a lock; neither takes it nor creates its file.
     *
     * @param calls       the caller's system calls
     * @param directoryFd the open directory
     * @param place       what is locked
     * @param path        the lock file's path, for messages
     * @return true if it is held, here or elsewhere
     */
    static boolean isHeld(FileSyscalls calls, int directoryFd, Place place, String path) {
        return LockRegister.isHeld(place.registered(), () -> isHeldElsewhere(calls, directoryFd, place.name(), path));
    }

    private static boolean isHeldElsewhere(FileSyscalls calls, int directoryFd, String name, String path) {
        checkRegular(calls, directoryFd, name, path);
        int fd = calls.openat(directoryFd, name, 0, OpenFlag.READ_ONLY);
        if (fd == -Errno.ENOENT) {
            return false;
        }
        if (fd < 0) {
            throw IoFailureException.of("opening lock file " + path, -fd);
        }
        try {
            int result = calls.isLocked(fd);
            if (result < 0) {
                throw IoFailureException.of("asking for the lock of " + path, -result);
            }
            return result == 1;
        } finally {
            calls.close(fd);
        }
    }

    @Override
    public synchronized boolean isInPlace() {
        int result = calls.statx(descriptor.get());
        FileIdentity locked = result < 0 ? null : calls.status().identity();
        result = result < 0 ? result : calls.statx(directoryFd, place.name());
        if (result < 0 && result != -Errno.ENOENT) {
            throw IoFailureException.of("looking for lock file " + place.name(), -result);
        }
        return result == 0 && calls.status().identity().equals(locked);
    }

    /** Gives the lock back. Idempotent. */
    @Override
    public void close() {
        int open = descriptor.getAndSet(CLOSED);
        if (open != CLOSED) {
            // First the kernel's lock: whoever finds the register free must find the file free, too.
            Syscalls.open().close(open);
            LockRegister.release(place.registered());
        }
    }
}
