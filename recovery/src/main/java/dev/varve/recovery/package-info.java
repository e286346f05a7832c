/**
 * Reads segments back, decides what a directory means after a crash, and replays it.
 *
 * <pre>
 *   manifest, headers ──► Inventory ──► SegmentWalk ──► stop at P after batch n ──► EvidenceScan ──► E
 *                                                                                                     │
 *   Recovered (tail, lock, manifest, report) ◄── Decree ◄── openable? ◄── Verdict ◄── DecisionTable ◄─┘
 * </pre>
 *
 * <p>{@link dev.varve.recovery.Recovery#recover} may write, {@link dev.varve.recovery.Recovery#inspect} cannot. The rule, its proof and
 * its limits are in {@code docs/recovery.md}.
 */
package dev.varve.recovery;
