package dev.varve.wal;

import dev.varve.engine.memory.MemorySource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory that is counted, and overwritten when it is given back: whoever still writes it to disk, or reads from it, is found out by the
 * checksums. For one thread.
 */
final class CountedMemory implements MemorySource {
    private static final byte GIVEN_BACK = (byte) 0xDB;

    private final Map<Long, MemorySegment> lent = new HashMap<>();
    private long bytes;
    private long bytesMax;

    @Override
    public MemorySegment allocate(long length, int alignment) {
        MemorySegment memory = Arena.ofAuto().allocate(length, alignment);
        lent.put(memory.address(), memory);
        bytes += length;
        bytesMax = Math.max(bytesMax, bytes);
        return memory;
    }

    @Override
    public void free(MemorySegment memory) {
        MemorySegment known = lent.remove(memory.address());
        Check.that(known != null && known.byteSize() == memory.byteSize(), "O9: memory is given back that is not lent: %s", memory);
        bytes -= memory.byteSize();
        memory.fill(GIVEN_BACK);
    }

    /** Bytes that were not given back. */
    long bytes() {
        return bytes;
    }

    /** The highest that {@link #bytes} has been. */
    long bytesMax() {
        return bytesMax;
    }

    /** Whoever borrowed is dead: nothing comes back. */
    void forget() {
        lent.clear();
        bytes = 0;
    }
}
