package dev.varve.wal;

/**
 * What an acknowledgement waits for, and so what it survives. Whatever the level, a record becomes durable as soon as the device allows,
 * at the latest some 50 ms later even if nobody waits.
 *
 * <pre>
 *                 end of the process    crash of the kernel    power cut    the last blocks damaged later
 *   BUFFERED              -                     -                 -                     -
 *   WRITTEN              yes                see below            maybe                   -
 *   DURABLE              yes                   yes               yes            lost without notice, see below
 *   PROTECTED            yes                   yes               yes            reported
 * </pre>
 *
 * <p>WRITTEN data has left the machine's memory, since it bypasses the kernel's cache, but may still be in the device's volatile cache.
 * It survives a crash of the kernel if its segment was filled with zeros, or used before, when it was begun. If the writer overtook the
 * preparation, the segment was only allocated: until the next sync the file system may know in memory only that these blocks were
 * written, and after a crash of the kernel they read as zeros.
 *
 * <p>PROTECTED closes the blind window: if acknowledged blocks at the very end of a log are damaged before anything was written behind
 * them, they look like blocks that a crash tore. Once something else on disk says that they were durable, their damage is recognized and
 * opening refuses. Without PROTECTED that happens with the next batches, or 50 ms after the last acknowledgement. See docs/recovery.md.
 */
public enum AckLevel {
    /** Accepted: in the log's memory. */
    BUFFERED,
    /** The device has taken it. */
    WRITTEN,
    /** Synced. */
    DURABLE,
    /** Synced, and a later batch header or the manifest says so, itself synced. */
    PROTECTED
}
