package dev.varve.wal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Memory outside the budget that claims are filled in and copied from. Short pieces are kept for reuse, a few of each power of two; what
 * nobody gives back, the garbage collector frees.
 *
 * <p>Any thread. No lock: whoever finds no piece makes one.
 */
final class StagingMemory {
    private static final int LENGTH_MIN = 256;
    private static final int SIZES = Integer.numberOfTrailingZeros(Claim.IN_PLACE_LENGTH / LENGTH_MIN) + 1;
    private static final int KEPT_MAX = 8;

    private final AtomicReferenceArray<MemorySegment> kept = new AtomicReferenceArray<>(SIZES * KEPT_MAX);

    /**
     * Memory for one claim.
     *
     * @param length bytes that are needed
     * @return at least as many, of any content
     */
    MemorySegment take(int length) {
        int size = size(length);
        if (size >= SIZES) {
            return allocate(length);
        }
        for (int i = size * KEPT_MAX; i < (size + 1) * KEPT_MAX; i++) {
            MemorySegment memory = kept.get(i) == null ? null : kept.getAndSet(i, null);
            if (memory != null) {
                return memory;
            }
        }
        return allocate(LENGTH_MIN << size);
    }

    private static MemorySegment allocate(int length) {
        return Arena.ofAuto().allocate(length, Long.BYTES);
    }

    /** Takes memory back that nobody can reach any more. */
    void giveBack(MemorySegment memory) {
        int size = size((int) memory.byteSize());
        if (size >= SIZES) {
            return;
        }
        for (int i = size * KEPT_MAX; i < (size + 1) * KEPT_MAX; i++) {
            if (kept.compareAndSet(i, null, memory)) {
                return;
            }
        }
    }

    /** How often the shortest length must be doubled to hold so many bytes. */
    private static int size(int length) {
        return Integer.SIZE - Integer.numberOfLeadingZeros((Math.max(length, LENGTH_MIN) - 1) / LENGTH_MIN);
    }
}
