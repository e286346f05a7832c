package dev.varve.engine.channel;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.HeldLock;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.LockRegister;
import dev.varve.engine.io.StorageSummary;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory by its path. Unlike one that is held by a descriptor it follows a path that changes its meaning.
 *
 * <p>Any thread may call, one at a time.
 */
final class ChannelDirectory implements Directory {
    private static final int WRITABLE_BY_OTHERS = 0022;

    private final Path path;
    private final Path absolute;
    private final FileMaker files;
    private final LockRegister.Place identity;
    private final StorageSummary summary;
    private final boolean isExposed;
    private boolean isClosed;

    /**
     * Opens a directory that is there.
     *
     * @param path  its path
     * @param files creates and opens files in it
     * @throws IOException if nothing can be learned about it
     */
    ChannelDirectory(Path path, FileMaker files) throws IOException {
        this.path = path;
        this.absolute = path.toAbsolutePath();
        this.files = files;
        this.identity = identityOf(absolute);
        this.summary = StoreKind.summary(absolute);
        this.isExposed = isPosix(absolute) && ((int) Files.getAttribute(absolute, "unix:mode") & WRITABLE_BY_OTHERS) != 0;
    }

    private static LockRegister.Place identityOf(Path directory) throws IOException {
        Path real = directory.toRealPath();
        if (!isPosix(real)) {
            return new LockRegister.Place(0, 0, real + File.separator);
        }
        long device = (long) Files.getAttribute(real, "unix:dev");
        long major = (device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL);
        long minor = (device & 0xff) | (device >>> 12 & 0xffffff00L);
        return new LockRegister.Place(major << Integer.SIZE | minor, (long) Files.getAttribute(real, "unix:ino"), "");
    }

    static boolean isPosix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    /** Permissions for whatever is created, where there are such. */
    static FileAttribute<?>[] ownerOnly(Path path, String permissions) {
        return isPosix(path) ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))}
            : new FileAttribute<?>[0];
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public int blockSize() {
        return files.blockSize();
    }

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
        checkOpen();
        try (Stream<Path> names = Files.list(absolute)) {
            return names.map(name -> name.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw ChannelError.failure("listing directory " + path, e);
        }
    }

    @Override
    public IoFile create(String name, long length) {
        Path file = pathOf(name);
        if (length <= 0 || length % blockSize() != 0) {
            throw new IllegalArgumentException("length " + length + " of " + file + " is no multiple of " + blockSize());
        }
        try {
            return Uninterrupted.call(() -> files.create(file, length));
        } catch (FileAlreadyExistsException e) {
            throw ChannelError.failure("creating " + file, e);
        } catch (IOException e) {
            delete(file);
            throw ChannelError.failure("creating " + file + " of " + length + " bytes", e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            assert Files.exists(file) : e;
        }
    }

    @Override
    public IoFile open(String name, Access access) {
        Path file = pathOf(name);
        try {
            checkRegular(file);
            if (access == Access.WRITE && isPosix(file) && (int) Files.getAttribute(file, "unix:nlink") > 1) {
                throw new IoFailureException(file + " has several hard links, so writing to it would change another file; copy it",
                    Errno.EINVAL);
            }
            return files.open(file, access);
        } catch (IOException e) {
            throw ChannelError.failure("opening " + file, e);
        }
    }

    /** Looked at before it is opened, because opening a pipe waits for whoever is at its other end. */
    static void checkRegular(Path file) throws IOException {
        if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).isRegularFile()) {
            throw new IoFailureException(file + " is no regular file", Files.isSymbolicLink(file) ? Errno.ELOOP : Errno.EINVAL);
        }
    }

    @Override
    public void rename(String from, String to) {
        Path source = pathOf(from);
        Path target = pathOf(to);
        try {
            Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw ChannelError.failure("renaming " + source + " to " + to, e);
        }
    }

    @Override
    public void delete(String name) {
        Path file = pathOf(name);
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw ChannelError.failure("deleting " + file, e);
        }
    }

    @Override
    public void sync() {
        checkOpen();
        sync(absolute);
    }

    /** Makes a directory's names durable. Where a directory cannot be opened as a file, the file system does so by itself. */
    static void sync(Path directory) {
        if (!isPosix(directory)) {
            return;
        }
        try {
            Uninterrupted.call(() -> {
                try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                    channel.force(true);
                }
                return directory;
            });
        } catch (IOException e) {
            throw ChannelError.failure("syncing directory " + directory, e);
        }
    }

    @Override
    public HeldLock tryLock(String name) {
        Path file = pathOf(name);
        return ChannelLock.tryTake(placeOf(name), file);
    }

    @Override
    public boolean isLocked(String name) {
        Path file = pathOf(name);
        return ChannelLock.isHeld(placeOf(name), file);
    }

    private LockRegister.Place placeOf(String name) {
        return new LockRegister.Place(identity.device(), identity.inode(), identity.name() + name);
    }

    private Path pathOf(String name) {
        checkOpen();
        if (name.isEmpty() || name.indexOf('/') >= 0 || name.indexOf(File.separatorChar) >= 0 || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException("not a plain file name: '" + name + "'");
        }
        return path.resolve(name);
    }

    private void checkOpen() {
        if (isClosed) {
            throw new IllegalStateException("directory " + path + " is closed");
        }
    }

    /** Closes the directory. Idempotent. Files opened in it and its lock stay as they are. */
    @Override
    public void close() {
        isClosed = true;
    }
}
