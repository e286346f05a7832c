package dev.varve.recovery;

import dev.varve.engine.segment.Manifest;
import java.util.List;

/**
 * What an examination found.
 *
 * @param manifest  the newest valid slot, null if there is none
 * @param inventory the segments, null if they do not make up a log
 * @param last      the segment in which the log ends, null if it was not looked at
 * @param segments  what each segment holds, lowest first
 * @param chain     what may be read
 * @param report    verdict, evidence, counts
 */
record Findings(Manifest manifest, Inventory inventory, LastSegment last, List<SegmentSummary> segments, FixedChain chain,
                RecoveryReport report) {
}
