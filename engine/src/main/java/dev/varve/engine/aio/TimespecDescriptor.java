package dev.varve.engine.aio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of {@code struct timespec} on 64-bit Linux, a relative time: 16 bytes, little-endian.
 *
 * <pre>
 *    0               8               16
 *    +---------------+---------------+
 *    |    seconds    |  nanoseconds  |
 * </pre>
 */
final class TimespecDescriptor {
    static final int SECONDS_OFFSET = 0;
    static final int NANOSECONDS_OFFSET = SECONDS_OFFSET + Long.BYTES;
    static final int LENGTH = NANOSECONDS_OFFSET + Long.BYTES;
    static final int ALIGNMENT = Long.BYTES;

    private static final long NS_PER_SECOND = 1_000_000_000L;

    private TimespecDescriptor() {
    }

    /**
     * Writes a time.
     *
     * @throws IllegalArgumentException if it is negative, which the kernel would take for "for ever"
     */
    static void encode(MemorySegment memory, long timeNs) {
        if (timeNs < 0) {
            throw new IllegalArgumentException("negative timeout: " + timeNs + " ns");
        }
        memory.set(ValueLayout.JAVA_LONG, SECONDS_OFFSET, timeNs / NS_PER_SECOND);
        memory.set(ValueLayout.JAVA_LONG, NANOSECONDS_OFFSET, timeNs % NS_PER_SECOND);
    }
}
