package dev.varve.engine.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of {@code struct statx}, 256 bytes, little-endian. Source: {@code include/uapi/linux/stat.h}.
 *
 * <pre>
 *    0       4       8               16      20      24      28  30  32
 *    +-------+-------+---------------+-------+-------+-------+---+---+
 *    | mask  |blksize|  attributes   | nlink |  uid  |  gid  |mod| 0 |
 *   32              40              48              56              64
 *    +---------------+---------------+---------------+---------------+
 *    |     inode     |     size      |    blocks     |attributes mask|
 *   64                                                              128
 *    +---------------+---------------+---------------+---------------+
 *    |   access, birth, change and modification time, 16 bytes each  |
 *   128     132     136     140     144             152     156     160
 *    +-------+-------+-------+-------+---------------+-------+-------+
 *    |rdev ma|rdev mi|dev maj|dev min|   mount id    |dio mem|dio off|
 *   160             168     172     176     180     184     188     256
 *    +---------------+-------+-------+-------+-------+-------+-------+
 *    |   subvolume   |atom mi|atom ma|atom sg|dio rd |atom op| spare |
 * </pre>
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/statx.2.html">statx(2)</a>
 */
final class StatxDescriptor {
    /** Mask bits asked for and reported: the fields of stat(2). */
    static final int MASK_BASIC = 0x7ff;
    /** Mask bit asked for and reported: the alignment of direct I/O, from Linux 6.1. */
    static final int MASK_DIOALIGN = 0x2000;
    /** Mask bit asked for and reported: the limits of atomic writes, from Linux 6.11. */
    static final int MASK_WRITE_ATOMIC = 0x10000;
    /** Mask bit asked for and reported: the alignment of direct reads, from Linux 6.14, by file systems where it is another. */
    static final int MASK_DIO_READ_ALIGN = 0x20000;

    static final int MASK_OFFSET = 0;
    static final int BLOCK_SIZE_OFFSET = MASK_OFFSET + Integer.BYTES;
    static final int ATTRIBUTES_OFFSET = BLOCK_SIZE_OFFSET + Integer.BYTES;
    static final int LINKS_OFFSET = ATTRIBUTES_OFFSET + Long.BYTES;
    static final int USER_OFFSET = LINKS_OFFSET + Integer.BYTES;
    static final int GROUP_OFFSET = USER_OFFSET + Integer.BYTES;
    static final int MODE_OFFSET = GROUP_OFFSET + Integer.BYTES;
    static final int PADDING_OFFSET = MODE_OFFSET + Short.BYTES;
    static final int INODE_OFFSET = PADDING_OFFSET + Short.BYTES;
    static final int SIZE_OFFSET = INODE_OFFSET + Long.BYTES;
    static final int BLOCKS_OFFSET = SIZE_OFFSET + Long.BYTES;
    static final int ATTRIBUTES_MASK_OFFSET = BLOCKS_OFFSET + Long.BYTES;
    static final int TIMES_OFFSET = ATTRIBUTES_MASK_OFFSET + Long.BYTES;
    static final int TIMES_LENGTH = 4 * 16;
    static final int SPECIAL_MAJOR_OFFSET = TIMES_OFFSET + TIMES_LENGTH;
    static final int SPECIAL_MINOR_OFFSET = SPECIAL_MAJOR_OFFSET + Integer.BYTES;
    static final int DEVICE_MAJOR_OFFSET = SPECIAL_MINOR_OFFSET + Integer.BYTES;
    static final int DEVICE_MINOR_OFFSET = DEVICE_MAJOR_OFFSET + Integer.BYTES;
    static final int MOUNT_ID_OFFSET = DEVICE_MINOR_OFFSET + Integer.BYTES;
    static final int DIRECT_MEMORY_ALIGN_OFFSET = MOUNT_ID_OFFSET + Long.BYTES;
    static final int DIRECT_OFFSET_ALIGN_OFFSET = DIRECT_MEMORY_ALIGN_OFFSET + Integer.BYTES;
    static final int SUBVOLUME_OFFSET = DIRECT_OFFSET_ALIGN_OFFSET + Integer.BYTES;
    static final int ATOMIC_MIN_OFFSET = SUBVOLUME_OFFSET + Long.BYTES;
    static final int ATOMIC_MAX_OFFSET = ATOMIC_MIN_OFFSET + Integer.BYTES;
    static final int ATOMIC_SEGMENTS_OFFSET = ATOMIC_MAX_OFFSET + Integer.BYTES;
    static final int DIRECT_READ_OFFSET_ALIGN_OFFSET = ATOMIC_SEGMENTS_OFFSET + Integer.BYTES;
    static final int ATOMIC_OPTIMUM_OFFSET = DIRECT_READ_OFFSET_ALIGN_OFFSET + Integer.BYTES;
    static final int SPARE_OFFSET = ATOMIC_OPTIMUM_OFFSET + Integer.BYTES;
    static final int SPARE_LENGTH = 17 * Integer.BYTES;
    static final int LENGTH = SPARE_OFFSET + SPARE_LENGTH;

    private StatxDescriptor() {
    }

    /** Reads what {@code statx} filled in. */
    static FileStatus decode(MemorySegment memory) {
        long device = ((long) i32(memory, DEVICE_MAJOR_OFFSET) << Integer.SIZE)
            | Integer.toUnsignedLong(i32(memory, DEVICE_MINOR_OFFSET));
        FileIdentity identity = new FileIdentity(device, memory.get(ValueLayout.JAVA_LONG, INODE_OFFSET));
        int mode = Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT, MODE_OFFSET));
        return new FileStatus(identity, i32(memory, LINKS_OFFSET), mode, memory.get(ValueLayout.JAVA_LONG, SIZE_OFFSET),
            directAlignment(memory));
    }

    private static DirectAlignment directAlignment(MemorySegment memory) {
        int offsetAlign = i32(memory, DIRECT_OFFSET_ALIGN_OFFSET);
        int mask = i32(memory, MASK_OFFSET);
        // Both are zero where a file cannot be read and written directly; the mask bit is missing where nothing is known.
        if ((mask & MASK_DIOALIGN) == 0 || offsetAlign == 0) {
            return DirectAlignment.NONE;
        }
        int readOffsetAlign = (mask & MASK_DIO_READ_ALIGN) == 0 ? 0 : i32(memory, DIRECT_READ_OFFSET_ALIGN_OFFSET);
        return new DirectAlignment(i32(memory, DIRECT_MEMORY_ALIGN_OFFSET), offsetAlign, readOffsetAlign);
    }

    /** The longest atomic write, in bytes; 0 if there are none: the mask bit alone does not mean that there are. */
    static long atomicWriteLengthMax(MemorySegment memory) {
        return (i32(memory, MASK_OFFSET) & MASK_WRITE_ATOMIC) == 0 ? 0 : Integer.toUnsignedLong(i32(memory, ATOMIC_MAX_OFFSET));
    }

    private static int i32(MemorySegment memory, int offset) {
        return memory.get(ValueLayout.JAVA_INT, offset);
    }
}
