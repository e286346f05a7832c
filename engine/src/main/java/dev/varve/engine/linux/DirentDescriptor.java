package dev.varve.engine.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;

/**
 * Layout of {@code struct linux_dirent64}, of variable length. Source: {@code include/linux/dirent.h}.
 *
 * <pre>
 *    0               8               16      18     19
 *    +---------------+---------------+-------+------+-----------------
 *    |     inode     |    cookie     |length | type | name, zero, padding
 * </pre>
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/getdents.2.html">getdents(2)</a>
 */
final class DirentDescriptor {
    static final int INODE_OFFSET = 0;
    static final int COOKIE_OFFSET = INODE_OFFSET + Long.BYTES;
    static final int LENGTH_OFFSET = COOKIE_OFFSET + Long.BYTES;
    static final int TYPE_OFFSET = LENGTH_OFFSET + Short.BYTES;
    static final int NAME_OFFSET = TYPE_OFFSET + Byte.BYTES;

    private DirentDescriptor() {
    }

    /** Bytes from an entry's start to the next one's. */
    static int length(MemorySegment memory, long at) {
        return Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT, at + LENGTH_OFFSET));
    }

    /** An entry's name. */
    static String name(MemorySegment memory, long at, Charset charset) {
        long start = at + NAME_OFFSET;
        long end = start;
        while (memory.get(ValueLayout.JAVA_BYTE, end) != 0) {
            end++;
        }
        return new String(memory.asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE), charset);
    }
}
