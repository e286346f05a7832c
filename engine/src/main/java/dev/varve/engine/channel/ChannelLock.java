package dev.varve.engine.channel;

import dev.varve.engine.io.HeldLock;
import dev.varve.engine.io.LockRegister;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The lock of a directory: an entry in this process's register, asked first, and the operating system's lock of the lock file.
 *
 * <p>It meets the locks of other kinds of disk, in this process by the register and in others by the operating system. Any thread may
 * close it.
 */
final class ChannelLock implements HeldLock {
    /** How often a lock is asked for that might only be another process's look at it. */
    private static final int ATTEMPTS = 10;
    private static final long PAUSE_NS = 2_000_000;

    private final LockRegister.Place place;
    private final Path file;
    private final Object key;
    private final FileChannel channel;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    private ChannelLock(LockRegister.Place place, Locked locked) {
        this.place = place;
        this.file = locked.file();
        this.key = locked.key();
        this.channel = locked.channel();
    }

    /**
     * Takes a lock without waiting for whoever holds it.
     *
     * @param place what to lock
     * @param file  the lock file
     * @return the lock, or null if somebody holds it
     */
    static ChannelLock tryTake(LockRegister.Place place, Path file) {
        if (!LockRegister.take(place)) {
            return null;
        }
        ChannelLock lock = null;
        try {
            Locked locked = Uninterrupted.call(() -> locked(file));
            lock = locked == null ? null : new ChannelLock(place, locked);
            return lock;
        } catch (IOException e) {
            throw ChannelError.failure("locking " + file, e);
        } finally {
            if (lock == null) {
                LockRegister.release(place);
            }
        }
    }

    private record Locked(Path file, Object key, FileChannel channel) {
    }

    /** Device and inode, where the file system has such. */
    private static Object keyOf(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
    }

    /** Opens and locks the file; null if somebody else holds it. */
    private static Locked locked(Path file) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            ChannelDirectory.checkRegular(file);
        }
        FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS), ChannelDirectory.ownerOnly(file, "rw-------"));
        boolean isLocked = false;
        try {
            for (int i = 0; i < ATTEMPTS && !isLocked; i++) {
                if (i > 0) {
                    LockSupport.parkNanos(PAUSE_NS);
                }
                isLocked = channel.tryLock() != null;
            }
            return isLocked ? new Locked(file, keyOf(file), channel) : null;
        } finally {
            if (!isLocked) {
                channel.close();
            }
        }
    }

    /**
     * Tells whether somebody holds a lock. Looking takes a shared lock for a moment, there being no other way.
     *
     * @param place what is locked
     * @param file  the lock file; not created
     * @return true if it is held, here or elsewhere
     */
    static boolean isHeld(LockRegister.Place place, Path file) {
        return LockRegister.isHeld(place, () -> isHeldElsewhere(file));
    }

    private static boolean isHeldElsewhere(Path file) {
        try {
            return Uninterrupted.call(() -> {
                try {
                    ChannelDirectory.checkRegular(file);
                } catch (NoSuchFileException e) {
                    return false;
                }
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                     FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
                    return lock == null;
                } catch (NoSuchFileException e) {
                    return false;
                }
            });
        } catch (IOException e) {
            throw ChannelError.failure("asking for the lock of " + file, e);
        }
    }

    @Override
    public boolean isInPlace() {
        try {
            return Objects.equals(keyOf(file), key);
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw ChannelError.failure("looking for lock file " + file, e);
        }
    }

    @Override
    public void close() {
        if (isClosed.compareAndSet(false, true)) {
            try {
                channel.close();
            } catch (IOException e) {
                throw ChannelError.failure("unlocking " + file, e);
            } finally {
                LockRegister.release(place);
            }
        }
    }
}
