package dev.varve.wal;

/**
 * A record that is durable.
 *
 * @param lsn      where it lies
 * @param sequence its number among all committed records, from 1, without gaps
 */
public record Appended(long lsn, long sequence) {
}
