package dev.varve.engine.segment;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import java.util.ArrayDeque;

/**
 * The open files that are ready to become segments, and the numbers that make names of such files unique.
 *
 * <p>Owned by the driver, as the allocator and the recycler are, which both add. Invariant: each file has a {@code .spare} name that is
 * durable.
 */
final class SpareFiles {
    /**
     * A file that is ready.
     *
     * @param file        the open file
     * @param name        its present name
     * @param preparation how it was made ready
     */
    record Spare(IoFile file, String name, Preparation preparation) {
    }

    private final Directory directory;
    private final long length;
    private final int target;
    private final ArrayDeque<Spare> files = new ArrayDeque<>();
    private long lastNumber;

    /**
     * Makes an empty collection.
     *
     * @param directory where; numbers begin behind those of the spares that lie there
     * @param length    bytes of each
     * @param target    how many are to be kept
     */
    SpareFiles(Directory directory, long length, int target) {
        this.directory = directory;
        this.length = length;
        this.target = target;
        this.lastNumber = directory.list().stream().mapToLong(SegmentName::spareIn).max().orElse(0);
    }

    void add(Spare spare) {
        files.add(spare);
    }

    /** Takes one out; null if there is none. */
    Spare poll() {
        return files.poll();
    }

    int count() {
        return files.size();
    }

    int target() {
        return target;
    }

    /** A number that no file of this directory has had in a {@code .spare} or {@code .preparing} name since it was opened. */
    long newNumber() {
        return ++lastNumber;
    }

    /** Whether a file can become one. */
    boolean isFit(IoFile file) {
        return file.length() == length;
    }

    /** Gives a file another name, durably. Blocks. */
    IoFile rename(IoFile file, String from, String to) {
        directory.rename(from, to);
        directory.sync();
        return file;
    }

    /** Removes a file that is not needed, if that is possible. Blocks. */
    void delete(String name) {
        try {
            directory.delete(name);
        } catch (IoFailureException e) {
            // Whether it goes or not: it is under no name that counts, and the next opening sees to it.
            System.getLogger(SpareFiles.class.getName()).log(System.Logger.Level.DEBUG, "a file that is not needed is left behind", e);
        }
    }

    void close() {
        files.forEach(spare -> spare.file().close());
        files.clear();
    }
}
