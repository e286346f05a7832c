package dev.varve.tools;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.linux.MappedSource;
import dev.varve.engine.linux.StorageFacts;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.RecordReader;
import dev.varve.recovery.Recovery;
import java.nio.file.Path;
import java.security.SecureRandom;

/**
 * A log opened for looking into it: nothing here can write to it, and no lock is taken, so that a log that another process is writing can
 * be read. One owner thread; at most one {@link RecordReader} at a time.
 */
final class OpenedLog implements AutoCloseable {
    private static final int DEPTH = 64;

    private final Directory directory;
    private final Recovery.Resources resources;

    private OpenedLog(Directory directory, Recovery.Resources resources) {
        this.directory = directory;
        this.resources = resources;
    }

    /**
     * Opens a directory. If what is read may come from the page cache and not from the device, that is said.
     *
     * @param console where to say it
     * @param path    the log's directory
     * @return the log, to be closed
     */
    static OpenedLog open(Console console, Path path) {
        try {
            OpenedLog log = open(new KernelDisk(), path, new MappedSource());
            if (!isDirect(path)) {
                console.say("the file system does not offer direct I/O in " + path + ": what is read comes from the page cache");
            }
            return log;
        } catch (StorageContractException e) {
            // Reading needs no promise: what the JDK can read is as good, and directly read wherever that is possible.
            ChannelDisk disk = ChannelDisk.forReading(path);
            boolean isDirect = disk.contract() == StorageContract.CHANNEL_DIRECT;
            console.say("reading by " + disk.contract() + (isDirect ? "" : ", through the page cache")
                + ", since kernel AIO with direct I/O is not possible: " + e.getMessage());
            return open(disk, path, MemorySource.collected());
        }
    }

    /** Some file systems take O_DIRECT and copy from the page cache all the same. */
    private static boolean isDirect(Path path) {
        try {
            StorageFacts facts = StorageFacts.of(path);
            return facts.direct().largest() > 0 && !facts.kind().equals("memory");
        } catch (IoFailureException e) {
            // An empty directory that nothing can be tried in: there is nothing to read.
            return e.errno() != 0;
        }
    }

    private static OpenedLog open(Disk disk, Path path, MemorySource memory) {
        Directory directory = disk.openDirectory(path, false);
        OpenedLog log = null;
        try {
            if (directory.list().contains(SegmentName.MANIFEST)) {
                // Some file systems refuse direct I/O only when a file is opened.
                directory.open(SegmentName.MANIFEST, Directory.Access.READ).close();
            }
            IoQueue queue = new IoQueue(disk.openEngine(DEPTH));
            log = new OpenedLog(directory, new Recovery.Resources(queue, memory, new SecureRandom()));
            return log;
        } finally {
            if (log == null) {
                directory.close();
            }
        }
    }

    /**
     * Finds out what the log is.
     *
     * @param options how much is read, and who is told how far it is
     * @return what was found
     */
    Inspection inspect(InspectionOptions options) {
        return Recovery.inspect(directory, resources, options);
    }

    /**
     * Reads the intact prefix of the log.
     *
     * @param inspection what was found
     * @param fromLsn    where to begin
     * @return a reader, to be closed
     */
    RecordReader read(Inspection inspection, long fromLsn) {
        return RecordReader.open(directory, resources, inspection.chain(), fromLsn);
    }

    @Override
    public void close() {
        resources.queue().close();
        directory.close();
    }
}
