package dev.varve.wal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A listener that notes what it is told, in order. Any thread. */
final class Outcomes implements AppendListener {
    private final List<Appended> appended = new ArrayList<>();
    private final List<Object> attachments = new ArrayList<>();
    private final List<IndeterminateAppendException> failures = new ArrayList<>();

    @Override
    public synchronized void appended(long lsn, long sequence, Object attachment) {
        appended.add(new Appended(lsn, sequence));
        attachments.add(attachment);
    }

    @Override
    public synchronized void failed(IndeterminateAppendException failure, Object attachment) {
        failures.add(failure);
        attachments.add(attachment);
    }

    synchronized List<Appended> appended() {
        return List.copyOf(appended);
    }

    synchronized List<Object> attachments() {
        return List.copyOf(attachments);
    }

    synchronized List<IndeterminateAppendException> failures() {
        return List.copyOf(failures);
    }

    List<Long> failedLsns() {
        return failures().stream().map(IndeterminateAppendException::lsn).toList();
    }

    /** Waits for another thread, at most ten seconds. */
    static void await(BooleanSupplier condition) {
        long startNs = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - startNs > 10_000_000_000L) {
                throw new AssertionError("waited for ten seconds");
            }
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
