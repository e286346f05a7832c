package dev.varve.engine.segment;

import static dev.varve.engine.segment.LittleEndian.i32;
import static dev.varve.engine.segment.LittleEndian.i64;
import static dev.varve.engine.segment.LittleEndian.u16;
import static dev.varve.engine.segment.LittleEndian.u8;

import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageSummary;
import java.lang.foreign.MemorySegment;

/**
 * Layout of a segment header: at the start of block 0, and again at the start of the last block.
 *
 * <pre>
 *    0       4        6        7        8               16              24              32
 *    +-------+--------+--------+--------+---------------+---------------+---------------+
 *    | magic | version|contract|prepared|  log id low   |  log id high  |    segment    |
 *   32               40              48      52      56      60      64
 *    +---------------+---------------+-------+-------+-------+-------+
 *    |     salt      |     epoch     |blkSize|blkCnt |   K   |batBlks|
 *   64              72              80              88
 *    +---------------+---------------+---------------+
 *    |   base LSN    |  base batch   | base sequence |
 *   88              96      100     104             112             120             128             136
 *    +---------------+-------+-------+---------------+---------------+---------------+---------------+
 *    | pred. segment | kind  | block |     batch     |     chain     |    end LSN    | end sequence  |
 *  136     140                                     252     256
 *    +-------+---------------------------------------+-------+
 *    |storage|           reserved, zero              |  CRC  |
 * </pre>
 *
 * <p>The envelope (magic, version, CRC over the first 252 bytes at 252) is the same in every version of the format.
 */
public final class SegmentHeaderDescriptor {
    /** "VRVS". */
    public static final int MAGIC = 0x53565256;
    /** The format version this build writes, of all structures. */
    public static final int VERSION = 1;
    /** The highest segment number, epoch, batch number, sequence, generation and LSN; far enough from overflow to add to one unchecked. */
    public static final long NUMBER_MAX = 1L << 62;

    /** Offset of the magic number. */
    public static final int MAGIC_OFFSET = 0;
    /** Offset of the version. */
    public static final int VERSION_OFFSET = MAGIC_OFFSET + Integer.BYTES;
    /** Offset of the storage contract. */
    public static final int CONTRACT_OFFSET = VERSION_OFFSET + Short.BYTES;
    /** Offset of the preparation. */
    public static final int PREPARATION_OFFSET = CONTRACT_OFFSET + Byte.BYTES;
    /** Offset of the log id's lower half. */
    public static final int LOG_ID_LOW_OFFSET = PREPARATION_OFFSET + Byte.BYTES;
    /** Offset of the log id's upper half. */
    public static final int LOG_ID_HIGH_OFFSET = LOG_ID_LOW_OFFSET + Long.BYTES;
    /** Offset of the segment number. */
    public static final int SEGMENT_OFFSET = LOG_ID_HIGH_OFFSET + Long.BYTES;
    /** Offset of the salt. */
    public static final int SALT_OFFSET = SEGMENT_OFFSET + Long.BYTES;
    /** Offset of the epoch. */
    public static final int EPOCH_OFFSET = SALT_OFFSET + Long.BYTES;
    /** Offset of the block size. */
    public static final int BLOCK_SIZE_OFFSET = EPOCH_OFFSET + Long.BYTES;
    /** Offset of the block count. */
    public static final int BLOCK_COUNT_OFFSET = BLOCK_SIZE_OFFSET + Integer.BYTES;
    /** Offset of K. */
    public static final int UNSYNCED_MAX_OFFSET = BLOCK_COUNT_OFFSET + Integer.BYTES;
    /** Offset of the largest batch's blocks. */
    public static final int BATCH_BLOCKS_MAX_OFFSET = UNSYNCED_MAX_OFFSET + Integer.BYTES;
    /** Offset of the base LSN. */
    public static final int BASE_LSN_OFFSET = BATCH_BLOCKS_MAX_OFFSET + Integer.BYTES;
    /** Offset of the base batch. */
    public static final int BASE_BATCH_OFFSET = BASE_LSN_OFFSET + Long.BYTES;
    /** Offset of the base sequence. */
    public static final int BASE_SEQUENCE_OFFSET = BASE_BATCH_OFFSET + Long.BYTES;
    /** Offset of the predecessor's segment number. */
    public static final int PREDECESSOR_SEGMENT_OFFSET = BASE_SEQUENCE_OFFSET + Long.BYTES;
    /** Offset of the predecessor's kind. */
    public static final int PREDECESSOR_KIND_OFFSET = PREDECESSOR_SEGMENT_OFFSET + Long.BYTES;
    /** Offset of the predecessor's last batch's block. */
    public static final int PREDECESSOR_BLOCK_OFFSET = PREDECESSOR_KIND_OFFSET + Integer.BYTES;
    /** Offset of the predecessor's last batch. */
    public static final int PREDECESSOR_BATCH_OFFSET = PREDECESSOR_BLOCK_OFFSET + Integer.BYTES;
    /** Offset of the predecessor's chain value. */
    public static final int PREDECESSOR_CHAIN_OFFSET = PREDECESSOR_BATCH_OFFSET + Long.BYTES;
    /** Offset of the predecessor's end LSN. */
    public static final int PREDECESSOR_END_LSN_OFFSET = PREDECESSOR_CHAIN_OFFSET + Long.BYTES;
    /** Offset of the predecessor's end sequence. */
    public static final int PREDECESSOR_END_SEQUENCE_OFFSET = PREDECESSOR_END_LSN_OFFSET + Long.BYTES;
    /** Offset of the summary of the storage below. */
    public static final int STORAGE_OFFSET = PREDECESSOR_END_SEQUENCE_OFFSET + Long.BYTES;
    /** Offset of the reserved bytes. */
    public static final int RESERVED_OFFSET = STORAGE_OFFSET + Integer.BYTES;
    /** Offset of the CRC. */
    public static final int CRC_OFFSET = 252;
    /** Length of the structure. */
    public static final int LENGTH = CRC_OFFSET + Integer.BYTES;

    private SegmentHeaderDescriptor() {
    }

    /**
     * Writes a header.
     *
     * @param header the values
     * @param memory where
     * @param at     offset of its first byte
     */
    public static void encode(SegmentHeader header, MemorySegment memory, long at) {
        memory.asSlice(at, LENGTH).fill((byte) 0);
        i32(memory, at + MAGIC_OFFSET, MAGIC);
        u16(memory, at + VERSION_OFFSET, VERSION);
        u8(memory, at + CONTRACT_OFFSET, header.origin().contract().code());
        u8(memory, at + PREPARATION_OFFSET, header.origin().preparation().code());
        i64(memory, at + LOG_ID_LOW_OFFSET, header.logId().low());
        i64(memory, at + LOG_ID_HIGH_OFFSET, header.logId().high());
        i64(memory, at + SEGMENT_OFFSET, header.segment());
        i64(memory, at + SALT_OFFSET, header.salt());
        i64(memory, at + EPOCH_OFFSET, header.epoch());
        i32(memory, at + BLOCK_SIZE_OFFSET, header.geometry().blockSize());
        i32(memory, at + BLOCK_COUNT_OFFSET, header.geometry().blockCount());
        i32(memory, at + UNSYNCED_MAX_OFFSET, header.geometry().unsyncedMax());
        i32(memory, at + BATCH_BLOCKS_MAX_OFFSET, header.geometry().batchBlocksMax());
        i64(memory, at + BASE_LSN_OFFSET, header.baseLsn());
        i64(memory, at + BASE_BATCH_OFFSET, header.baseBatch());
        i64(memory, at + BASE_SEQUENCE_OFFSET, header.baseSequence());
        encodePredecessor(header.predecessor(), memory, at);
        i32(memory, at + STORAGE_OFFSET, header.origin().storage().code());
        i32(memory, at + CRC_OFFSET, Checksum.of(memory, at, CRC_OFFSET));
        assert check(memory, at) == Defect.NONE : check(memory, at);
        assert decode(memory, at).equals(header);
    }

    private static void encodePredecessor(Predecessor predecessor, MemorySegment memory, long at) {
        i64(memory, at + PREDECESSOR_SEGMENT_OFFSET, predecessor.segment());
        i32(memory, at + PREDECESSOR_KIND_OFFSET, predecessor.kind().code());
        i32(memory, at + PREDECESSOR_BLOCK_OFFSET, predecessor.block());
        i64(memory, at + PREDECESSOR_BATCH_OFFSET, predecessor.batch());
        i64(memory, at + PREDECESSOR_CHAIN_OFFSET, predecessor.chain());
        i64(memory, at + PREDECESSOR_END_LSN_OFFSET, predecessor.endLsn());
        i64(memory, at + PREDECESSOR_END_SEQUENCE_OFFSET, predecessor.endSequence());
    }

    /**
     * Judges bytes by themselves: envelope, CRC, and every field's range.
     *
     * @param memory where
     * @param at     offset of the first byte
     * @return the first defect, {@link Defect#NONE} if the header may be decoded
     */
    public static Defect check(MemorySegment memory, long at) {
        if (memory.byteSize() - at < LENGTH) {
            return Defect.TRUNCATED;
        }
        Defect envelope = Envelope.check(memory, at, MAGIC, CRC_OFFSET);
        if (envelope != Defect.NONE) {
            return envelope;
        }
        if (StorageContract.of(u8(memory, at + CONTRACT_OFFSET)) == null
            || SegmentHeader.Preparation.of(u8(memory, at + PREPARATION_OFFSET)) == null
            || !StorageSummary.isValid(i32(memory, at + STORAGE_OFFSET))) {
            return Defect.KIND;
        }
        if ((i64(memory, at + LOG_ID_LOW_OFFSET) | i64(memory, at + LOG_ID_HIGH_OFFSET)) == 0) {
            return Defect.LOG_ID;
        }
        return checkFields(memory, at);
    }

    private static Defect checkFields(MemorySegment memory, long at) {
        int blockSize = i32(memory, at + BLOCK_SIZE_OFFSET);
        int blockCount = i32(memory, at + BLOCK_COUNT_OFFSET);
        if (!Geometry.isPossible(blockSize, blockCount, i32(memory, at + UNSYNCED_MAX_OFFSET),
            i32(memory, at + BATCH_BLOCKS_MAX_OFFSET))) {
            return Defect.GEOMETRY;
        }
        if (!isNumber(i64(memory, at + SEGMENT_OFFSET))) {
            return Defect.SEGMENT;
        }
        if (!isNumber(i64(memory, at + EPOCH_OFFSET))) {
            return Defect.EPOCH;
        }
        if (!isNumber(i64(memory, at + BASE_BATCH_OFFSET))) {
            return Defect.BATCH;
        }
        if (!isNumber(i64(memory, at + BASE_SEQUENCE_OFFSET))) {
            return Defect.SEQUENCE;
        }
        long baseLsn = i64(memory, at + BASE_LSN_OFFSET);
        if (baseLsn < 0 || baseLsn > NUMBER_MAX - (long) blockSize * blockCount) {
            return Defect.LENGTH;
        }
        return checkPredecessor(memory, at);
    }

    static boolean isNumber(long value) {
        return value >= 1 && value <= NUMBER_MAX;
    }

    private static Defect checkPredecessor(MemorySegment memory, long at) {
        Predecessor.Kind kind = Predecessor.Kind.of(i32(memory, at + PREDECESSOR_KIND_OFFSET));
        long segment = i64(memory, at + PREDECESSOR_SEGMENT_OFFSET);
        boolean possible = kind != null
            && (kind == Predecessor.Kind.ORIGIN ? segment == 0 : segment > 0 && segment < i64(memory, at + SEGMENT_OFFSET))
            && i32(memory, at + PREDECESSOR_BLOCK_OFFSET) >= 0
            && i64(memory, at + PREDECESSOR_BATCH_OFFSET) >= 0
            && i64(memory, at + PREDECESSOR_BATCH_OFFSET) < i64(memory, at + BASE_BATCH_OFFSET)
            && i64(memory, at + PREDECESSOR_END_LSN_OFFSET) >= 0
            && i64(memory, at + PREDECESSOR_END_LSN_OFFSET) <= i64(memory, at + BASE_LSN_OFFSET)
            && i64(memory, at + PREDECESSOR_END_SEQUENCE_OFFSET) == i64(memory, at + BASE_SEQUENCE_OFFSET);
        if (!possible) {
            return Defect.PREDECESSOR;
        }
        for (int i = RESERVED_OFFSET; i < CRC_OFFSET; i += Integer.BYTES) {
            if (i32(memory, at + i) != 0) {
                return Defect.RESERVED;
            }
        }
        return Defect.NONE;
    }

    /**
     * Reads a header that {@link #check} found valid.
     *
     * @param memory where
     * @param at     offset of the first byte
     * @return the values
     */
    public static SegmentHeader decode(MemorySegment memory, long at) {
        assert check(memory, at) == Defect.NONE : check(memory, at);
        return new SegmentHeader(
            new LogId(i64(memory, at + LOG_ID_HIGH_OFFSET), i64(memory, at + LOG_ID_LOW_OFFSET)),
            i64(memory, at + SEGMENT_OFFSET), i64(memory, at + SALT_OFFSET), i64(memory, at + EPOCH_OFFSET),
            new Geometry(i32(memory, at + BLOCK_SIZE_OFFSET), i32(memory, at + BLOCK_COUNT_OFFSET),
                i32(memory, at + UNSYNCED_MAX_OFFSET), i32(memory, at + BATCH_BLOCKS_MAX_OFFSET)),
            new SegmentHeader.Origin(StorageContract.of(u8(memory, at + CONTRACT_OFFSET)),
                SegmentHeader.Preparation.of(u8(memory, at + PREPARATION_OFFSET)),
                new StorageSummary(i32(memory, at + STORAGE_OFFSET))),
            i64(memory, at + BASE_LSN_OFFSET), i64(memory, at + BASE_BATCH_OFFSET), i64(memory, at + BASE_SEQUENCE_OFFSET),
            new Predecessor(Predecessor.Kind.of(i32(memory, at + PREDECESSOR_KIND_OFFSET)),
                i64(memory, at + PREDECESSOR_SEGMENT_OFFSET), i64(memory, at + PREDECESSOR_BATCH_OFFSET),
                i32(memory, at + PREDECESSOR_BLOCK_OFFSET), i64(memory, at + PREDECESSOR_CHAIN_OFFSET),
                i64(memory, at + PREDECESSOR_END_LSN_OFFSET), i64(memory, at + PREDECESSOR_END_SEQUENCE_OFFSET)));
    }
}
