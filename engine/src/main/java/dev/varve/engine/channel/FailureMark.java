package dev.varve.engine.channel;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The memory of a failed force in a directory that is written through the page cache. After one the cache may hold bytes that never
 * reached the device and are taken for written, so a recovery that reads them would call them durable.
 *
 * <p>The mark is a file that names the run of the operating system. It needs no sync: when it is lost, so is the cache. When the
 * operating system has been started anew, the mark is of no more use and is deleted.
 *
 * <p>Any thread.
 */
final class FailureMark {
    /** The file's name in the directory. */
    static final String NAME = "FAILED";

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    /** For this process, should the file not have come about. */
    private static final Set<Path> MARKED = ConcurrentHashMap.newKeySet();

    private final Path directory;

    /**
     * Makes a mark that is not set.
     *
     * @param directory the log's directory, an absolute path
     */
    FailureMark(Path directory) {
        this.directory = directory;
    }

    /** Notes that a force has failed. Never throws: whoever calls has a failure to report. */
    void set() {
        MARKED.add(directory);
        try {
            Files.writeString(directory.resolve(NAME), bootId(), StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
        } catch (IOException e) {
            System.getLogger(FailureMark.class.getName()).log(System.Logger.Level.WARNING, () -> "a failed sync could not be noted in "
                + directory.resolve(NAME) + " (" + e + "): do not open this log for writing in another process before a restart", e);
        }
    }

    /**
     * Refuses to go on after a failed force.
     *
     * @throws StorageContractException if the page cache may hold bytes that the device does not
     */
    void check() {
        Path file = directory.resolve(NAME);
        if (!MARKED.contains(directory)) {
            try {
                String marked = Files.readString(file);
                if (!marked.isEmpty() && !marked.equals(bootId())) {
                    Files.deleteIfExists(file);
                    return;
                }
            } catch (java.nio.file.NoSuchFileException e) {
                return;
            } catch (IOException e) {
                throw ChannelError.failure("reading " + file, e);
            }
        }
        throw new StorageContractException(StorageObstacle.FAILED_SYNC, "a sync of the log in " + directory + " has failed, and it is"
            + " written through the page cache, which may since hold bytes that never reached the device; restart the machine,"
            + " or end this process, unmount the file system, mount it again and delete " + file + ", and then open the log", Errno.EIO);
    }

    /** What differs from one start of the operating system to the next; a word that equals nothing later where it is not known. */
    private static String bootId() throws IOException {
        return Files.exists(BOOT_ID) ? Files.readString(BOOT_ID, StandardCharsets.US_ASCII).strip() : "";
    }
}
