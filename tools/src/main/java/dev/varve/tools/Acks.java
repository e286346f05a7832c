package dev.varve.tools;

import java.io.IOException;

/**
 * Tells on standard output which records are durable: one decimal LSN a line, in order. One owner thread.
 *
 * <p>Invariants: an LSN is written only after the log has acknowledged it. What is kept back leaves before the owner waits for anything
 * ({@link #send}), and at the latest with the first step that the owner begins {@link #INTERVAL_NS} later ({@link #sendIfDue}), so that
 * an input that never lets the owner wait does not hold it back. After standard output has failed nothing more is written: the failure
 * was thrown.
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
        wanted = true;
        sendIfDue(nowNs);
    }

    /**
     * The owner is at work; nothing may have become durable since.
     *
     * @param nowNs the time
     * @throws IOException if standard output fails
     */
    void sendIfDue(long nowNs) throws IOException {
        if (nowNs - lastSendNs >= INTERVAL_NS) {
            send();
            lastSendNs = nowNs;
        }
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
