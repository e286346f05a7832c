package dev.varve.engine.aio;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.linux.LinuxDirectory;
import java.nio.file.Path;

/** The machine's own file systems, by direct and asynchronous I/O. Has no state; any thread. */
public final class KernelDisk implements Disk {
    /** Makes a disk. */
    public KernelDisk() {
        // Nothing to prepare: what the machine cannot do is found out when a directory or an engine is opened.
    }

    /**
     * {@inheritDoc}
     *
     * @throws dev.varve.engine.io.StorageContractException with {@code create}, if the file system cannot keep a log's promise
     */
    @Override
    public Directory openDirectory(Path path, boolean create) {
        return LinuxDirectory.open(path, create);
    }

    @Override
    public IoEngine openEngine(int depth) {
        return KernelAioEngine.open(depth);
    }
}
