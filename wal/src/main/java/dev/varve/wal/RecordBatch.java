package dev.varve.wal;

import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Several records that are appended together: after a crash either all of them are there or none. One thread fills it; it is copied when
 * it is appended and may be cleared and filled again.
 */
public final class RecordBatch {
    private static final int CAPACITY_FIRST = 4096;

    private final Checksum checksum = new Checksum();
    private byte[] bytes = new byte[CAPACITY_FIRST];
    private int end;
    private int[] offsets = new int[16];
    private int[] lengths = new int[16];
    private int[] metas = new int[16];
    private int[] crcs = new int[16];
    private int count;

    /** Makes an empty batch. */
    public RecordBatch() {
        // Grows as records are added.
    }

    /**
     * Adds a record of kind 0.
     *
     * @param payload its bytes, copied
     * @return this
     */
    public RecordBatch add(byte[] payload) {
        return add(0, MemorySegment.ofArray(payload));
    }

    /**
     * Adds a record.
     *
     * @param kind    the caller's own, 0 to 65535
     * @param payload its bytes, copied
     * @return this
     */
    public RecordBatch add(int kind, MemorySegment payload) {
        int meta = RecordDescriptor.meta(AppendOptions.ofKind(kind).kind(), 0);
        long newEnd = end + RecordDescriptor.alignedLength(payload.byteSize());
        if (newEnd > Integer.MAX_VALUE - Long.BYTES) {
            throw new RecordTooLargeException(newEnd, Integer.MAX_VALUE - Long.BYTES);
        }
        makeRoom((int) newEnd);
        int at = end + RecordDescriptor.HEADER_LENGTH;
        MemorySegment.copy(payload, 0, MemorySegment.ofArray(bytes), at, payload.byteSize());
        offsets[count] = end;
        lengths[count] = (int) payload.byteSize();
        metas[count] = meta;
        crcs[count] = RecordDescriptor.contentCrc(checksum, meta, MemorySegment.ofArray(bytes).asSlice(at, payload.byteSize()));
        count++;
        end = (int) newEnd;
        return this;
    }

    private void makeRoom(int newEnd) {
        if (newEnd > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - Long.BYTES, Math.max(newEnd, 2L * bytes.length)));
        }
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
            metas = Arrays.copyOf(metas, 2 * count);
            crcs = Arrays.copyOf(crcs, 2 * count);
        }
    }

    /** Takes all records out. */
    public void clear() {
        end = 0;
        count = 0;
    }

    /**
     * How many records it holds.
     *
     * @return the count
     */
    public int count() {
        return count;
    }

    /**
     * What it counts against the log's limit.
     *
     * @return bytes of all records with their headers and padding
     */
    public int bytes() {
        return end;
    }

    /** The records as the appender takes them. */
    Records records() {
        return new View();
    }

    private final class View implements Records {
        @Override
        public int count() {
            return count;
        }

        @Override
        public int bytes() {
            return end;
        }

        @Override
        public void write(MemorySegment memory, long at, RecordDescriptor.Place place) {
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, at, end);
            bind(memory, at, place);
        }

        @Override
        public void bind(MemorySegment memory, long at, RecordDescriptor.Place place) {
            for (int i = 0; i < count; i++) {
                int stored = RecordDescriptor.mix(crcs[i], place.salt(), place.lsn() + offsets[i]);
                RecordDescriptor.encode(memory, at + offsets[i], new RecordDescriptor.Frame(lengths[i], metas[i], stored));
            }
        }

        @Override
        public int offset(int index) {
            return offsets[index];
        }
    }
}
