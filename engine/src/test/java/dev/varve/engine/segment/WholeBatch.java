package dev.varve.engine.segment;

import java.lang.foreign.MemorySegment;

/** Golden batches judged by the whole rule of validity: header, place, order and body. */
final class WholeBatch {
    private WholeBatch() {
    }

    static Defect judge(MemorySegment memory, SegmentHeader segment, BatchRule.Position position) {
        Defect defect = BatchHeaderDescriptor.check(memory, 0);
        if (defect != Defect.NONE) {
            return defect;
        }
        BatchHeader header = BatchHeaderDescriptor.decode(memory, 0);
        defect = BatchRule.belongs(header, segment, position.block());
        if (defect == Defect.NONE) {
            defect = BatchRule.follows(header, position);
        }
        if (defect == Defect.NONE && bodyCrc(memory, header, segment) != header.bodyCrc()) {
            defect = Defect.BODY_CRC;
        }
        return defect;
    }

    private static int bodyCrc(MemorySegment memory, BatchHeader header, SegmentHeader segment) {
        long length = (long) header.content().blocks() * segment.geometry().blockSize();
        return Checksum.of(memory, BatchHeaderDescriptor.LENGTH, length - BatchHeaderDescriptor.LENGTH);
    }
}
