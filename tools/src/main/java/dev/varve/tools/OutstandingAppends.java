package dev.varve.tools;

import dev.varve.wal.Appended;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;

/**
 * The appends that are not acknowledged yet, oldest first. Acknowledgements are taken in this order, whatever order the futures complete
 * in.
 *
 * <p>One owner thread, the one that appends. Invariant: never more than {@code limit} outstanding.
 */
final class OutstandingAppends {
    private final ArrayDeque<Outstanding> queue = new ArrayDeque<>();
    private final int limit;
    private final Acks acks;
    private final LatencySummary latency = new LatencySummary();
    private long acknowledged;
    private long acknowledgedBytes;
    private long lastLsn;

    private record Outstanding(CompletableFuture<Appended> future, long payloadLength, long startNs) {
    }

    /**
     * Makes an empty queue.
     *
     * @param limit the most outstanding appends, from 1
     * @param acks  told what is durable
     */
    OutstandingAppends(int limit, Acks acks) {
        this.limit = limit;
        this.acks = acks;
    }

    /**
     * An append is about to begin, which may take its time.
     *
     * @param nowNs the time
     * @throws IOException if standard output fails
     */
    void begin(long nowNs) throws IOException {
        acks.sendIfDue(nowNs);
    }

    /**
     * Adds an append; waits for the oldest ones if there are too many, and takes what else is known.
     *
     * @param future        its outcome
     * @param payloadLength bytes of the record
     * @param startNs       when it began
     * @throws IOException if standard output fails
     * @throws java.util.concurrent.CompletionException if an append failed
     */
    void add(CompletableFuture<Appended> future, long payloadLength, long startNs) throws IOException {
        queue.add(new Outstanding(future, payloadLength, startNs));
        takeKnown();
        if (queue.size() >= limit) {
            acks.send();
            take();
            takeKnown();
        }
    }

    private void takeKnown() throws IOException {
        while (!queue.isEmpty() && queue.peek().future.isDone()) {
            take();
        }
    }

    private void take() throws IOException {
        Outstanding oldest = queue.peek();
        Appended appended = oldest.future.join();
        queue.remove();
        long nowNs = System.nanoTime();
        latency.record(nowNs - oldest.startNs);
        assert appended.lsn() > lastLsn : appended + " after " + lastLsn;
        acknowledged++;
        acknowledgedBytes += oldest.payloadLength;
        lastLsn = appended.lsn();
        acks.acknowledged(lastLsn, nowNs);
    }

    /**
     * Waits until everything is acknowledged.
     *
     * @throws IOException if standard output fails
     * @throws java.util.concurrent.CompletionException if an append failed
     */
    void takeAll() throws IOException {
        while (!queue.isEmpty()) {
            if (!queue.peek().future.isDone()) {
                acks.send();
            }
            take();
        }
        acks.send();
    }

    /**
     * Records acknowledged so far.
     *
     * @return the count
     */
    long acknowledged() {
        return acknowledged;
    }

    /**
     * Bytes of their payloads.
     *
     * @return the bytes
     */
    long acknowledgedBytes() {
        return acknowledgedBytes;
    }

    /**
     * The LSN of the last acknowledged record.
     *
     * @return the LSN, 0 if there is none
     */
    long lastLsn() {
        return lastLsn;
    }

    /**
     * How long they took.
     *
     * @return the latencies
     */
    LatencySummary latency() {
        return latency;
    }
}
