package dev.varve.engine.linux;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;

/**
 * Finds out what the file system of an open directory demands of direct I/O, and whether a log may be written there.
 *
 * <p>Used by one thread. It looks at a regular file, since the kernel says nothing about directories: at one that is
 * there, otherwise at a probe without a name, which vanishes when it is closed.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/statx.2.html">statx(2), STATX_DIOALIGN</a>
 */
final class StorageCheck {
    /** The smallest block Varve uses: smaller ones lose asynchrony on ext4 with 4 KiB blocks. */
    static final int BLOCK_SIZE_MIN = 4096;
    /** The largest block size of a file system that is believed; network file systems give their transfer size instead. */
    static final int BLOCK_SIZE_MAX = 64 * 1024;

    private static final String REMEDY = "; put the log on a local ext4 or xfs file system, Linux 6.1 or later";

    private final FileSyscalls calls;
    private final int directoryFd;
    private final String path;
    private final long type;
    private final long fileSystemBlockSize;

    StorageCheck(FileSyscalls calls, int directoryFd, String path) {
        this.calls = calls;
        this.directoryFd = directoryFd;
        this.path = path;
        int result = calls.fstatfs(directoryFd);
        if (result < 0) {
            throw IoFailureException.of("asking for the file system of " + path, -result);
        }
        this.type = calls.fileSystemType();
        this.fileSystemBlockSize = calls.fileSystemBlockSize();
    }

    /**
     * The unit of direct I/O for a log to be written.
     *
     * @return bytes
     * @throws StorageContractException if no log may be written there
     */
    int blockSizeForWriting() {
        String objection = FileSystemType.objection(type);
        if (objection != null) {
            throw refused(StorageObstacle.FILE_SYSTEM, ", where no log may be written: " + objection, Errno.EOPNOTSUPP);
        }
        FileStatus file = firstFile();
        int alignment = (file == null ? probe() : file.direct()).largest();
        if (alignment == 0) {
            throw refused(StorageObstacle.NO_DIRECT_IO, ", which does not offer direct I/O there (statx reports no alignment)",
                Errno.EOPNOTSUPP);
        }
        return blockSize(alignment);
    }

    /**
     * The unit of direct I/O for a log to be read. Nothing is created and nothing refused.
     *
     * @return bytes
     */
    int blockSizeForReading() {
        FileStatus file = firstFile();
        return blockSize(file == null ? 0 : file.direct().largest());
    }

    /** The unit of direct I/O, given what one file demands. */
    int blockSize(int alignment) {
        int size = Math.max(BLOCK_SIZE_MIN, alignment);
        boolean isBelieved = fileSystemBlockSize <= BLOCK_SIZE_MAX && Long.bitCount(fileSystemBlockSize) == 1;
        return isBelieved ? Math.max(size, (int) fileSystemBlockSize) : size;
    }

    /** The exception for a file that cannot be opened directly. */
    StorageContractException directRefused(String file, int errno) {
        return new StorageContractException(StorageObstacle.NO_DIRECT_IO,
            file + " lies on " + FileSystemType.label(type) + ", which refuses direct I/O" + REMEDY, errno);
    }

    /** What is known without a refusal. */
    StorageFacts facts() {
        FileStatus file = firstFile();
        DirectAlignment direct = DirectAlignment.NONE;
        try {
            direct = file == null ? probe() : file.direct();
        } catch (StorageContractException e) {
            assert direct.largest() == 0 : e;
        }
        int result = calls.statx(directoryFd);
        if (result < 0) {
            throw IoFailureException.of("looking at directory " + path, -result);
        }
        long device = calls.status().identity().device();
        String objection = FileSystemType.objection(type);
        return new StorageFacts(FileSystemType.label(type), FileSystemType.kind(type), objection == null ? "" : objection, direct,
            (int) (device >>> Integer.SIZE), (int) device);
    }

    private FileStatus firstFile() {
        for (String name : DirectoryListing.names(calls, directoryFd, path)) {
            if (calls.statx(directoryFd, name) == 0 && calls.status().isRegular()) {
                return calls.status();
            }
        }
        return null;
    }

    private DirectAlignment probe() {
        int fd = calls.openat(directoryFd, ".", FileOpener.PERMISSIONS,
            OpenFlag.TEMPORARY, OpenFlag.READ_WRITE, OpenFlag.DIRECT);
        if (fd == -Errno.EINVAL || fd == -Errno.EOPNOTSUPP || fd == -Errno.EISDIR) {
            throw refused(StorageObstacle.NO_DIRECT_IO, ", which refuses direct I/O or files without a name", -fd);
        }
        if (fd < 0) {
            throw IoFailureException.of("probing direct I/O in " + path, -fd);
        }
        try {
            int result = calls.statx(fd);
            if (result < 0) {
                throw IoFailureException.of("asking for the alignment of direct I/O in " + path, -result);
            }
            return calls.isDirect(fd) ? calls.status().direct() : DirectAlignment.NONE;
        } finally {
            calls.close(fd);
        }
    }

    private StorageContractException refused(StorageObstacle obstacle, String why, int errno) {
        return new StorageContractException(obstacle,
            "directory " + path + " lies on " + FileSystemType.label(type) + why + REMEDY, errno);
    }
}
