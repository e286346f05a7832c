package dev.varve.engine.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of {@code struct flock} on 64-bit Linux, 32 bytes, little-endian. Source:
 * {@code include/uapi/asm-generic/fcntl.h}.
 *
 * <pre>
 *    0     2     4        8               16              24     28     32
 *    +-----+-----+--------+---------------+---------------+------+------+
 *    |type |base |   0    |     start     |    length     | pid  |  0   |
 * </pre>
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/fcntl_locking.2.html">fcntl_locking(2)</a>
 */
final class FlockDescriptor {
    /** Type of a lock that excludes every other. */
    static final short TYPE_WRITE = 1;
    /** Type the kernel answers with when nothing is in the way. */
    static final short TYPE_UNLOCKED = 2;

    static final int TYPE_OFFSET = 0;
    static final int BASE_OFFSET = TYPE_OFFSET + Short.BYTES;
    static final int PADDING_OFFSET = BASE_OFFSET + Short.BYTES;
    static final int START_OFFSET = PADDING_OFFSET + Integer.BYTES;
    static final int RANGE_LENGTH_OFFSET = START_OFFSET + Long.BYTES;
    static final int PROCESS_OFFSET = RANGE_LENGTH_OFFSET + Long.BYTES;
    static final int LENGTH = PROCESS_OFFSET + 2 * Integer.BYTES;

    private FlockDescriptor() {
    }

    /** Describes an exclusive lock of the whole file. Its process must be zero for a lock of an open file description. */
    static void encodeWholeFile(MemorySegment memory) {
        memory.asSlice(0, LENGTH).fill((byte) 0);
        memory.set(ValueLayout.JAVA_SHORT, TYPE_OFFSET, TYPE_WRITE);
    }

    /** The type the kernel answered with. */
    static short type(MemorySegment memory) {
        return memory.get(ValueLayout.JAVA_SHORT, TYPE_OFFSET);
    }
}
