package dev.varve.engine.segment;

import dev.varve.engine.io.IoFile;

/**
 * A file that is ready to become a segment, under the segment's name, content and name durable.
 *
 * @param segment     the segment's number
 * @param file        the open file
 * @param preparation how it was made ready
 */
public record PreparedSegment(long segment, IoFile file, SegmentHeader.Preparation preparation) {
}
