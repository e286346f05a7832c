package dev.varve.engine.linux;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import java.nio.file.Path;

/**
 * Creates and opens files of one directory for direct I/O.
 *
 * <p>Used as its directory is. Invariants: a file that could not be made as asked leaves neither a name nor a
 * descriptor; only regular files are opened, and only those that the kernel confirms to be direct.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/open.2.html">open(2), O_DIRECT</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/fallocate.2.html">fallocate(2)</a>
 */
final class FileOpener {
    /** Permissions of every file, whatever the umask. */
    static final int PERMISSIONS = 0600;
    /** What to do instead of opening a block device. */
    static final String REMEDY_OF_DEVICES = "make a file system on it, mount that, and name a directory there";

    private final FileSyscalls calls;
    private final StorageCheck storage;
    private final Path directory;
    private final int blockSize;

    /**
     * Makes an opener.
     *
     * @param calls     the directory's system calls
     * @param storage   what is known about its file system
     * @param directory its path, for messages
     * @param blockSize its unit of direct I/O, in bytes
     */
    FileOpener(FileSyscalls calls, StorageCheck storage, Path directory, int blockSize) {
        this.calls = calls;
        this.storage = storage;
        this.directory = directory;
        this.blockSize = blockSize;
    }

    /** Creates a file that must not exist, with its space; see {@link LinuxDirectory#create}. */
    LinuxFile create(int directoryFd, String name, long length) {
        String path = pathOf(name);
        if (length <= 0 || length % blockSize != 0) {
            throw new IllegalArgumentException("length " + length + " of " + path + " is no multiple of " + blockSize);
        }
        int fd = calls.openat(directoryFd, name, PERMISSIONS,
            OpenFlag.READ_WRITE, OpenFlag.CREATE, OpenFlag.EXCLUSIVE, OpenFlag.DIRECT);
        if (fd == -Errno.EINVAL) {
            // The kernel makes the name before it asks for direct I/O. It is ours: an older file would have been EEXIST.
            calls.unlink(directoryFd, name);
            throw storage.directRefused(path, Errno.EINVAL);
        }
        if (fd < 0) {
            throw IoFailureException.of("creating " + path, -fd);
        }
        LinuxFile file = null;
        try {
            file = allocate(fd, path, length);
            return file;
        } finally {
            if (file == null) {
                calls.close(fd);
                calls.unlink(directoryFd, name);
            }
        }
    }

    private LinuxFile allocate(int fd, String path, long length) {
        checkDirect(fd, path);
        int result = calls.fchmod(fd, PERMISSIONS);
        if (result < 0) {
            throw IoFailureException.of("setting the permissions of " + path, -result);
        }
        result = calls.fallocate(fd, length);
        if (result < 0) {
            throw IoFailureException.of("allocating " + length + " bytes for " + path, -result);
        }
        return new LinuxFile(fd, path, length, blockSizeOf(status(fd, path)));
    }

    /** Opens a regular file; see {@link LinuxDirectory#open(String, Access)}. */
    LinuxFile open(int directoryFd, String name, Access access) {
        String path = pathOf(name);
        // Looked at before it is opened, because opening a pipe waits and opening a device may do anything.
        int result = calls.statx(directoryFd, name);
        if (result < 0) {
            throw IoFailureException.of("opening " + path, -result);
        }
        checkRegular(calls.status(), path);
        OpenFlag mode = access == Access.WRITE ? OpenFlag.READ_WRITE : OpenFlag.READ_ONLY;
        int fd = calls.openat(directoryFd, name, 0, mode, OpenFlag.DIRECT);
        if (fd == -Errno.EINVAL) {
            throw storage.directRefused(path, Errno.EINVAL);
        }
        if (fd < 0) {
            throw IoFailureException.of("opening " + path, -fd);
        }
        LinuxFile file = null;
        try {
            FileStatus status = status(fd, path);
            checkRegular(status, path);
            checkOwnName(status, path, access);
            checkDirect(fd, path);
            file = new LinuxFile(fd, path, status.length(), blockSizeOf(status));
            return file;
        } finally {
            if (file == null) {
                calls.close(fd);
            }
        }
    }

    private FileStatus status(int fd, String path) {
        int result = calls.statx(fd);
        if (result < 0) {
            throw IoFailureException.of("looking at " + path, -result);
        }
        return calls.status();
    }

    private int blockSizeOf(FileStatus status) {
        return Math.max(blockSize, storage.blockSize(status.direct().largest()));
    }

    /** What is written through one of several names changes under the others, wherever they are. */
    private static void checkOwnName(FileStatus status, String path, Access access) {
        if (access == Access.WRITE && status.links() > 1) {
            throw new IoFailureException(path + " has " + status.links()
                + " hard links, so writing to it would change another file; copy it", Errno.EINVAL);
        }
    }

    static void checkRegular(FileStatus status, String path) {
        if (status.isSymbolicLink()) {
            throw IoFailureException.of("opening " + path, Errno.ELOOP);
        }
        if (status.isBlockDevice()) {
            throw new IoFailureException(path + " is a block device, no regular file; " + REMEDY_OF_DEVICES, Errno.EINVAL);
        }
        if (!status.isRegular()) {
            throw new IoFailureException(path + " is no regular file", Errno.EINVAL);
        }
    }

    private void checkDirect(int fd, String path) {
        if (!calls.isDirect(fd)) {
            throw storage.directRefused(path, Errno.EINVAL);
        }
    }

    private String pathOf(String name) {
        return directory.resolve(name).toString();
    }
}
