package dev.varve.wal;

import dev.varve.engine.memory.MemorySource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory that is counted, and overwritten when it is given back: whoever still writes it to disk, or reads from it, is found out by the
 * checksums. For one thread, which uses it again for the next log: thousands of logs are opened, and the kernel's zeros are slow.
 */
final class CountedMemory implements MemorySource {
    private static final byte GIVEN_BACK = (byte) 0xDB;

    private static final int KEPT_MAX = 16;
    /** By length. */
    private static final ThreadLocal<Map<Long, ArrayDeque<MemorySegment>>> KEPT = ThreadLocal.withInitial(HashMap::new);

    private final Map<Long, MemorySegment> lent = new HashMap<>();
    private long bytes;
    private long bytesMax;

    @Override
    public MemorySegment allocate(long length, int alignment) {
        MemorySegment memory = kept(length, alignment);
        lent.put(memory.address(), memory);
        bytes += length;
        bytesMax = Math.max(bytesMax, bytes);
        return memory;
    }

    private static MemorySegment kept(long length, int alignment) {
        ArrayDeque<MemorySegment> kept = KEPT.get().get(length);
        MemorySegment memory = kept == null ? null : kept.poll();
        if (memory == null || memory.address() % alignment != 0) {
            return Arena.ofAuto().allocate(length, alignment);
        }
        return memory.fill((byte) 0);
    }

    @Override
    public void released(MemorySegment memory) {
        memory.fill(GIVEN_BACK);
    }

    @Override
    public void free(MemorySegment memory) {
        MemorySegment known = lent.remove(memory.address());
        Check.that(known != null && known.byteSize() == memory.byteSize(), "O9: memory is given back that is not lent: %s", memory);
        bytes -= memory.byteSize();
        memory.fill(GIVEN_BACK);
        ArrayDeque<MemorySegment> kept = KEPT.get().computeIfAbsent(memory.byteSize(), _ -> new ArrayDeque<>());
        if (kept.size() < KEPT_MAX) {
            kept.push(memory);
        }
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
