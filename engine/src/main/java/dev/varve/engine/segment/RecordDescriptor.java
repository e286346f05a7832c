package dev.varve.engine.segment;

import static dev.varve.engine.segment.LittleEndian.i32;
import static dev.varve.engine.segment.LittleEndian.u16;

import java.lang.foreign.MemorySegment;

/**
 * Layout of a record in a batch's body, at a multiple of 8 bytes.
 *
 * <pre>
 *    0        4       8       10      12      16           16 + length
 *    +--------+-------+-------+-------+-------+--------------+---------+
 *    | length |  CRC  | kind  | flags |   0   |   payload    | 0 to 7  |
 *    +--------+-------+-------+-------+-------+--------------+---------+
 * </pre>
 *
 * <p>The stored CRC is CRC-32C(kind, flags, length, payload), computed before a place is known, and then mixed with the segment's salt
 * and the record's LSN, so that a record that is right in itself but lies in the wrong place is found out.
 */
public final class RecordDescriptor {
    /** Offset of the payload's length. */
    public static final int LENGTH_OFFSET = 0;
    /** Offset of the CRC. */
    public static final int CRC_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    /** Offset of the caller's kind. */
    public static final int KIND_OFFSET = CRC_OFFSET + Integer.BYTES;
    /** Offset of the flags. */
    public static final int FLAGS_OFFSET = KIND_OFFSET + Short.BYTES;
    /** Offset of four reserved bytes. */
    public static final int RESERVED_OFFSET = FLAGS_OFFSET + Short.BYTES;
    /** Length of the record's header. */
    public static final int HEADER_LENGTH = RESERVED_OFFSET + Integer.BYTES;
    /** Records start at multiples of this many bytes. */
    public static final int ALIGNMENT = 8;

    /** Flag: no record but a place that was given out and could not be filled; it has no sequence. */
    public static final int FLAG_FILLER = 1;
    /** The flags that this version knows. */
    public static final int KNOWN_FLAGS = FLAG_FILLER;

    private RecordDescriptor() {
    }

    /**
     * The bytes a record takes in a body.
     *
     * @param payloadLength bytes of payload, from 0
     * @return header, payload and padding
     */
    public static long alignedLength(long payloadLength) {
        return HEADER_LENGTH + payloadLength + ALIGNMENT - 1 & -ALIGNMENT;
    }

    /**
     * The CRC of a record's own values.
     *
     * @param checksum to compute with; reset before
     * @param meta     kind in the upper, flags in the lower 16 bits
     * @param payload  the payload
     * @return the CRC before {@link #mix}
     */
    public static int contentCrc(Checksum checksum, int meta, MemorySegment payload) {
        return contentCrc(checksum, meta, payload, 0, payload.byteSize());
    }

    static int contentCrc(Checksum checksum, int meta, MemorySegment memory, long from, long length) {
        return checksum.reset().update((long) meta << Integer.SIZE | length).update(memory, from, length).value();
    }

    /**
     * Binds a CRC to a place.
     *
     * @param contentCrc the CRC of the record's own values
     * @param salt       the segment life's salt
     * @param lsn        the record's LSN
     * @return the CRC to store
     */
    public static int mix(int contentCrc, long salt, long lsn) {
        // An odd multiplier spreads the LSN's low bits; xor keeps the CRC's own error detection whole.
        long place = (salt ^ lsn) * 0x9E3779B97F4A7C15L;
        return contentCrc ^ (int) (place >>> Integer.SIZE);
    }

    /**
     * Writes a record's header and zeroes its padding; the payload is the caller's to copy.
     *
     * @param memory where
     * @param at     offset of the record, a multiple of 8
     * @param frame  the header's values
     */
    public static void encode(MemorySegment memory, long at, Frame frame) {
        long end = at + HEADER_LENGTH + frame.length();
        long alignedEnd = at + alignedLength(frame.length());
        assert alignedEnd <= memory.byteSize() : alignedEnd;
        i32(memory, at + LENGTH_OFFSET, frame.length());
        i32(memory, at + CRC_OFFSET, frame.storedCrc());
        u16(memory, at + KIND_OFFSET, frame.meta() >>> Short.SIZE);
        u16(memory, at + FLAGS_OFFSET, frame.meta());
        i32(memory, at + RESERVED_OFFSET, 0);
        for (long i = end; i < alignedEnd; i++) {
            LittleEndian.u8(memory, i, 0);
        }
    }

    /**
     * The values of a record's header.
     *
     * @param length    bytes of payload
     * @param meta      kind in the upper, flags in the lower 16 bits
     * @param storedCrc the CRC bound to its place
     */
    public record Frame(int length, int meta, int storedCrc) {
    }

    /**
     * Kind and flags in one word.
     *
     * @param kind  0 to 65535
     * @param flags 0 to 65535
     * @return the word
     */
    public static int meta(int kind, int flags) {
        return kind << Short.SIZE | flags;
    }

    /**
     * The payload's length.
     *
     * @param memory where
     * @param at     offset of the record
     * @return bytes; negative or too large if the bytes are no record
     */
    public static int length(MemorySegment memory, long at) {
        return i32(memory, at + LENGTH_OFFSET);
    }

    /**
     * The caller's kind.
     *
     * @param memory where
     * @param at     offset of the record
     * @return 0 to 65535
     */
    public static int kind(MemorySegment memory, long at) {
        return u16(memory, at + KIND_OFFSET);
    }

    /**
     * The flags.
     *
     * @param memory where
     * @param at     offset of the record
     * @return 0 to 65535
     */
    public static int flags(MemorySegment memory, long at) {
        return u16(memory, at + FLAGS_OFFSET);
    }

    /**
     * The stored CRC.
     *
     * @param memory where
     * @param at     offset of the record
     * @return the CRC bound to its place
     */
    public static int storedCrc(MemorySegment memory, long at) {
        return i32(memory, at + CRC_OFFSET);
    }

    /**
     * Judges a record by its header and its padding.
     *
     * @param memory where
     * @param at     offset of the record
     * @param end    end of the body, exclusive
     * @return {@link Defect#TRUNCATED}, {@link Defect#LENGTH}, {@link Defect#KIND}, {@link Defect#RESERVED}, or {@link Defect#NONE};
     *         the CRC is judged by {@link #checkCrc}
     */
    public static Defect check(MemorySegment memory, long at, long end) {
        if (end - at < HEADER_LENGTH) {
            return Defect.TRUNCATED;
        }
        int length = length(memory, at);
        if (length < 0 || alignedLength(length) > end - at) {
            return Defect.LENGTH;
        }
        if ((flags(memory, at) & ~KNOWN_FLAGS) != 0) {
            return Defect.KIND;
        }
        boolean zero = i32(memory, at + RESERVED_OFFSET) == 0;
        for (long i = at + HEADER_LENGTH + length; i < at + alignedLength(length); i++) {
            zero &= LittleEndian.u8(memory, i) == 0;
        }
        return zero ? Defect.NONE : Defect.RESERVED;
    }

    /**
     * Judges a record's CRC, once {@link #check} has found its length possible.
     *
     * @param memory   where
     * @param at       offset of the record
     * @param place    salt and LSN it must be bound to
     * @param checksum to compute with
     * @return {@link Defect#RECORD_CRC} or {@link Defect#NONE}
     */
    public static Defect checkCrc(MemorySegment memory, long at, Place place, Checksum checksum) {
        int meta = meta(kind(memory, at), flags(memory, at));
        int crc = contentCrc(checksum, meta, memory, at + HEADER_LENGTH, length(memory, at));
        return mix(crc, place.salt(), place.lsn()) == storedCrc(memory, at) ? Defect.NONE : Defect.RECORD_CRC;
    }

    /**
     * What a record's CRC is bound to.
     *
     * @param salt the segment life's salt
     * @param lsn  the record's LSN
     */
    public record Place(long salt, long lsn) {
    }
}
