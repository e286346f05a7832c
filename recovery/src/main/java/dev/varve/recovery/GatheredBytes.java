package dev.varve.recovery;

import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.Geometry;
import java.lang.foreign.MemorySegment;

/**
 * One piece of memory that grows as bytes are added to it, so that a length that is only claimed costs nothing.
 *
 * <p>Owned by one thread.
 */
final class GatheredBytes implements AutoCloseable {
    private final MemorySource source;
    private MemorySegment memory;
    private long length;

    GatheredBytes(MemorySource source) {
        this.source = source;
    }

    /** Forgets the bytes; the memory is kept for the next ones. */
    void clear() {
        length = 0;
    }

    /**
     * Adds bytes.
     *
     * @param from   where they lie
     * @param at     offset of the first
     * @param count  how many
     * @param needed how many there will be in all, at most
     */
    void add(MemorySegment from, long at, long count, long needed) {
        assert length + count <= needed : needed;
        reserve(length + count, needed);
        MemorySegment.copy(from, at, memory, length, count);
        length += count;
    }

    private void reserve(long wanted, long needed) {
        long present = memory == null ? 0 : memory.byteSize();
        if (wanted <= present) {
            return;
        }
        long capacity = Math.max(wanted, Math.min(needed, Math.max(2 * present, 2L * BlockStream.CHUNK_LENGTH)));
        MemorySegment larger = source.allocate(capacity, Geometry.BLOCK_SIZE_MIN);
        if (memory != null) {
            MemorySegment.copy(memory, 0, larger, 0, length);
            source.free(memory);
        }
        memory = larger;
    }

    MemorySegment memory() {
        return memory;
    }

    @Override
    public void close() {
        if (memory != null) {
            source.free(memory);
            memory = null;
        }
    }
}
