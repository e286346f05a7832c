package dev.varve.wal;

import dev.varve.engine.memory.BufferPool;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;

/** What tests of placement start from: buffers over collected memory, small segments one behind the other, records. */
final class Fillings {
    static final int BLOCK = 4096;
    static final int BATCH_LENGTH = 4 * BLOCK;
    static final int HEADER = BatchHeaderDescriptor.LENGTH;
    static final long SEGMENT_LENGTH = 32L * BLOCK;
    static final Geometry GEOMETRY = new Geometry(BLOCK, (int) (SEGMENT_LENGTH / BLOCK), 4, 28);

    private Fillings() {
    }

    /** Buffers for so many standard batches. */
    static BatchBuffers buffers(int batches) {
        return buffers(MemorySource.collected(), batches);
    }

    static BatchBuffers buffers(MemorySource source, int batches) {
        return new BatchBuffers(new BufferPool(source, new BufferPool.Limits(BLOCK, BATCH_LENGTH, (long) batches * BATCH_LENGTH)));
    }

    /** The n-th segment, its salt made from its number. */
    static SegmentPlace segment(long number) {
        return new SegmentPlace(number, 0x5a17L * number, (number - 1) * SEGMENT_LENGTH, GEOMETRY);
    }

    /** A record of zeros that takes so many bytes in a batch, a multiple of 8. */
    static OneRecord record(int bytes) {
        return OneRecord.of(0, MemorySegment.ofArray(new byte[bytes - RecordDescriptor.HEADER_LENGTH]));
    }

    static Appender.Target nobody() {
        return new Appender.Target(null, null, AckLevel.DURABLE);
    }
}
