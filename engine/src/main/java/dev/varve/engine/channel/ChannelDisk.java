package dev.varve.engine.channel;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContract;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Any file system that the JDK can write to, by channels. Has no state but its contract; any thread.
 *
 * <p>Invariant: all files of one disk are opened alike, so that the contract holds for every byte.
 */
public final class ChannelDisk implements Disk {
    private static final int BLOCK_SIZE_MIN = 4096;
    private static final int BLOCK_SIZE_MAX = 64 * 1024;

    private final StorageContract contract;

    /**
     * Makes a disk.
     *
     * @param contract CHANNEL_DIRECT or CHANNEL_BUFFERED
     */
    public ChannelDisk(StorageContract contract) {
        if (contract != StorageContract.CHANNEL_DIRECT && contract != StorageContract.CHANNEL_BUFFERED) {
            throw new IllegalArgumentException("not a channel's contract: " + contract);
        }
        this.contract = contract;
    }

    /**
     * The disk for a directory: direct where its file system takes that, otherwise through the page cache. To find out, a file that is
     * there is opened, or one is made and deleted at once.
     *
     * @param directory where a log lies or will lie; need not exist
     * @return a disk
     */
    public static ChannelDisk at(Path directory) {
        return new ChannelDisk(isDirect(directory, true) ? StorageContract.CHANNEL_DIRECT : StorageContract.CHANNEL_BUFFERED);
    }

    /**
     * The disk for a directory that is only to be read: as {@link #at}, but nothing is made there, not even for a moment. Where there is no
     * file to find out with, there is none to read either.
     *
     * @param directory where a log lies
     * @return a disk
     */
    public static ChannelDisk forReading(Path directory) {
        return new ChannelDisk(isDirect(directory, false) ? StorageContract.CHANNEL_DIRECT : StorageContract.CHANNEL_BUFFERED);
    }

    private static boolean isDirect(Path directory, boolean mayMakeFile) {
        Path present = directory.toAbsolutePath();
        while (present != null && !Files.isDirectory(present)) {
            present = present.getParent();
        }
        try {
            if (present == null || StoreKind.of(present).equals(StoreKind.MEMORY)) {
                return false;
            }
            Optional<Path> file;
            try (Stream<Path> files = Files.list(present)) {
                file = files.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) && Files.isReadable(path)).findFirst();
            }
            return file.isPresent() ? isOpenedDirectly(file.get()) : mayMakeFile && isProbeOpenedDirectly(present);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isProbeOpenedDirectly(Path directory) throws IOException {
        Path probe = Files.createTempFile(directory, "varve", ".probe");
        try {
            return isOpenedDirectly(probe);
        } finally {
            Files.delete(probe);
        }
    }

    private static boolean isOpenedDirectly(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, DirectOption.option())) {
            return channel.isOpen();
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /**
     * How bytes get to disk here.
     *
     * @return CHANNEL_DIRECT or CHANNEL_BUFFERED
     */
    public StorageContract contract() {
        return contract;
    }

    /**
     * {@inheritDoc}
     *
     * @throws dev.varve.engine.io.StorageContractException with {@code create}, if the page cache cannot be trusted after a failed sync
     */
    @Override
    public Directory openDirectory(Path path, boolean create) {
        Path absolute = path.toAbsolutePath();
        if (create) {
            make(absolute);
        }
        try {
            if (!Files.readAttributes(absolute, java.nio.file.attribute.BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isDirectory()) {
                throw IoFailureException.of("opening directory " + path, Files.isSymbolicLink(absolute) ? Errno.ELOOP : Errno.ENOTDIR);
            }
            FailureMark mark = contract == StorageContract.CHANNEL_BUFFERED ? new FailureMark(absolute) : null;
            if (create && mark != null) {
                mark.check();
            }
            return new ChannelDirectory(path, new FileMaker(contract, new ChannelFile.Place(blockSize(absolute), mark)));
        } catch (IOException e) {
            throw ChannelError.failure("opening directory " + path, e);
        }
    }

    /** Makes a directory and those above it, as far as they are missing, each with its own name durable. */
    private static void make(Path directory) {
        Path parent = directory.getParent();
        if (parent != null && Files.notExists(parent)) {
            make(parent);
        }
        boolean isNew = true;
        try {
            Files.createDirectory(directory, ChannelDirectory.ownerOnly(directory, "rwx------"));
        } catch (FileAlreadyExistsException e) {
            isNew = false;
        } catch (NoSuchFileException e) {
            throw IoFailureException.of("creating directory " + directory, Errno.ENOENT);
        } catch (IOException e) {
            throw ChannelError.failure("creating directory " + directory, e);
        }
        // Also if it was there: whoever made it may have died before the sync. A parent that may only be entered, its administrator made.
        if (parent != null && (isNew || Files.isReadable(parent))) {
            ChannelDirectory.sync(parent);
        }
    }

    private static int blockSize(Path directory) {
        long size = BLOCK_SIZE_MIN;
        try {
            FileStore store = Files.getFileStore(directory);
            size = store.getBlockSize();
        } catch (IOException | UnsupportedOperationException e) {
            assert size == BLOCK_SIZE_MIN : e;
        }
        return size > BLOCK_SIZE_MIN && size <= BLOCK_SIZE_MAX && Long.bitCount(size) == 1 ? (int) size : BLOCK_SIZE_MIN;
    }

    @Override
    public IoEngine openEngine(int depth) {
        return new ChannelEngine(depth, contract);
    }
}
