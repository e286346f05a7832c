package dev.varve.engine.segment;

import static dev.varve.engine.segment.LittleEndian.i32;
import static dev.varve.engine.segment.LittleEndian.i64;
import static dev.varve.engine.segment.LittleEndian.u16;
import static dev.varve.engine.segment.LittleEndian.u8;

import java.lang.foreign.MemorySegment;

/**
 * Layout of a batch header, at the start of the batch's first block.
 *
 * <pre>
 *    0       4        6      7       8               16              24              32              40
 *    +-------+--------+------+-------+---------------+---------------+---------------+---------------+
 *    | magic | version| kind |   0   |  log id low   |     salt      |    segment    |     epoch     |
 *   40              48              56      60      64      68      72              80              88
 *    +---------------+---------------+-------+-------+-------+-------+---------------+---------------+
 *    |     batch     | first sequence| block | blocks|bodyLen|records|    time ms    |       W       |
 *   88              96                             120      124     128
 *    +---------------+-------------------------------+-------+-------+
 *    | previous chain|        reserved, zero         |bodyCRC|headCRC|
 * </pre>
 *
 * <p>Header and body have separate checksums, so that the header of a batch with a torn body is still evidence of W.
 */
public final class BatchHeaderDescriptor {
    /** "VRVB". */
    public static final int MAGIC = 0x42565256;

    /** Offset of the magic number. */
    public static final int MAGIC_OFFSET = 0;
    /** Offset of the version. */
    public static final int VERSION_OFFSET = MAGIC_OFFSET + Integer.BYTES;
    /** Offset of the kind. */
    public static final int KIND_OFFSET = VERSION_OFFSET + Short.BYTES;
    /** Offset of a reserved byte. */
    public static final int RESERVED_BYTE_OFFSET = KIND_OFFSET + Byte.BYTES;
    /** Offset of the log id's lower half. */
    public static final int LOG_ID_LOW_OFFSET = RESERVED_BYTE_OFFSET + Byte.BYTES;
    /** Offset of the salt. */
    public static final int SALT_OFFSET = LOG_ID_LOW_OFFSET + Long.BYTES;
    /** Offset of the segment number. */
    public static final int SEGMENT_OFFSET = SALT_OFFSET + Long.BYTES;
    /** Offset of the epoch. */
    public static final int EPOCH_OFFSET = SEGMENT_OFFSET + Long.BYTES;
    /** Offset of the batch number. */
    public static final int BATCH_OFFSET = EPOCH_OFFSET + Long.BYTES;
    /** Offset of the first record's sequence. */
    public static final int FIRST_SEQUENCE_OFFSET = BATCH_OFFSET + Long.BYTES;
    /** Offset of the block number. */
    public static final int BLOCK_OFFSET = FIRST_SEQUENCE_OFFSET + Long.BYTES;
    /** Offset of the number of blocks. */
    public static final int BLOCKS_OFFSET = BLOCK_OFFSET + Integer.BYTES;
    /** Offset of the body's length. */
    public static final int BODY_LENGTH_OFFSET = BLOCKS_OFFSET + Integer.BYTES;
    /** Offset of the number of records. */
    public static final int RECORD_COUNT_OFFSET = BODY_LENGTH_OFFSET + Integer.BYTES;
    /** Offset of the wall-clock time. */
    public static final int TIME_MS_OFFSET = RECORD_COUNT_OFFSET + Integer.BYTES;
    /** Offset of W. */
    public static final int SYNCED_OFFSET = TIME_MS_OFFSET + Long.BYTES;
    /** Offset of the previous batch's chain value. */
    public static final int PREVIOUS_CHAIN_OFFSET = SYNCED_OFFSET + Long.BYTES;
    /** Offset of the reserved bytes. */
    public static final int RESERVED_OFFSET = PREVIOUS_CHAIN_OFFSET + Long.BYTES;
    /** Offset of the body's CRC. */
    public static final int BODY_CRC_OFFSET = 120;
    /** Offset of the header's CRC. */
    public static final int HEADER_CRC_OFFSET = BODY_CRC_OFFSET + Integer.BYTES;
    /** Length of the structure. */
    public static final int LENGTH = HEADER_CRC_OFFSET + Integer.BYTES;

    private BatchHeaderDescriptor() {
    }

    /**
     * Writes a header.
     *
     * @param header the values; {@link BatchHeader#headerCrc()} is ignored
     * @param memory where
     * @param at     offset of its first byte
     * @return the header's CRC
     */
    public static int encode(BatchHeader header, MemorySegment memory, long at) {
        i32(memory, at + MAGIC_OFFSET, MAGIC);
        u16(memory, at + VERSION_OFFSET, SegmentHeaderDescriptor.VERSION);
        u8(memory, at + KIND_OFFSET, header.kind().code());
        u8(memory, at + RESERVED_BYTE_OFFSET, 0);
        i64(memory, at + LOG_ID_LOW_OFFSET, header.life().logIdLow());
        i64(memory, at + SALT_OFFSET, header.life().salt());
        i64(memory, at + SEGMENT_OFFSET, header.life().segment());
        i64(memory, at + EPOCH_OFFSET, header.epoch());
        i64(memory, at + BATCH_OFFSET, header.batch());
        i64(memory, at + FIRST_SEQUENCE_OFFSET, header.content().firstSequence());
        i32(memory, at + BLOCK_OFFSET, header.content().block());
        i32(memory, at + BLOCKS_OFFSET, header.content().blocks());
        i32(memory, at + BODY_LENGTH_OFFSET, header.content().bodyLength());
        i32(memory, at + RECORD_COUNT_OFFSET, header.content().recordCount());
        i64(memory, at + TIME_MS_OFFSET, header.timeMs());
        i64(memory, at + SYNCED_OFFSET, header.synced());
        i64(memory, at + PREVIOUS_CHAIN_OFFSET, header.previousChain());
        for (int i = RESERVED_OFFSET; i < BODY_CRC_OFFSET; i += Integer.BYTES) {
            i32(memory, at + i, 0);
        }
        i32(memory, at + BODY_CRC_OFFSET, header.bodyCrc());
        int crc = Checksum.of(memory, at, HEADER_CRC_OFFSET);
        i32(memory, at + HEADER_CRC_OFFSET, crc);
        return crc;
    }

    /**
     * Judges bytes by themselves: envelope, CRC, kind and reserved fields. Whether the batch belongs where it was found is
     * {@link BatchRule}'s question.
     *
     * @param memory where
     * @param at     offset of the first byte
     * @return the first defect, {@link Defect#NONE} if the header may be decoded
     */
    public static Defect check(MemorySegment memory, long at) {
        if (memory.byteSize() - at < LENGTH) {
            return Defect.TRUNCATED;
        }
        Defect envelope = Envelope.check(memory, at, MAGIC, HEADER_CRC_OFFSET);
        if (envelope != Defect.NONE) {
            return envelope;
        }
        if (BatchHeader.Kind.of(u8(memory, at + KIND_OFFSET)) == null) {
            return Defect.KIND;
        }
        boolean zero = u8(memory, at + RESERVED_BYTE_OFFSET) == 0
            && Envelope.isZero(memory, at + RESERVED_OFFSET, BODY_CRC_OFFSET - RESERVED_OFFSET);
        return zero ? Defect.NONE : Defect.RESERVED;
    }

    /**
     * The life that a header names. Its place is the same in every version.
     *
     * @param memory where
     * @param at     offset of the first byte
     * @return the life, as far as the header's CRC is right
     */
    public static BatchHeader.Life life(MemorySegment memory, long at) {
        return new BatchHeader.Life(i64(memory, at + LOG_ID_LOW_OFFSET), i64(memory, at + SALT_OFFSET), i64(memory, at + SEGMENT_OFFSET));
    }

    /**
     * The block that a header names. Its place is the same in every version.
     *
     * @param memory where
     * @param at     offset of the first byte
     * @return the block, as far as the header's CRC is right
     */
    public static int block(MemorySegment memory, long at) {
        return i32(memory, at + BLOCK_OFFSET);
    }

    /**
     * Reads a header that {@link #check} found valid.
     *
     * @param memory where
     * @param at     offset of the first byte
     * @return the values
     */
    public static BatchHeader decode(MemorySegment memory, long at) {
        return new BatchHeader(BatchHeader.Kind.of(u8(memory, at + KIND_OFFSET)),
            life(memory, at),
            i64(memory, at + EPOCH_OFFSET), i64(memory, at + BATCH_OFFSET),
            new BatchHeader.Content(block(memory, at), i32(memory, at + BLOCKS_OFFSET),
                i32(memory, at + BODY_LENGTH_OFFSET), i64(memory, at + FIRST_SEQUENCE_OFFSET), i32(memory, at + RECORD_COUNT_OFFSET)),
            i64(memory, at + TIME_MS_OFFSET), i64(memory, at + SYNCED_OFFSET), i64(memory, at + PREVIOUS_CHAIN_OFFSET),
            i32(memory, at + BODY_CRC_OFFSET), i32(memory, at + HEADER_CRC_OFFSET));
    }
}
