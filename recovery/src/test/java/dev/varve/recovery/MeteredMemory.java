package dev.varve.recovery;

import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.Geometry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/** Memory of which somebody keeps count; what is given back is used again. Owned by one thread. */
final class MeteredMemory implements MemorySource {
    private final Map<Long, ArrayDeque<MemorySegment>> free = new HashMap<>();
    private long used;
    private long peak;

    @Override
    public MemorySegment allocate(long length, int alignment) {
        assert alignment <= Geometry.BLOCK_SIZE_MAX : alignment;
        used += length;
        peak = Math.max(peak, used);
        ArrayDeque<MemorySegment> left = free.computeIfAbsent(length, _ -> new ArrayDeque<>());
        return left.isEmpty() ? MemorySource.collected().allocate(length, Geometry.BLOCK_SIZE_MAX) : left.pop().fill((byte) 0);
    }

    @Override
    public void free(MemorySegment memory) {
        used -= memory.byteSize();
        free.get(memory.byteSize()).push(memory);
    }

    /** Bytes in use. */
    long used() {
        return used;
    }

    /** The most bytes that were in use since the last call. */
    long takePeak() {
        long most = peak;
        peak = used;
        return most;
    }
}
