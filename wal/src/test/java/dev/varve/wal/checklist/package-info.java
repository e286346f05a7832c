/**
 * Rows of the checklist of kernel AIO that need a log: what {@link dev.varve.wal.WriteAheadLog} makes of the kernel's failures, on real
 * file systems that are filled, shut down, shrunk, starved and killed.
 *
 * <pre>
 *   NumberedLog ── appends, notes what was acknowledged ──► a disk that fails ──► mended ──► NumberedLog.check: all of it is there
 * </pre>
 */
package dev.varve.wal.checklist;
