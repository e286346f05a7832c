package dev.varve.recovery;

import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.UnsupportedVersionException;

/**
 * Tells a batch that a newer version wrote from bytes that only look like one. Has no state.
 *
 * <p>A right CRC and a header that names this very life and block prove that a program wrote it here. What it means is not known, so
 * neither "torn" nor "damaged" may be concluded from it.
 */
final class NewerBatch {
    private NewerBatch() {
    }

    /**
     * Refuses a batch of a newer version.
     *
     * @param stream  has loaded the block
     * @param offset  where the block starts in the file; a header lies there whose CRC is right and whose version is unknown
     * @param segment the segment's header
     * @throws UnsupportedVersionException if it was written for this place
     */
    static void refuse(BlockStream stream, long offset, SegmentHeader segment) {
        int block = Math.toIntExact(offset / segment.geometry().blockSize());
        if (BatchRule.isAddressed(stream.memory(), stream.at(offset), segment, block)) {
            throw new UnsupportedVersionException(text(stream, offset));
        }
    }

    /** Which structure it is, and where. */
    static String text(BlockStream stream, long offset) {
        return "the batch header at offset " + offset + " of " + stream.path();
    }
}
