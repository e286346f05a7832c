package dev.varve.engine.segment;

import static dev.varve.engine.segment.LittleEndian.i32;
import static dev.varve.engine.segment.LittleEndian.i64;
import static dev.varve.engine.segment.LittleEndian.u16;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Layout of a footer: the body of a SEAL batch. It finds places by LSN, sequence and time without reading what lies before. A SEAL batch
 * without a footer is valid; the reader then walks.
 *
 * <pre>
 *    0       4        6        8       12      16              24              32              40              48
 *    +-------+--------+--------+-------+-------+---------------+---------------+---------------+---------------+
 *    | magic | version| entLen |entries|batches|    records    |    digest     | first time ms | last time ms  |
 *   48                                       60      64        the entries, each:
 *    +----------------------------------------+-------+         0       4       8              16              24              32
 *    |             reserved, zero             |  CRC  |         +-------+-------+---------------+---------------+---------------+
 *    +----------------------------------------+-------+         | block |   0   |     batch     | first sequence|    time ms    |
 * </pre>
 *
 * <p>The digest is the chain value of the last batch before the SEAL: each chain value covers the one before it, so it stands for the
 * whole segment and, through the predecessor link, for the log before it. The entries are covered by the batch's body CRC.
 */
public final class FooterDescriptor {
    /** "VRVF". */
    public static final int MAGIC = 0x46565256;

    /** Offset of the magic number. */
    public static final int MAGIC_OFFSET = 0;
    /** Offset of the version. */
    public static final int VERSION_OFFSET = MAGIC_OFFSET + Integer.BYTES;
    /** Offset of an entry's length. */
    public static final int ENTRY_LENGTH_OFFSET = VERSION_OFFSET + Short.BYTES;
    /** Offset of the number of entries. */
    public static final int ENTRY_COUNT_OFFSET = ENTRY_LENGTH_OFFSET + Short.BYTES;
    /** Offset of the number of data batches. */
    public static final int BATCH_COUNT_OFFSET = ENTRY_COUNT_OFFSET + Integer.BYTES;
    /** Offset of the number of records. */
    public static final int RECORD_COUNT_OFFSET = BATCH_COUNT_OFFSET + Integer.BYTES;
    /** Offset of the digest. */
    public static final int DIGEST_OFFSET = RECORD_COUNT_OFFSET + Long.BYTES;
    /** Offset of the first data batch's time. */
    public static final int FIRST_TIME_MS_OFFSET = DIGEST_OFFSET + Long.BYTES;
    /** Offset of the last data batch's time. */
    public static final int LAST_TIME_MS_OFFSET = FIRST_TIME_MS_OFFSET + Long.BYTES;
    /** Offset of the reserved bytes. */
    public static final int RESERVED_OFFSET = LAST_TIME_MS_OFFSET + Long.BYTES;
    /** Offset of the CRC. */
    public static final int CRC_OFFSET = 60;
    /** Length of the structure without entries. */
    public static final int HEADER_LENGTH = CRC_OFFSET + Integer.BYTES;

    /** Offset of an entry's block number. */
    public static final int ENTRY_BLOCK_OFFSET = 0;
    /** Offset of an entry's reserved bytes. */
    public static final int ENTRY_RESERVED_OFFSET = ENTRY_BLOCK_OFFSET + Integer.BYTES;
    /** Offset of an entry's batch number. */
    public static final int ENTRY_BATCH_OFFSET = ENTRY_RESERVED_OFFSET + Integer.BYTES;
    /** Offset of an entry's first sequence. */
    public static final int ENTRY_SEQUENCE_OFFSET = ENTRY_BATCH_OFFSET + Long.BYTES;
    /** Offset of an entry's time. */
    public static final int ENTRY_TIME_MS_OFFSET = ENTRY_SEQUENCE_OFFSET + Long.BYTES;
    /** Length of an entry. */
    public static final int ENTRY_LENGTH = ENTRY_TIME_MS_OFFSET + Long.BYTES;
    /** The most entries: a SEAL batch then fits one block of the smallest size. */
    public static final int ENTRY_COUNT_MAX =
        (Geometry.BLOCK_SIZE_MIN - BatchHeaderDescriptor.LENGTH - HEADER_LENGTH) / ENTRY_LENGTH;

    private FooterDescriptor() {
    }

    /**
     * The bytes a footer takes.
     *
     * @param footer the footer
     * @return header and entries
     */
    public static int length(Footer footer) {
        return HEADER_LENGTH + footer.entries().size() * ENTRY_LENGTH;
    }

    /**
     * Writes a footer.
     *
     * @param footer the values
     * @param memory where
     * @param at     offset of its first byte
     */
    public static void encode(Footer footer, MemorySegment memory, long at) {
        memory.asSlice(at, length(footer)).fill((byte) 0);
        i32(memory, at + MAGIC_OFFSET, MAGIC);
        u16(memory, at + VERSION_OFFSET, SegmentHeaderDescriptor.VERSION);
        u16(memory, at + ENTRY_LENGTH_OFFSET, ENTRY_LENGTH);
        i32(memory, at + ENTRY_COUNT_OFFSET, footer.entries().size());
        i32(memory, at + BATCH_COUNT_OFFSET, footer.batchCount());
        i64(memory, at + RECORD_COUNT_OFFSET, footer.recordCount());
        i64(memory, at + DIGEST_OFFSET, footer.digest());
        i64(memory, at + FIRST_TIME_MS_OFFSET, footer.firstTimeMs());
        i64(memory, at + LAST_TIME_MS_OFFSET, footer.lastTimeMs());
        i32(memory, at + CRC_OFFSET, Checksum.of(memory, at, CRC_OFFSET));
        long entryAt = at + HEADER_LENGTH;
        for (Footer.Entry entry : footer.entries()) {
            i32(memory, entryAt + ENTRY_BLOCK_OFFSET, entry.block());
            i64(memory, entryAt + ENTRY_BATCH_OFFSET, entry.batch());
            i64(memory, entryAt + ENTRY_SEQUENCE_OFFSET, entry.firstSequence());
            i64(memory, entryAt + ENTRY_TIME_MS_OFFSET, entry.timeMs());
            entryAt += ENTRY_LENGTH;
        }
        assert check(memory, at, at + length(footer)) == Defect.NONE;
    }

    /**
     * Judges bytes by themselves.
     *
     * @param memory where
     * @param at     offset of the first byte
     * @param end    end of the SEAL batch's body, exclusive
     * @return the first defect, {@link Defect#NONE} if the footer may be decoded
     */
    public static Defect check(MemorySegment memory, long at, long end) {
        if (end - at < HEADER_LENGTH) {
            return Defect.TRUNCATED;
        }
        Defect envelope = Envelope.check(memory, at, MAGIC, CRC_OFFSET);
        if (envelope != Defect.NONE) {
            return envelope;
        }
        int entries = i32(memory, at + ENTRY_COUNT_OFFSET);
        boolean possible = entries >= 0 && entries <= ENTRY_COUNT_MAX && u16(memory, at + ENTRY_LENGTH_OFFSET) == ENTRY_LENGTH
            && i32(memory, at + BATCH_COUNT_OFFSET) >= entries && i64(memory, at + RECORD_COUNT_OFFSET) >= 0
            && end - at == HEADER_LENGTH + (long) entries * ENTRY_LENGTH;
        if (!possible) {
            return Defect.LENGTH;
        }
        if (!Envelope.isZero(memory, at + RESERVED_OFFSET, CRC_OFFSET - RESERVED_OFFSET)) {
            return Defect.RESERVED;
        }
        return checkEntries(memory, at + HEADER_LENGTH, entries);
    }

    /** Searching needs entries that ascend. */
    private static Defect checkEntries(MemorySegment memory, long from, int count) {
        int block = 0;
        long batch = 0;
        long sequence = 1;
        for (long at = from; at < from + (long) count * ENTRY_LENGTH; at += ENTRY_LENGTH) {
            if (i32(memory, at + ENTRY_RESERVED_OFFSET) != 0) {
                return Defect.RESERVED;
            }
            if (i32(memory, at + ENTRY_BLOCK_OFFSET) <= block) {
                return Defect.BLOCK;
            }
            if (i64(memory, at + ENTRY_BATCH_OFFSET) <= batch) {
                return Defect.BATCH;
            }
            if (i64(memory, at + ENTRY_SEQUENCE_OFFSET) < sequence) {
                return Defect.SEQUENCE;
            }
            block = i32(memory, at + ENTRY_BLOCK_OFFSET);
            batch = i64(memory, at + ENTRY_BATCH_OFFSET);
            sequence = i64(memory, at + ENTRY_SEQUENCE_OFFSET);
        }
        return Defect.NONE;
    }

    /**
     * Reads a footer that {@link #check} found valid.
     *
     * @param memory where
     * @param at     offset of the first byte
     * @return the values
     */
    public static Footer decode(MemorySegment memory, long at) {
        List<Footer.Entry> entries = new ArrayList<>();
        long entryAt = at + HEADER_LENGTH;
        for (int i = i32(memory, at + ENTRY_COUNT_OFFSET); i > 0; i--) {
            entries.add(new Footer.Entry(i32(memory, entryAt + ENTRY_BLOCK_OFFSET), i64(memory, entryAt + ENTRY_BATCH_OFFSET),
                i64(memory, entryAt + ENTRY_SEQUENCE_OFFSET), i64(memory, entryAt + ENTRY_TIME_MS_OFFSET)));
            entryAt += ENTRY_LENGTH;
        }
        return new Footer(List.copyOf(entries), i32(memory, at + BATCH_COUNT_OFFSET), i64(memory, at + RECORD_COUNT_OFFSET),
            i64(memory, at + DIGEST_OFFSET), i64(memory, at + FIRST_TIME_MS_OFFSET), i64(memory, at + LAST_TIME_MS_OFFSET));
    }
}
