package dev.varve.wal;

/**
 * What a log has done since it was opened. A snapshot: the numbers belong to about the same moment.
 *
 * @param records       records that became durable
 * @param payloadBytes  bytes of their payloads and record headers
 * @param batches       data batches that became durable
 * @param syncs         data syncs and durable writes of batches that completed
 * @param blocksWritten blocks of batches written, padding included
 * @param rolls         segments begun
 * @param anchors       manifest writes
 */
public record LogStatistics(long records, long payloadBytes, long batches, long syncs, long blocksWritten, long rolls, long anchors) {
    /** Nothing yet. */
    public static final LogStatistics NONE = new LogStatistics(0, 0, 0, 0, 0, 0, 0);
}
