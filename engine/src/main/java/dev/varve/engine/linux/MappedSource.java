package dev.varve.engine.linux;

import dev.varve.engine.memory.MemorySource;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Mapped memory for buffer pools.
 *
 * <p>Any thread. Invariant: what is mapped here is unmapped here, once.
 */
public final class MappedSource implements MemorySource {
    private final ConcurrentHashMap<Long, MappedMemory> mapped = new ConcurrentHashMap<>();

    /** Makes a source with nothing mapped. */
    public MappedSource() {
        // Nothing to prepare.
    }

    @Override
    public MemorySegment allocate(long length, int alignment) {
        MappedMemory memory = MappedMemory.map(length, alignment);
        mapped.put(memory.segment().address(), memory);
        return memory.segment();
    }

    @Override
    public void free(MemorySegment memory) {
        MappedMemory owner = mapped.remove(memory.address());
        if (owner == null) {
            throw new IllegalStateException("memory at 0x" + Long.toHexString(memory.address()) + " is not mapped here");
        }
        owner.close();
    }
}
