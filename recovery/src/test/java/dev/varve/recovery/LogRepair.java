package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.FooterDescriptor;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Makes what was changed look genuine: computes checksums and links anew, so that what lies behind them gets to see the change. Notes every
 * record whose CRC it had to make right: these, and no others, are records that nobody appended.
 *
 * <p>Owned by one thread; used for one image.
 */
final class LogRepair {
    /** What is made right. */
    enum Part { MANIFEST, SEGMENT_HEADER, LIFE, RECORD, FOOTER, BODY, CHAIN, BATCH_HEADER, LINK }

    /** Where a record lies: its LSN means nothing without the segment's life. */
    record Place(long salt, long lsn) {
    }

    private static final int BLOCK = 4096;
    private static final int KIND_DATA = 1;
    private static final int KIND_SEAL = 2;

    private final LogImage image;
    private final Set<Part> parts;
    private final Map<Place, String> whole = new HashMap<>();
    private final Map<Place, Set<String>> repaired = new HashMap<>();
    /** The last batch that was passed, null at first. */
    private BatchHeader last;
    private long lastEndLsn;

    LogRepair(LogImage image, Set<Part> parts) {
        this.image = image;
        this.parts = parts;
    }

    /** Records whose CRCs were right, by their places. */
    Map<Place, String> whole() {
        return whole;
    }

    /** Records whose CRCs were made right. Several at one place, if a file lies there under several names. */
    Map<Place, Set<String>> repaired() {
        return repaired;
    }

    /** Goes through all files; changes nothing if no part is to be made right. */
    void run() {
        for (String name : image.segments()) {
            ByteBuffer file = parts.isEmpty() ? image.buffer(name) : image.changed(name);
            if (file.capacity() >= 2 * BLOCK) {
                segment(file);
            }
        }
        if (image.names().contains(SegmentName.MANIFEST) && parts.contains(Part.MANIFEST)) {
            ByteBuffer file = image.changed(SegmentName.MANIFEST);
            for (int at = 0; at + BLOCK <= file.capacity(); at += ManifestDescriptor.SLOT_DISTANCE) {
                checksum(file, at, ManifestDescriptor.CRC_OFFSET);
            }
        }
    }

    private static void checksum(ByteBuffer file, int at, int length) {
        file.putInt(at + length, Checksum.of(MemorySegment.ofBuffer(file), at, length));
    }

    private void segment(ByteBuffer file) {
        if (parts.contains(Part.LINK) && last != null) {
            link(file);
        }
        if (parts.contains(Part.SEGMENT_HEADER)) {
            for (int at = 0; at + BLOCK <= file.capacity(); at += BLOCK) {
                if (file.getInt(at) == SegmentHeaderDescriptor.MAGIC) {
                    checksum(file, at, SegmentHeaderDescriptor.CRC_OFFSET);
                }
            }
        }
        long chain = file.getLong(SegmentHeaderDescriptor.PREDECESSOR_CHAIN_OFFSET);
        int at = BLOCK;
        while (at + BLOCK <= file.capacity()) {
            int blocks = 1;
            if (file.getInt(at) == BatchHeaderDescriptor.MAGIC) {
                int claimed = file.getInt(at + BatchHeaderDescriptor.BLOCKS_OFFSET);
                blocks = claimed >= 1 && claimed <= (file.capacity() - at) / BLOCK ? claimed : 1;
                batch(file, at, at + blocks * BLOCK, chain);
                chain = last == null ? chain : last.chain();
            }
            at += blocks * BLOCK;
        }
    }

    /** Says in a header that it follows the last batch of the file before it. */
    private void link(ByteBuffer file) {
        file.putInt(SegmentHeaderDescriptor.PREDECESSOR_BLOCK_OFFSET, last.content().block());
        file.putLong(SegmentHeaderDescriptor.PREDECESSOR_BATCH_OFFSET, last.batch());
        file.putLong(SegmentHeaderDescriptor.PREDECESSOR_CHAIN_OFFSET, last.chain());
        file.putLong(SegmentHeaderDescriptor.PREDECESSOR_END_LSN_OFFSET, lastEndLsn);
        file.putLong(SegmentHeaderDescriptor.PREDECESSOR_END_SEQUENCE_OFFSET, last.endSequence());
        file.putLong(SegmentHeaderDescriptor.BASE_SEQUENCE_OFFSET, last.endSequence());
    }

    private void batch(ByteBuffer file, int at, int end, long chain) {
        MemorySegment memory = MemorySegment.ofBuffer(file);
        if (parts.contains(Part.LIFE)) {
            file.putLong(at + BatchHeaderDescriptor.LOG_ID_LOW_OFFSET, file.getLong(SegmentHeaderDescriptor.LOG_ID_LOW_OFFSET));
            file.putLong(at + BatchHeaderDescriptor.SALT_OFFSET, file.getLong(SegmentHeaderDescriptor.SALT_OFFSET));
            file.putLong(at + BatchHeaderDescriptor.SEGMENT_OFFSET, file.getLong(SegmentHeaderDescriptor.SEGMENT_OFFSET));
        }
        int kind = file.get(at + BatchHeaderDescriptor.KIND_OFFSET);
        int body = at + BatchHeaderDescriptor.LENGTH;
        if (kind == KIND_DATA) {
            records(file, body, Math.clamp((long) body + file.getInt(at + BatchHeaderDescriptor.BODY_LENGTH_OFFSET), body, end));
        } else if (kind == KIND_SEAL && parts.contains(Part.FOOTER)) {
            checksum(file, body, FooterDescriptor.CRC_OFFSET);
        }
        if (parts.contains(Part.BODY)) {
            file.putInt(at + BatchHeaderDescriptor.BODY_CRC_OFFSET, Checksum.of(memory, body, end - body));
        }
        if (parts.contains(Part.CHAIN)) {
            file.putLong(at + BatchHeaderDescriptor.PREVIOUS_CHAIN_OFFSET, chain);
        }
        if (parts.contains(Part.BATCH_HEADER)) {
            checksum(file, at, BatchHeaderDescriptor.HEADER_CRC_OFFSET);
        }
        last = BatchHeaderDescriptor.decode(memory, at);
        lastEndLsn = file.getLong(SegmentHeaderDescriptor.BASE_LSN_OFFSET) + end;
    }

    private void records(ByteBuffer file, int from, int end) {
        MemorySegment memory = MemorySegment.ofBuffer(file);
        long salt = file.getLong(SegmentHeaderDescriptor.SALT_OFFSET);
        long baseLsn = file.getLong(SegmentHeaderDescriptor.BASE_LSN_OFFSET);
        int at = from;
        while (end - at >= RecordDescriptor.HEADER_LENGTH) {
            int length = RecordDescriptor.length(memory, at);
            if (length < 0 || RecordDescriptor.alignedLength(length) > end - at) {
                return;
            }
            MemorySegment payload = memory.asSlice(at + RecordDescriptor.HEADER_LENGTH, length);
            int meta = RecordDescriptor.meta(RecordDescriptor.kind(memory, at), RecordDescriptor.flags(memory, at));
            int crc = RecordDescriptor.mix(RecordDescriptor.contentCrc(new Checksum(), meta, payload), salt, baseLsn + at);
            String text = text(payload);
            if (crc == RecordDescriptor.storedCrc(memory, at)) {
                whole.put(new Place(salt, baseLsn + at), text);
            } else if (parts.contains(Part.RECORD)) {
                file.putInt(at + RecordDescriptor.CRC_OFFSET, crc);
                repaired.computeIfAbsent(new Place(salt, baseLsn + at), _ -> new HashSet<>()).add(text);
            }
            at += (int) RecordDescriptor.alignedLength(length);
        }
    }

    /** Bytes as text, one character each. */
    static String text(MemorySegment bytes) {
        return new String(bytes.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }
}
