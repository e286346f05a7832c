package dev.varve.engine.linux;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.HeldLock;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageSummary;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;

/**
 * A directory by its descriptor. It is opened once; every name is looked up relative to it, so that it stays this
 * directory whatever happens to its path, and no symbolic link is followed.
 *
 * <p>Any thread may call, one at a time. Invariant: no descriptor here survives an exec.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/open.2.html">openat(2)</a>
 */
public final class LinuxDirectory implements Directory {
    private static final int CLOSED = -1;

    private final FileSyscalls calls;
    private final Path path;
    private final FileIdentity identity;
    private final boolean isExposed;
    private final int blockSize;
    private final FileOpener opener;
    private final StorageSummary summary;
    private int fd;

    private LinuxDirectory(FileSyscalls calls, Path path, int fd, boolean forWriting) {
        this.calls = calls;
        this.path = path;
        this.fd = fd;
        int result = calls.statx(fd);
        if (result < 0) {
            throw IoFailureException.of("looking at directory " + path, -result);
        }
        this.identity = calls.status().identity();
        this.isExposed = calls.status().isExposed();
        StorageCheck storage = new StorageCheck(calls, fd, path.toString());
        this.blockSize = forWriting ? storage.blockSizeForWriting() : storage.blockSizeForReading();
        this.summary = forWriting ? summary(storage.facts()) : StorageSummary.UNKNOWN;
        this.opener = new FileOpener(calls, storage, path, blockSize);
    }

    private static StorageSummary summary(StorageFacts facts) {
        BlockDevice device = BlockDevice.of(facts);
        return StorageSummary.of(facts.kind(), device.writeCache(), device.fua(), facts.direct().largest());
    }

    /**
     * Opens a directory.
     *
     * @param path   where it lies, on the machine's own file systems; not a symbolic link
     * @param create true to write there: a missing directory is created, mode 0700, with its own name durable, and
     *               storage that cannot keep a log's promise is refused; false to read what is there
     * @return the open directory
     * @throws IoFailureException       if it does not exist, is no directory, or cannot be opened
     * @throws StorageContractException if no log may be written there, or the JVM does not allow native calls
     */
    public static LinuxDirectory open(Path path, boolean create) {
        if (!path.getFileSystem().equals(FileSystems.getDefault())) {
            throw new IllegalArgumentException(path + " is not on the machine's own file systems");
        }
        FileSyscalls calls = new FileSyscalls();
        Path absolute = path.toAbsolutePath();
        if (create) {
            checkBeforeMaking(calls, absolute);
            new DirectoryMaker(calls).make(absolute);
        }
        int fd = calls.openat(FileSyscalls.WORKING_DIRECTORY, absolute.toString(), 0,
            OpenFlag.READ_ONLY, OpenFlag.DIRECTORY);
        if (fd < 0) {
            throw openFailure(calls, absolute, -fd);
        }
        LinuxDirectory directory = null;
        try {
            directory = new LinuxDirectory(calls, path, fd, create);
            return directory;
        } finally {
            if (directory == null) {
                calls.close(fd);
            }
        }
    }

    /** Refuses what would be refused anyway before a directory is made: nothing is left where no log may lie. */
    private static void checkBeforeMaking(FileSyscalls calls, Path directory) {
        Path present = directory;
        int fd = -Errno.ENOENT;
        while (fd == -Errno.ENOENT && present.getParent() != null) {
            present = present.getParent();
            fd = calls.openat(FileSyscalls.WORKING_DIRECTORY, present + "/", 0, OpenFlag.READ_ONLY, OpenFlag.DIRECTORY);
        }
        if (fd >= 0) {
            try {
                if (calls.statx(FileSyscalls.WORKING_DIRECTORY, directory.toString()) == -Errno.ENOENT) {
                    new StorageCheck(calls, fd, present.toString()).blockSizeForWriting();
                }
            } catch (StorageContractException e) {
                throw e;
            } catch (IoFailureException e) {
                // What cannot be written to cannot be given a directory either; making it says so in better words.
                assert e.errno() != 0 : e;
            } finally {
                calls.close(fd);
            }
        }
    }

    /** Why a directory could not be opened, in better words than the kernel has. */
    static IoFailureException openFailure(FileSyscalls calls, Path path, int errno) {
        boolean isSomethingElse = errno == Errno.ENOTDIR && calls.statx(FileSyscalls.WORKING_DIRECTORY, path.toString()) == 0;
        if (isSomethingElse && calls.status().isBlockDevice()) {
            return new IoFailureException("opening directory " + path + " failed: ENOTDIR: it is a block device; "
                + FileOpener.REMEDY_OF_DEVICES, errno);
        }
        boolean isLink = isSomethingElse && calls.status().isSymbolicLink();
        return IoFailureException.of("opening directory " + path, isLink ? Errno.ELOOP : errno);
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public int blockSize() {
        return blockSize;
    }

    /**
     * {@inheritDoc}
     *
     * <p>Known only of a directory that was opened for writing.
     */
    @Override
    public StorageSummary storage() {
        return summary;
    }

    @Override
    public boolean isExposed() {
        return isExposed;
    }

    @Override
    public List<String> list() {
        return DirectoryListing.names(calls, fd(), path.toString());
    }

    @Override
    public IoFile create(String name, long length) {
        checkName(name);
        return opener.create(fd(), name, length);
    }

    @Override
    public IoFile open(String name, Access access) {
        checkName(name);
        return opener.open(fd(), name, access);
    }

    @Override
    public void rename(String from, String to) {
        checkName(from);
        checkName(to);
        int result = calls.rename(fd(), from, to);
        if (result < 0) {
            throw IoFailureException.of("renaming " + pathOf(from) + " to " + to, -result);
        }
    }

    @Override
    public void delete(String name) {
        checkName(name);
        int result = calls.unlink(fd(), name);
        if (result < 0) {
            throw IoFailureException.of("deleting " + pathOf(name), -result);
        }
    }

    @Override
    public void sync() {
        int result = calls.fsync(fd());
        if (result < 0) {
            throw IoFailureException.of("syncing directory " + path, -result);
        }
    }

    @Override
    public HeldLock tryLock(String name) {
        checkName(name);
        return DirectoryLock.tryTake(calls, fd(), new DirectoryLock.Place(identity, name), pathOf(name));
    }

    @Override
    public boolean isLocked(String name) {
        checkName(name);
        return DirectoryLock.isHeld(calls, fd(), new DirectoryLock.Place(identity, name), pathOf(name));
    }

    private String pathOf(String name) {
        return path.resolve(name).toString();
    }

    private static void checkName(String name) {
        if (name.isEmpty() || name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException("not a plain file name: '" + name + "'");
        }
    }

    private int fd() {
        if (fd == CLOSED) {
            throw new IllegalStateException("directory " + path + " is closed");
        }
        return fd;
    }

    /** Closes the directory. Idempotent. Files opened in it and its lock stay as they are. */
    @Override
    public void close() {
        if (fd != CLOSED) {
            calls.close(fd);
            fd = CLOSED;
        }
    }
}
