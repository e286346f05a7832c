package dev.varve.tools;

import java.io.IOException;

/**
 * Tells on standard output which records are durable: one decimal LSN a line, in order. One owner thread.
 *
 * <p>Invariant: an LSN is written only after the log has acknowledged it, and no later than {@link #INTERVAL_NS} after that or before the
 * owner waits for anything ({@link #send}). After standard output has failed nothing more is written: the failure was thrown.
 */
final class Acks {
    private static final long INTERVAL_NS = 1_000_000;

    private final OutputPipe output;
    private boolean wanted;
    private long lastSendNs = System.nanoTime();

    /**
     * Makes acknowledgements.
     *
     * @param output where they go
     * @param wanted false to write none
     */
    Acks(OutputPipe output, boolean wanted) {
        this.output = output;
        this.wanted = wanted;
    }

    /**
     * A record is durable.
     *
     * @param lsn   where it lies
     * @param nowNs the time
     * @throws IOException if standard output fails
     */
    void acknowledged(long lsn, long nowNs) throws IOException {
        if (!wanted) {
            return;
        }
        wanted = false;
        output.writeLine(Long.toString(lsn));
        if (nowNs - lastSendNs >= INTERVAL_NS) {
            output.send();
            lastSendNs = nowNs;
        }
        wanted = true;
    }

    /**
     * Nothing more is known to be durable at present.
     *
     * @throws IOException if standard output fails
     */
    void send() throws IOException {
        if (wanted) {
            wanted = false;
            output.send();
            wanted = true;
        }
    }
}
