package dev.varve.engine.aio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Pieces of memory that one request reads into or writes from, in order.
 *
 * <pre>
 *   file      |────────────── one range of the file ──────────────|
 *   pieces    |── first ──|  |── second ──────|  |── third ───────|    anywhere in memory
 * </pre>
 *
 * <p>Immutable; any thread. The kernel copies the table during the submission; the pieces belong to it until the event.
 */
public final class IoVectors {
    /** The most pieces that the kernel takes in one request; more are refused here. */
    public static final int COUNT_MAX = IovecDescriptor.COUNT_MAX;

    private final List<MemorySegment> pieces;
    private final MemorySegment table;
    private final long length;

    private IoVectors(List<MemorySegment> pieces, MemorySegment table, long length) {
        this.pieces = pieces;
        this.table = table;
        this.length = length;
    }

    /**
     * Puts pieces in order.
     *
     * @param pieces native memory, from 1 to {@link #COUNT_MAX} pieces
     * @return the vectors
     * @throws IllegalArgumentException if there are none or too many, or one is not native memory
     */
    public static IoVectors of(List<MemorySegment> pieces) {
        int count = pieces.size();
        if (count == 0 || count > COUNT_MAX) {
            throw new IllegalArgumentException(count + " pieces of memory; a vectored request takes from 1 to " + COUNT_MAX);
        }
        MemorySegment table = Arena.ofAuto().allocate((long) count * IovecDescriptor.LENGTH, IovecDescriptor.ALIGNMENT);
        long length = 0;
        for (int i = 0; i < count; i++) {
            MemorySegment piece = pieces.get(i);
            checkNative(piece);
            IovecDescriptor.encode(table, (long) i * IovecDescriptor.LENGTH, piece);
            length = Math.addExact(length, piece.byteSize());
        }
        return new IoVectors(List.copyOf(pieces), table, length);
    }

    /** Refuses memory that has no address the kernel could use. */
    static void checkNative(MemorySegment memory) {
        if (!memory.isNative() || !memory.scope().isAlive()) {
            throw new IllegalArgumentException("memory is on the Java heap, or freed; the kernel needs native memory: " + memory);
        }
    }

    /**
     * How many pieces there are.
     *
     * @return from 1 to {@link #COUNT_MAX}
     */
    public int count() {
        return pieces.size();
    }

    /**
     * The length of all pieces together.
     *
     * @return bytes
     */
    public long length() {
        return length;
    }

    /** Address of the kernel's table. */
    long address() {
        return table.address();
    }

    boolean isAlive() {
        for (MemorySegment piece : pieces) {
            if (!piece.scope().isAlive()) {
                return false;
            }
        }
        return true;
    }

    boolean hasReadOnly() {
        return pieces.stream().anyMatch(MemorySegment::isReadOnly);
    }

    @Override
    public String toString() {
        return pieces.size() + " pieces of memory, " + length + " bytes";
    }
}
