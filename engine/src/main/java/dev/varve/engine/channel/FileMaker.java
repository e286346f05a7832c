package dev.varve.engine.channel;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.StorageContract;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/**
 * Creates and opens files as their contract says: for direct I/O or through the page cache.
 *
 * <p>Immutable; any thread.
 */
final class FileMaker {
    private static final int ZEROS_LENGTH = 1 << 20;

    private final StorageContract contract;
    private final ChannelFile.Place place;

    FileMaker(StorageContract contract, ChannelFile.Place place) {
        this.contract = contract;
        this.place = place;
    }

    int blockSize() {
        return place.blockSize();
    }

    /**
     * Creates a file that must not exist and writes zeros into all of it: space that was only promised could be refused later. What cannot
     * fit is refused before the disk is full of it.
     */
    ChannelFile create(Path file, long length) throws IOException {
        FileStore store = Files.getFileStore(file.toAbsolutePath().getParent());
        if (store.getTotalSpace() > 0 && store.getUsableSpace() < length && Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileSystemException(file.toString(), null, ChannelError.NO_SPACE);
        }
        FileChannel channel = FileChannel.open(file, options(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ,
            StandardOpenOption.WRITE), ChannelDirectory.ownerOnly(file, "rw-------"));
        boolean isFilled = false;
        try {
            fill(channel, length);
            isFilled = true;
            return new ChannelFile(channel, file.toString(), length, place);
        } finally {
            if (!isFilled) {
                channel.close();
            }
        }
    }

    private void fill(FileChannel channel, long length) throws IOException {
        MemorySegment zeros = Arena.ofAuto().allocate(Math.min(length, ZEROS_LENGTH), place.blockSize());
        long at = 0;
        while (at < length) {
            ByteBuffer rest = zeros.asSlice(0, Math.min(zeros.byteSize(), length - at)).asByteBuffer();
            // What is written short of a block is written again, since a direct write cannot go on there.
            at += channel.write(rest, at) & -(long) place.blockSize();
        }
    }

    /** Opens a file that is there. */
    ChannelFile open(Path file, Access access) throws IOException {
        FileChannel channel = access == Access.WRITE
            ? FileChannel.open(file, options(StandardOpenOption.READ, StandardOpenOption.WRITE))
            : FileChannel.open(file, options(StandardOpenOption.READ));
        boolean isOpen = false;
        try {
            long length = channel.size();
            isOpen = true;
            return new ChannelFile(channel, file.toString(), length, place);
        } finally {
            if (!isOpen) {
                channel.close();
            }
        }
    }

    private Set<OpenOption> options(OpenOption... wanted) {
        Set<OpenOption> options = new HashSet<>(Set.of(wanted));
        options.add(LinkOption.NOFOLLOW_LINKS);
        if (contract == StorageContract.CHANNEL_DIRECT) {
            options.add(DirectOption.option());
        }
        return options;
    }
}
