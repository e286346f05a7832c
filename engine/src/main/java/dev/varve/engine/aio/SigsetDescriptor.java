package dev.varve.engine.aio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of {@code struct __aio_sigset}, by which {@code io_pgetevents} is told of a signal mask, followed by the mask itself. Source:
 * {@code include/uapi/linux/aio_abi.h}.
 *
 * <pre>
 *    0               8               16              24
 *    +---------------+---------------+---------------+
 *    | mask address  |  mask length  |     mask      |
 *    +---------------+---------------+---------------+
 *            └───────────────────────▲
 * </pre>
 */
final class SigsetDescriptor {
    static final int ADDRESS_OFFSET = 0;
    static final int SIZE_OFFSET = ADDRESS_OFFSET + Long.BYTES;
    static final int MASK_OFFSET = SIZE_OFFSET + Long.BYTES;
    static final int LENGTH = MASK_OFFSET + Long.BYTES;
    static final int ALIGNMENT = Long.BYTES;

    private SigsetDescriptor() {
    }

    /** Writes a mask: bit n - 1 blocks signal n. */
    static void encode(MemorySegment memory, long mask) {
        memory.set(ValueLayout.JAVA_LONG, ADDRESS_OFFSET, memory.address() + MASK_OFFSET);
        memory.set(ValueLayout.JAVA_LONG, SIZE_OFFSET, Long.BYTES);
        memory.set(ValueLayout.JAVA_LONG, MASK_OFFSET, mask);
    }
}
