/**
 * Finds out what the storage under a directory is and does, by asking the kernel and by trying.
 *
 * <pre>
 *    StorageProbe ── StorageFacts (statfs, statx)   BlockDevice (/sys)   AioLimits (/proc)
 *         │
 *         ├───────── Trial: a file, written, synced, timed, deleted
 *         ▼
 *    StorageReport ── text, JSON, one line
 * </pre>
 */
package dev.varve.engine.probe;
