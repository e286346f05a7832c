package dev.varve.engine.segment;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/**
 * CRC-32C (Castagnoli) over ranges of memory. Reusable; one thread at a time.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4">RFC 3720, appendix B.4</a>
 */
public final class Checksum {
    private final CRC32C crc = new CRC32C();

    /** Makes a checksum of nothing. */
    public Checksum() {
        // The checksum of no bytes is 0.
    }

    /**
     * Starts anew.
     *
     * @return this
     */
    public Checksum reset() {
        crc.reset();
        return this;
    }

    /**
     * Adds a range of memory.
     *
     * @param memory where
     * @param from   first byte
     * @param length bytes, at most 2 GiB
     * @return this
     */
    public Checksum update(MemorySegment memory, long from, long length) {
        if (length > 0) {
            crc.update(memory.asSlice(from, length).asByteBuffer());
        }
        return this;
    }

    /**
     * Adds eight bytes, the lowest first.
     *
     * @param value the bytes
     * @return this
     */
    public Checksum update(long value) {
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            crc.update((int) (value >>> shift) & 0xff);
        }
        return this;
    }

    /**
     * The checksum of all that was added.
     *
     * @return 32 bits
     */
    public int value() {
        return (int) crc.getValue();
    }

    /**
     * The checksum of one range.
     *
     * @param memory where
     * @param from   first byte
     * @param length bytes
     * @return 32 bits
     */
    public static int of(MemorySegment memory, long from, long length) {
        return new Checksum().update(memory, from, length).value();
    }
}
