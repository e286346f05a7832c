package dev.varve.engine.io;

import java.nio.file.Path;

/**
 * A place that stores directories of log files: the machine's own file systems, or a simulated one.
 *
 * <p>Any thread may call it.
 */
public interface Disk {
    /**
     * Opens a directory, creating it (mode 0700) and making its own name durable when {@code create} is set.
     *
     * @param path   where the directory lies
     * @param create whether a missing directory is created
     * @return the open directory
     * @throws IoFailureException if it does not exist, is no directory, or cannot be opened
     */
    Directory openDirectory(Path path, boolean create);

    /**
     * Opens an engine for one owner thread.
     *
     * @param depth the most requests that may be in flight, from 1
     * @return the engine
     * @throws StorageContractException if the machine refuses asynchronous I/O; the message names cause and remedy
     */
    IoEngine openEngine(int depth);
}
