package dev.varve.wal;

import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.SegmentHeader;

/**
 * What appenders must know of a segment to give out places in it; known before its header is written.
 *
 * @param segment  its number
 * @param salt     its salt
 * @param baseLsn  LSN of byte 0
 * @param geometry its measures
 */
record SegmentPlace(long segment, long salt, long baseLsn, Geometry geometry) {
    static SegmentPlace of(SegmentHeader header) {
        return new SegmentPlace(header.segment(), header.salt(), header.baseLsn(), header.geometry());
    }

    long lsnOfBlock(long block) {
        return baseLsn + block * geometry.blockSize();
    }

    /** Blocks for data from a block on. */
    int room(int block) {
        return geometry.dataEndBlock() - block;
    }
}
