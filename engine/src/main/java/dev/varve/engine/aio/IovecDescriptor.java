package dev.varve.engine.aio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of {@code struct iovec} on 64-bit Linux, one piece of memory of a vectored transfer: 16 bytes, little-endian. Source:
 * {@code include/uapi/linux/uio.h}.
 *
 * <pre>
 *    0               8               16
 *    +---------------+---------------+
 *    |    address    |     bytes     |
 * </pre>
 */
final class IovecDescriptor {
    /** UIO_MAXIOV: the most pieces the kernel takes in one request. */
    static final int COUNT_MAX = 1024;

    static final int ADDRESS_OFFSET = 0;
    static final int BYTES_OFFSET = ADDRESS_OFFSET + Long.BYTES;
    static final int LENGTH = BYTES_OFFSET + Long.BYTES;
    static final int ALIGNMENT = Long.BYTES;

    private IovecDescriptor() {
    }

    /** Writes one piece. */
    static void encode(MemorySegment memory, long at, MemorySegment piece) {
        memory.set(ValueLayout.JAVA_LONG, at + ADDRESS_OFFSET, piece.address());
        memory.set(ValueLayout.JAVA_LONG, at + BYTES_OFFSET, piece.byteSize());
    }
}
