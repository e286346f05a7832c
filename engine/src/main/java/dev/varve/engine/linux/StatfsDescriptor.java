package dev.varve.engine.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of {@code struct statfs} on 64-bit Linux, 120 bytes, little-endian. Source: {@code
 * include/uapi/asm-generic/statfs.h}.
 *
 * <pre>
 *    0               8               16              24              32
 *    +---------------+---------------+---------------+---------------+
 *    |     type      |  block size   |    blocks     |  free blocks  |
 *   32              40              48              56              64
 *    +---------------+---------------+---------------+---------------+
 *    |available block|     files     |  free files   | filesystem id |
 *   64              72              80              88              120
 *    +---------------+---------------+---------------+---------------+
 *    |  name length  | fragment size |     flags     | spare (4 x 8) |
 * </pre>
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/statfs.2.html">statfs(2)</a>
 */
final class StatfsDescriptor {
    static final int TYPE_OFFSET = 0;
    static final int BLOCK_SIZE_OFFSET = TYPE_OFFSET + Long.BYTES;
    static final int BLOCKS_OFFSET = BLOCK_SIZE_OFFSET + Long.BYTES;
    static final int FREE_BLOCKS_OFFSET = BLOCKS_OFFSET + Long.BYTES;
    static final int AVAILABLE_BLOCKS_OFFSET = FREE_BLOCKS_OFFSET + Long.BYTES;
    static final int FILES_OFFSET = AVAILABLE_BLOCKS_OFFSET + Long.BYTES;
    static final int FREE_FILES_OFFSET = FILES_OFFSET + Long.BYTES;
    static final int FILESYSTEM_ID_OFFSET = FREE_FILES_OFFSET + Long.BYTES;
    static final int NAME_LENGTH_OFFSET = FILESYSTEM_ID_OFFSET + Long.BYTES;
    static final int FRAGMENT_SIZE_OFFSET = NAME_LENGTH_OFFSET + Long.BYTES;
    static final int FLAGS_OFFSET = FRAGMENT_SIZE_OFFSET + Long.BYTES;
    static final int SPARE_OFFSET = FLAGS_OFFSET + Long.BYTES;
    static final int SPARE_LENGTH = 4 * Long.BYTES;
    static final int LENGTH = SPARE_OFFSET + SPARE_LENGTH;

    private StatfsDescriptor() {
    }

    /** The file system's magic number, 32 bits without sign. */
    static long type(MemorySegment memory) {
        return memory.get(ValueLayout.JAVA_LONG, TYPE_OFFSET) & 0xffff_ffffL;
    }

    /** The file system's block size in bytes; network file systems give their transfer size. */
    static long blockSize(MemorySegment memory) {
        return memory.get(ValueLayout.JAVA_LONG, BLOCK_SIZE_OFFSET);
    }
}
