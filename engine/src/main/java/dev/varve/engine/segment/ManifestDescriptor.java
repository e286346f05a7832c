package dev.varve.engine.segment;

import static dev.varve.engine.segment.LittleEndian.i32;
import static dev.varve.engine.segment.LittleEndian.i64;
import static dev.varve.engine.segment.LittleEndian.u16;
import static dev.varve.engine.segment.LittleEndian.u8;

import java.lang.foreign.MemorySegment;

/**
 * Layout of a manifest slot. The file holds two, far apart; generation g is written to slot g mod 2.
 *
 * <pre>
 *    0       4        6       7        8               16              24              32              40
 *    +-------+--------+-------+--------+---------------+---------------+---------------+---------------+
 *    | magic | version| clean |   0    |  log id low   |  log id high  |  generation   |     epoch     |
 *   40              48              56              64              72      76      80              88
 *    +---------------+---------------+---------------+---------------+-------+-------+---------------+
 *    |    lowest     |    highest    | durable batch |  its segment  | block |   0   |  its chain    |
 *   88                              124     128
 *    +-------------------------------+-------+
 *    |        reserved, zero         |  CRC  |
 * </pre>
 */
public final class ManifestDescriptor {
    /** "VRVM". */
    public static final int MAGIC = 0x4d565256;
    /** Distance of the two slots, in bytes; a multiple of every block size. */
    public static final int SLOT_DISTANCE = 65536;
    /** Length of the file, in bytes. */
    public static final int FILE_LENGTH = 2 * SLOT_DISTANCE;

    /** Offset of the magic number. */
    public static final int MAGIC_OFFSET = 0;
    /** Offset of the version. */
    public static final int VERSION_OFFSET = MAGIC_OFFSET + Integer.BYTES;
    /** Offset of the clean-close flag, 0 or 1. */
    public static final int CLEAN_CLOSE_OFFSET = VERSION_OFFSET + Short.BYTES;
    /** Offset of a reserved byte. */
    public static final int RESERVED_BYTE_OFFSET = CLEAN_CLOSE_OFFSET + Byte.BYTES;
    /** Offset of the log id's lower half. */
    public static final int LOG_ID_LOW_OFFSET = RESERVED_BYTE_OFFSET + Byte.BYTES;
    /** Offset of the log id's upper half. */
    public static final int LOG_ID_HIGH_OFFSET = LOG_ID_LOW_OFFSET + Long.BYTES;
    /** Offset of the generation. */
    public static final int GENERATION_OFFSET = LOG_ID_HIGH_OFFSET + Long.BYTES;
    /** Offset of the epoch. */
    public static final int EPOCH_OFFSET = GENERATION_OFFSET + Long.BYTES;
    /** Offset of the lowest segment's number. */
    public static final int LOWEST_SEGMENT_OFFSET = EPOCH_OFFSET + Long.BYTES;
    /** Offset of the highest segment's number. */
    public static final int HIGHEST_SEGMENT_OFFSET = LOWEST_SEGMENT_OFFSET + Long.BYTES;
    /** Offset of the durable batch's number. */
    public static final int DURABLE_BATCH_OFFSET = HIGHEST_SEGMENT_OFFSET + Long.BYTES;
    /** Offset of the durable batch's segment. */
    public static final int DURABLE_SEGMENT_OFFSET = DURABLE_BATCH_OFFSET + Long.BYTES;
    /** Offset of the durable batch's block. */
    public static final int DURABLE_BLOCK_OFFSET = DURABLE_SEGMENT_OFFSET + Long.BYTES;
    /** Offset of four reserved bytes. */
    public static final int RESERVED_INT_OFFSET = DURABLE_BLOCK_OFFSET + Integer.BYTES;
    /** Offset of the durable batch's chain value. */
    public static final int DURABLE_CHAIN_OFFSET = RESERVED_INT_OFFSET + Integer.BYTES;
    /** Offset of the reserved bytes. */
    public static final int RESERVED_OFFSET = DURABLE_CHAIN_OFFSET + Long.BYTES;
    /** Offset of the CRC. */
    public static final int CRC_OFFSET = 124;
    /** Length of the structure. */
    public static final int LENGTH = CRC_OFFSET + Integer.BYTES;

    private ManifestDescriptor() {
    }

    /**
     * Where in the file a generation is written.
     *
     * @param generation the generation
     * @return offset of its slot, in bytes
     */
    public static long slotOffset(long generation) {
        return (generation & 1) * SLOT_DISTANCE;
    }

    /**
     * Writes a slot.
     *
     * @param manifest the values
     * @param memory   where
     * @param at       offset of its first byte
     */
    public static void encode(Manifest manifest, MemorySegment memory, long at) {
        memory.asSlice(at, LENGTH).fill((byte) 0);
        i32(memory, at + MAGIC_OFFSET, MAGIC);
        u16(memory, at + VERSION_OFFSET, SegmentHeaderDescriptor.VERSION);
        u8(memory, at + CLEAN_CLOSE_OFFSET, manifest.cleanClose() ? 1 : 0);
        i64(memory, at + LOG_ID_LOW_OFFSET, manifest.logId().low());
        i64(memory, at + LOG_ID_HIGH_OFFSET, manifest.logId().high());
        i64(memory, at + GENERATION_OFFSET, manifest.generation());
        i64(memory, at + EPOCH_OFFSET, manifest.epoch());
        i64(memory, at + LOWEST_SEGMENT_OFFSET, manifest.lowestSegment());
        i64(memory, at + HIGHEST_SEGMENT_OFFSET, manifest.highestSegment());
        i64(memory, at + DURABLE_BATCH_OFFSET, manifest.durable().batch());
        i64(memory, at + DURABLE_SEGMENT_OFFSET, manifest.durable().segment());
        i32(memory, at + DURABLE_BLOCK_OFFSET, manifest.durable().block());
        i64(memory, at + DURABLE_CHAIN_OFFSET, manifest.durable().chain());
        i32(memory, at + CRC_OFFSET, Checksum.of(memory, at, CRC_OFFSET));
        assert check(memory, at) == Defect.NONE : check(memory, at);
        assert decode(memory, at).equals(manifest);
    }

    /**
     * Judges bytes by themselves.
     *
     * @param memory where
     * @param at     offset of the first byte
     * @return the first defect, {@link Defect#NONE} if the slot may be decoded
     */
    public static Defect check(MemorySegment memory, long at) {
        if (memory.byteSize() - at < LENGTH) {
            return Defect.TRUNCATED;
        }
        Defect envelope = Envelope.check(memory, at, MAGIC, CRC_OFFSET);
        if (envelope != Defect.NONE) {
            return envelope;
        }
        if (u8(memory, at + CLEAN_CLOSE_OFFSET) > 1) {
            return Defect.KIND;
        }
        if ((i64(memory, at + LOG_ID_LOW_OFFSET) | i64(memory, at + LOG_ID_HIGH_OFFSET)) == 0) {
            return Defect.LOG_ID;
        }
        if (!SegmentHeaderDescriptor.isNumber(i64(memory, at + EPOCH_OFFSET))) {
            return Defect.EPOCH;
        }
        if (i64(memory, at + LOWEST_SEGMENT_OFFSET) <= 0
            || i64(memory, at + HIGHEST_SEGMENT_OFFSET) > SegmentHeaderDescriptor.NUMBER_MAX
            || i64(memory, at + HIGHEST_SEGMENT_OFFSET) < i64(memory, at + LOWEST_SEGMENT_OFFSET)) {
            return Defect.SEGMENT;
        }
        if (!SegmentHeaderDescriptor.isNumber(i64(memory, at + GENERATION_OFFSET)) || i64(memory, at + DURABLE_BATCH_OFFSET) < 0
            || i64(memory, at + DURABLE_BATCH_OFFSET) > SegmentHeaderDescriptor.NUMBER_MAX) {
            return Defect.BATCH;
        }
        if (i64(memory, at + DURABLE_SEGMENT_OFFSET) < 0 || i32(memory, at + DURABLE_BLOCK_OFFSET) < 0
            || i64(memory, at + DURABLE_SEGMENT_OFFSET) > i64(memory, at + HIGHEST_SEGMENT_OFFSET)) {
            return Defect.BLOCK;
        }
        boolean zero = u8(memory, at + RESERVED_BYTE_OFFSET) == 0 && i32(memory, at + RESERVED_INT_OFFSET) == 0
            && Envelope.isZero(memory, at + RESERVED_OFFSET, CRC_OFFSET - RESERVED_OFFSET);
        return zero ? Defect.NONE : Defect.RESERVED;
    }

    /**
     * Reads a slot that {@link #check} found valid.
     *
     * @param memory where
     * @param at     offset of the first byte
     * @return the values
     */
    public static Manifest decode(MemorySegment memory, long at) {
        assert check(memory, at) == Defect.NONE : check(memory, at);
        return new Manifest(
            new LogId(i64(memory, at + LOG_ID_HIGH_OFFSET), i64(memory, at + LOG_ID_LOW_OFFSET)),
            i64(memory, at + GENERATION_OFFSET), i64(memory, at + EPOCH_OFFSET),
            i64(memory, at + LOWEST_SEGMENT_OFFSET), i64(memory, at + HIGHEST_SEGMENT_OFFSET),
            new Manifest.DurablePlace(i64(memory, at + DURABLE_BATCH_OFFSET), i64(memory, at + DURABLE_SEGMENT_OFFSET),
                i32(memory, at + DURABLE_BLOCK_OFFSET), i64(memory, at + DURABLE_CHAIN_OFFSET)),
            u8(memory, at + CLEAN_CLOSE_OFFSET) == 1);
    }
}
