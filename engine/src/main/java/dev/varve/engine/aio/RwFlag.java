package dev.varve.engine.aio;

import java.util.Set;

/**
 * What may be asked of one read or write besides the transfer itself. A kernel or file that lacks a flag refuses the request with
 * EOPNOTSUPP, at once or in the event.
 *
 * <p>Source: {@code include/uapi/linux/fs.h}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/readv.2.html">pwritev2(2)</a>
 */
public enum RwFlag {
    /** Poll the device for completion; accepted and ignored where kernel AIO meets no such device. Linux 4.13. */
    HIPRI(0x1),
    /** Of a write: its completion means that the bytes are durable, as with O_DSYNC. Linux 4.13. */
    DSYNC(0x2),
    /** Of a write: as DSYNC, with all metadata, as with O_SYNC. Linux 4.13. */
    SYNC(0x4),
    /** Fail with EAGAIN rather than wait for space, a lock or a mapping. Linux 4.13. */
    NOWAIT(0x8),
    /** Of a write: ignore the offset and write at the end of the file. Linux 4.16. */
    APPEND(0x10),
    /** Of a write: keep to the offset although the file is open for appending. Linux 6.9. */
    NOAPPEND(0x20),
    /** Of a write: all or nothing after a crash, within the limits that statx tells. Linux 6.11. */
    ATOMIC(0x40),
    /** Do not leave what is transferred in the page cache. Linux 6.14. */
    DONTCACHE(0x80);

    private final int bit;

    RwFlag(int bit) {
        this.bit = bit;
    }

    /**
     * The flag as the kernel knows it.
     *
     * @return one bit
     */
    public int bit() {
        return bit;
    }

    /** Several flags in one word. */
    static int bits(Set<RwFlag> flags) {
        int bits = 0;
        for (RwFlag flag : flags) {
            bits |= flag.bit;
        }
        return bits;
    }
}
