package dev.varve.engine.segment;

import static dev.varve.engine.segment.LittleEndian.i32;
import static dev.varve.engine.segment.LittleEndian.u16;

import java.lang.foreign.MemorySegment;

/**
 * What all structures share: magic number, version, and a CRC over everything before it.
 *
 * <p>The CRC's place never changes between versions. So a version this build does not know is told from a damaged version field: the
 * first has a good CRC, the second has not.
 */
final class Envelope {
    static final int VERSION_OFFSET = Integer.BYTES;

    private Envelope() {
    }

    static Defect check(MemorySegment memory, long at, int magic, int crcOffset) {
        int found = i32(memory, at);
        if (found != magic) {
            return found == 0 && isZero(memory, at, crcOffset + Integer.BYTES) ? Defect.NEVER_WRITTEN : Defect.MAGIC;
        }
        if (i32(memory, at + crcOffset) != Checksum.of(memory, at, crcOffset)) {
            return Defect.HEADER_CRC;
        }
        if (u16(memory, at + VERSION_OFFSET) != SegmentHeaderDescriptor.VERSION) {
            return Defect.VERSION;
        }
        return Defect.NONE;
    }

    static boolean isZero(MemorySegment memory, long from, int length) {
        for (long i = from; i < from + length; i += Integer.BYTES) {
            if (i32(memory, i) != 0) {
                return false;
            }
        }
        return true;
    }
}
