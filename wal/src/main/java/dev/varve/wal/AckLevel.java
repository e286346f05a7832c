package dev.varve.wal;

/**
 * What an acknowledgement waits for, and so what it survives. Whatever the level, a record becomes durable as soon as the device allows,
 * at the latest some 50 ms later even if nobody waits.
 *
 * <pre>
 *                 end of the process    crash of the kernel    power cut    the last blocks damaged later
 *   BUFFERED              -                     -                 -                     -
 *   WRITTEN              yes                   yes              maybe                   -
 *   DURABLE              yes                   yes               yes            lost without notice, see below
 *   PROTECTED            yes                   yes               yes            reported
 * </pre>
 *
 * <p>WRITTEN data has left the machine's memory, since it bypasses the kernel's cache, but may still be in the device's volatile cache.
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
