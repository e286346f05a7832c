/**
 * The log: append, group commit, read.
 *
 * <pre>
 *   WriteAheadLog ─ Appender ─► Placement ─► BatchBuffer ─► Driver ─► BatchBuilder ─► GroupCommit ─► engine
 *         ▲                                                   │  └─ Roll, ManifestKeeper, Closing, SegmentAllocator
 *         └── DurablePosition, AckList ◄── Acknowledger ◄─────┘
 * </pre>
 *
 * <p>Appenders and the driver meet in two places: the batch buffers on the way in, the durable position on the way out. Everything
 * between them belongs to the driver alone.
 */
package dev.varve.wal;
