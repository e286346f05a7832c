package dev.varve.engine.segment;

import dev.varve.engine.io.IoFile;

/**
 * An open segment: its file and its header.
 *
 * @param file   the open file
 * @param header its valid header
 */
public record SegmentFile(IoFile file, SegmentHeader header) implements AutoCloseable {
    @Override
    public void close() {
        file.close();
    }
}
