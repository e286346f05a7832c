package dev.varve.recovery;

import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.SegmentHeader;
import java.util.List;

/**
 * The segments of a sound log: each is linked, is there once, and has a valid header.
 *
 * @param manifest the newest valid slot
 * @param segments headers by the links, lowest first; the last one is the last that was begun
 * @param ahead    the segment that the manifest names beyond the last begun one
 * @param unbegun  numbers beyond the manifest's highest whose files were prepared but never named there
 */
record Inventory(Manifest manifest, List<SegmentHeader> segments, Ahead ahead, List<Long> unbegun) {
    /**
     * A segment that was prepared and named but not begun.
     *
     * @param segment    its number, 0 if there is none
     * @param fileLength bytes of its file
     */
    record Ahead(long segment, long fileLength) {
        static final Ahead NONE = new Ahead(0, 0);

        boolean exists() {
            return segment != 0;
        }
    }

    SegmentHeader last() {
        return segments.getLast();
    }
}
