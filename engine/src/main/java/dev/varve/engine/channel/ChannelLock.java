package dev.varve.engine.channel;

import dev.varve.engine.io.LockRegister;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The lock of a directory: an entry in this process's register, asked first, and the operating system's lock of the lock file.
 *
 * <p>It meets the locks of other kinds of disk, in this process by the register and in others by the operating system. Any thread may
 * close it.
 */
final class ChannelLock implements AutoCloseable {
    /** How often a lock is asked for that might only be another process's look at it. */
    private static final int ATTEMPTS = 10;
    private static final long PAUSE_NS = 2_000_000;

    private final LockRegister.Place place;
    private final FileChannel channel;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    private ChannelLock(LockRegister.Place place, FileChannel channel) {
        this.place = place;
        this.channel = channel;
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
            FileChannel channel = Uninterrupted.call(() -> locked(file));
            lock = channel == null ? null : new ChannelLock(place, channel);
            return lock;
        } catch (IOException e) {
            throw ChannelError.failure("locking " + file, e);
        } finally {
            if (lock == null) {
                LockRegister.release(place);
            }
        }
    }

    /** Opens and locks the file; null if somebody else holds it. */
    private static FileChannel locked(Path file) throws IOException {
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
            return isLocked ? channel : null;
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

    /** Gives the lock back. Idempotent. */
    @Override
    public void close() throws IOException {
        if (isClosed.compareAndSet(false, true)) {
            try {
                channel.close();
            } finally {
                LockRegister.release(place);
            }
        }
    }
}
