package dev.varve.engine.segment;

import java.lang.foreign.MemorySegment;

/** The structures that have an envelope, each with its golden bytes and its check. */
enum Structure {
    SEGMENT_HEADER("segment-header", SegmentHeaderDescriptor.LENGTH, SegmentHeaderDescriptor.CRC_OFFSET) {
        @Override
        Defect check(MemorySegment memory) {
            return SegmentHeaderDescriptor.check(memory, 0);
        }
    },
    BATCH_HEADER("batch-data", BatchHeaderDescriptor.LENGTH, BatchHeaderDescriptor.HEADER_CRC_OFFSET) {
        @Override
        Defect check(MemorySegment memory) {
            return BatchHeaderDescriptor.check(memory, 0);
        }
    },
    MANIFEST("manifest", ManifestDescriptor.LENGTH, ManifestDescriptor.CRC_OFFSET) {
        @Override
        Defect check(MemorySegment memory) {
            return ManifestDescriptor.check(memory, 0);
        }
    },
    FOOTER("footer", FooterDescriptor.HEADER_LENGTH + FooterDescriptor.ENTRY_LENGTH, FooterDescriptor.CRC_OFFSET) {
        @Override
        Defect check(MemorySegment memory) {
            return FooterDescriptor.check(memory, 0, memory.byteSize());
        }
    };

    private final String resource;
    private final int length;
    private final int crcOffset;

    Structure(String resource, int length, int crcOffset) {
        this.resource = resource;
        this.length = length;
        this.crcOffset = crcOffset;
    }

    abstract Defect check(MemorySegment memory);

    /** Its golden bytes, free to be damaged. */
    MemorySegment golden() {
        return GoldenBytes.of(resource).memory().asSlice(0, length);
    }

    /** The bytes that its own CRC covers, and the CRC. */
    int envelopeLength() {
        return crcOffset + Integer.BYTES;
    }

    void repairCrc(MemorySegment memory) {
        LittleEndian.i32(memory, crcOffset, Checksum.of(memory, 0, crcOffset));
    }

    /** The verdict on golden bytes of which one field was changed and whose CRC is right again. */
    Defect checkWith(Change change) {
        MemorySegment memory = golden();
        change.apply(memory);
        repairCrc(memory);
        return check(memory);
    }

    /**
     * Another value for one field.
     *
     * @param field  its name, for the report
     * @param offset where it lies
     * @param width  its bytes: 1, 2, 4 or 8
     * @param value  the value
     */
    record Change(String field, int offset, int width, long value) {
        static Change of8(String field, int offset, int value) {
            return new Change(field, offset, Byte.BYTES, value);
        }

        static Change of16(String field, int offset, int value) {
            return new Change(field, offset, Short.BYTES, value);
        }

        static Change of32(String field, int offset, int value) {
            return new Change(field, offset, Integer.BYTES, value);
        }

        static Change of64(String field, int offset, long value) {
            return new Change(field, offset, Long.BYTES, value);
        }

        void apply(MemorySegment memory) {
            switch (width) {
                case Byte.BYTES -> LittleEndian.u8(memory, offset, (int) value);
                case Short.BYTES -> LittleEndian.u16(memory, offset, (int) value);
                case Integer.BYTES -> LittleEndian.i32(memory, offset, (int) value);
                case Long.BYTES -> LittleEndian.i64(memory, offset, value);
                default -> throw new IllegalArgumentException("width=" + width);
            }
        }

        @Override
        public String toString() {
            return field + " = " + value;
        }
    }
}
