package dev.varve.recovery;

import dev.varve.engine.segment.Manifest;
import java.util.List;

/**
 * What an inspection found; nothing was changed on disk.
 *
 * @param manifest the newest valid manifest slot, null if there is none
 * @param segments the intact prefix of the log, lowest segment first
 * @param chain    the intact prefix, to be read with a {@link RecordReader}: all of it is whole unless a later read fails
 * @param report   verdict, evidence, counts
 */
public record Inspection(Manifest manifest, List<SegmentSummary> segments, SegmentChain chain, RecoveryReport report) {
}
