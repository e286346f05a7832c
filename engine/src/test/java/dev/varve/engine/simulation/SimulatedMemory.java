package dev.varve.engine.simulation;

import dev.varve.engine.memory.MemorySource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Memory that spoils as soon as nobody may use it any more: what is released or freed is filled with the byte {@code 0xDB}. Since the
 * simulated device fetches a write's bytes at a moment of its own, a buffer given back too early ends as {@code 0xDB} on the disk, where
 * checksums find it.
 *
 * <p>Any thread. Freed memory stays accessible until the garbage collector takes it, so that its late use is seen as damage and does not
 * end the process.
 */
public final class SimulatedMemory implements MemorySource {
    /** What spoiled memory is full of. */
    public static final byte SPOILED = (byte) 0xDB;

    private final Map<Long, Long> lengths = new ConcurrentHashMap<>();

    /** Makes a source that has given nothing out. */
    public SimulatedMemory() {
        // Nothing to prepare.
    }

    @Override
    public MemorySegment allocate(long length, int alignment) {
        MemorySegment memory = Arena.ofAuto().allocate(length, alignment);
        lengths.put(memory.address(), length);
        return memory;
    }

    @Override
    public void released(MemorySegment memory) {
        memory.fill(SPOILED);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if it was not allocated here, not as a whole, or is free already
     */
    @Override
    public void free(MemorySegment memory) {
        if (!lengths.remove(memory.address(), memory.byteSize())) {
            throw new IllegalStateException("freed, but not lent: " + memory);
        }
        memory.fill(SPOILED);
    }

    /**
     * Bytes allocated and not freed; zero once whoever used it has ended properly.
     *
     * @return the sum
     */
    public long allocated() {
        return lengths.values().stream().mapToLong(Long::longValue).sum();
    }
}
