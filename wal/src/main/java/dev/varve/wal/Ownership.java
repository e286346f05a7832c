package dev.varve.wal;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.LockedDirectory;
import dev.varve.engine.segment.LostLockException;
import dev.varve.engine.segment.ManifestDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * Whether this writer is still the only one. A lock keeps nobody away once somebody has deleted or replaced its file; then the log must
 * fail before anything is acknowledged in a new segment.
 *
 * <pre>
 *   roll begins: read both slots of the manifest, beside the SEAL ──► before the header: lock file in place? no later epoch?
 * </pre>
 *
 * <p>Owned by the driver. A slot that cannot be read, or is just being written, says nothing.
 */
final class Ownership {
    private final IoQueue queue;
    private final LockedDirectory directory;
    private final IoFile manifest;
    private final MemorySegment memory;
    private final IoRequest[] reads = {new IoRequest(_ -> { }), new IoRequest(_ -> { })};
    private final long epoch;

    /**
     * Watches over a log.
     *
     * @param queue     carries reads
     * @param directory the locked directory
     * @param manifest  the open manifest
     * @param slots     where its slots are read to and what epoch they may have at most
     */
    Ownership(IoQueue queue, LockedDirectory directory, IoFile manifest, Slots slots) {
        this.queue = queue;
        this.directory = directory;
        this.manifest = manifest;
        this.memory = slots.memory();
        this.epoch = slots.epoch();
    }

    /**
     * The slots of a manifest.
     *
     * @param memory two blocks
     * @param epoch  the writer's own incarnation
     */
    record Slots(MemorySegment memory, long epoch) {
    }

    /** Begins to look. */
    void look() {
        long length = memory.byteSize() / reads.length;
        for (int i = 0; i < reads.length; i++) {
            queue.add(reads[i].read(manifest, (long) i * ManifestDescriptor.SLOT_DISTANCE, memory.asSlice(i * length, length)));
        }
    }

    /** Whether the look is over. */
    boolean isLooked() {
        return !reads[0].isPending() && !reads[1].isPending();
    }

    /**
     * Judges what was seen, and the lock as it is now.
     *
     * @throws LostLockException if another writer may be, or has been, at work
     */
    void check() {
        checkLock();
        for (IoRequest read : reads) {
            boolean isWhole = read.state() == IoRequest.State.DONE && read.bytes() == read.length()
                && ManifestDescriptor.check(read.memory(), 0) == Defect.NONE;
            if (isWhole && ManifestDescriptor.decode(read.memory(), 0).epoch() > epoch) {
                throw new LostLockException("another writer has opened the log in " + directory.directory().path()
                    + " although its lock is held: the manifest's epoch is " + ManifestDescriptor.decode(read.memory(), 0).epoch()
                    + ", not " + epoch + "; close all writers of the log, then open it anew");
            }
        }
    }

    /** The lock alone; a look at a name, not at a device. */
    void checkLock() {
        directory.checkLock();
    }
}
