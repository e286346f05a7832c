package dev.varve.engine.linux;

import dev.varve.engine.io.IoFailureException;
import java.nio.file.Path;

/**
 * What the kernel says about the storage under a directory.
 *
 * @param fileSystem  its type, as operators call it
 * @param kind        disk, memory, network, user space or unknown
 * @param objection   why no log may be written there by kernel AIO; empty if nothing is known against it
 * @param direct      what direct I/O must be a multiple of (statx)
 * @param deviceMajor major number of the device
 * @param deviceMinor minor number of the device
 */
public record StorageFacts(String fileSystem, String kind, String objection, DirectAlignment direct, int deviceMajor, int deviceMinor) {
    /**
     * Asks. Creates no name; any thread.
     *
     * @param directory an existing directory
     * @return what is known
     * @throws dev.varve.engine.io.StorageContractException if platform or JVM do not allow native calls
     * @throws IoFailureException                           if the directory cannot be opened
     */
    public static StorageFacts of(Path directory) {
        FileSyscalls calls = new FileSyscalls();
        int fd = calls.openat(FileSyscalls.WORKING_DIRECTORY, directory.toAbsolutePath().toString(), 0, OpenFlag.READ_ONLY,
            OpenFlag.DIRECTORY);
        if (fd < 0) {
            throw LinuxDirectory.openFailure(calls, directory.toAbsolutePath(), -fd);
        }
        try {
            return new StorageCheck(calls, fd, directory.toString()).facts();
        } finally {
            calls.close(fd);
        }
    }
}
