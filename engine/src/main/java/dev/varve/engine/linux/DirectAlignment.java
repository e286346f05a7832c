package dev.varve.engine.linux;

/**
 * What direct I/O on a file must be a multiple of, each in bytes; 0 where direct I/O is not offered or the kernel does not say.
 *
 * @param memory     addresses of memory
 * @param offset     offsets in the file and lengths
 * @param readOffset offsets and lengths of reads, where the kernel tells them apart from those of writes; else 0, and {@code offset} holds
 * @see <a href="https://man7.org/linux/man-pages/man2/statx.2.html">statx(2), STATX_DIOALIGN, STATX_DIO_READ_ALIGN</a>
 */
public record DirectAlignment(int memory, int offset, int readOffset) {
    /** Direct I/O is not offered, or nothing is known. */
    public static final DirectAlignment NONE = new DirectAlignment(0, 0, 0);

    /**
     * One number for everything.
     *
     * @return bytes, the largest of them; 0 if direct I/O is not offered or the kernel does not say
     */
    public int largest() {
        return Math.max(memory, Math.max(offset, readOffset));
    }
}
