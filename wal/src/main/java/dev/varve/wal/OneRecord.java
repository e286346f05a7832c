package dev.varve.wal;

import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * One record, checksummed before it has a place.
 *
 * @param meta    kind and flags
 * @param payload its bytes
 * @param crc     the CRC of both, not yet bound to a place
 */
record OneRecord(int meta, MemorySegment payload, int crc) implements Records {
    static OneRecord of(int meta, MemorySegment payload) {
        return new OneRecord(meta, payload, RecordDescriptor.contentCrc(new Checksum(), meta, payload));
    }

    @Override
    public int count() {
        return 1;
    }

    @Override
    public int bytes() {
        return (int) RecordDescriptor.alignedLength(payload.byteSize());
    }

    @Override
    public void write(MemorySegment memory, long at, RecordDescriptor.Place place) {
        MemorySegment.copy(payload, 0, memory, at + RecordDescriptor.HEADER_LENGTH, payload.byteSize());
        bind(memory, at, place);
    }

    @Override
    public void bind(MemorySegment memory, long at, RecordDescriptor.Place place) {
        int stored = RecordDescriptor.mix(crc, place.salt(), place.lsn());
        RecordDescriptor.encode(memory, at, new RecordDescriptor.Frame((int) payload.byteSize(), meta, stored));
    }

    @Override
    public int offset(int index) {
        return 0;
    }
}
