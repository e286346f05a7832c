package dev.varve.engine.segment;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import java.lang.foreign.MemorySegment;

/**
 * The open manifest. Each generation goes to the slot that does not hold the one before, durably, and only after the one before is durable;
 * so one slot is always whole.
 *
 * <p>Owned by one thread at a time: recovery's, then the driver's.
 */
public final class ManifestFile implements AutoCloseable {
    private final IoFile file;
    private final IoQueue queue;
    private final MemorySegment block;
    private final IoRequest request = new IoRequest(this::written);
    private Manifest current;
    private Manifest writing;
    private IoFailureException failure;

    /**
     * Takes an open manifest file.
     *
     * @param file    the file, owned from now on
     * @param queue   carries its writes
     * @param block   memory of one block
     * @param current the newest valid generation in it
     */
    public ManifestFile(IoFile file, IoQueue queue, MemorySegment block, Manifest current) {
        assert block.byteSize() == file.blockSize() : block.byteSize();
        this.file = file;
        this.queue = queue;
        this.block = block;
        this.current = current;
    }

    /**
     * Makes the manifest of a new log: both slots, then its name, all durable.
     *
     * @param directory where
     * @param queue     carries its writes
     * @param block     memory of one block
     * @param first     generation 1
     * @return the open manifest
     */
    public static ManifestFile create(Directory directory, IoQueue queue, MemorySegment block, Manifest first) {
        IoFile file = directory.create(SegmentName.MANIFEST_NEW, ManifestDescriptor.FILE_LENGTH);
        boolean done = false;
        try {
            ManifestFile manifest = new ManifestFile(file, queue, block, first);
            manifest.writeNow(first);
            manifest.writeNow(first.withEpoch(first.epoch()));
            queue.run(new IoRequest(_ -> { }).sync(file));
            directory.rename(SegmentName.MANIFEST_NEW, SegmentName.MANIFEST);
            directory.sync();
            done = true;
            return manifest;
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    /**
     * The newest durable generation.
     *
     * @return the manifest
     */
    public Manifest current() {
        return current;
    }

    /**
     * The file.
     *
     * @return the open file
     */
    public IoFile file() {
        return file;
    }

    /**
     * The memory that writes go out from.
     *
     * @return the block it was made with; whoever closes the file gives it back afterwards
     */
    public MemorySegment block() {
        return block;
    }

    /**
     * Whether a write is under way.
     *
     * @return true until its completion was reaped
     */
    public boolean isBusy() {
        return writing != null;
    }

    /**
     * Why a write failed.
     *
     * @return the failure, null if none has
     */
    public IoFailureException failure() {
        return failure;
    }

    /**
     * Begins to write the next generation; it is {@link #current()} once it is durable.
     *
     * @param next the next generation
     */
    public void start(Manifest next) {
        if (writing != null || failure != null) {
            throw new IllegalStateException("manifest is " + (failure == null ? "being written" : "failed"));
        }
        assert next.generation() == current.generation() + 1 || next.equals(current) : next;
        block.fill((byte) 0);
        ManifestDescriptor.encode(next, block, 0);
        writing = next;
        queue.add(request.writeDurably(file, ManifestDescriptor.slotOffset(next.generation()), block));
    }

    private void written(IoRequest done) {
        if (done.state() == IoRequest.State.FAILED) {
            failure = done.failure();
        } else {
            current = writing;
        }
        writing = null;
    }

    /**
     * Writes the next generation and waits until it is durable.
     *
     * @param next the next generation
     * @throws IoFailureException if it could not be written
     */
    public void writeNow(Manifest next) {
        start(next);
        queue.awaitSettled(request);
        if (failure != null) {
            throw failure;
        }
    }

    /**
     * Writes the next generation to both slots, one after the other, so that no slot says any longer what was said before.
     *
     * @param next the next generation; the one after it says the same
     * @throws IoFailureException if it could not be written
     */
    public void writeBothNow(Manifest next) {
        writeNow(next);
        writeNow(next.withEpoch(next.epoch()));
    }

    @Override
    public void close() {
        file.close();
    }
}
