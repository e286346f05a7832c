package dev.varve.wal;

import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;

/** One or more records that are placed together, their checksums already computed. */
interface Records {
    /** How many. */
    int count();

    /** Bytes of all with their headers and padding, a multiple of 8. */
    int bytes();

    /**
     * Writes them into the batch where they were placed.
     *
     * @param memory the batch's memory
     * @param at     offset of the first
     * @param place  salt of the segment, and LSN of the first
     */
    void write(MemorySegment memory, long at, RecordDescriptor.Place place);

    /** Writes their headers anew, bound to another place; the payloads are there already. */
    void bind(MemorySegment memory, long at, RecordDescriptor.Place place);

    /** Offset of a record from the first one's. */
    int offset(int index);
}
