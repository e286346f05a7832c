package dev.varve.recovery;

import dev.varve.engine.segment.Manifest;
import java.util.List;

/**
 * What an inspection found; nothing was changed on disk.
 *
 * @param manifest the newest valid manifest slot, null if there is none
 * @param segments every segment of the log, lowest first, those behind damage and those at fault included
 * @param chain    the intact prefix, to be read with a {@link RecordReader}: all of it is whole unless a later read fails
 * @param report   verdict, evidence, counts
 * @param reserve  files that hold nothing yet
 */
public record Inspection(Manifest manifest, List<SegmentSummary> segments, SegmentChain chain, RecoveryReport report, Reserve reserve) {
    /**
     * Files that take space for segments to come.
     *
     * @param prepared files behind the last segment, or in the making
     * @param spares   files that have no number yet, or no longer
     * @param bytes    the lengths of all these
     */
    public record Reserve(int prepared, int spares, long bytes) {
    }
}
