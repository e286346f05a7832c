package dev.varve.wal;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * What appends are told about their records: O10, each once, in order, and never more than is true.
 *
 * <p>The log keeps callbacks' errors to itself, so complaints are collected here and told by {@link #check}. Owned by one thread.
 */
final class Tickets {
    private final LogModel model;
    private final Situations situations;
    private final List<Ticket> open = new ArrayList<>();
    private final Map<AckLevel, Long> told = new EnumMap<>(AckLevel.class);
    private LongSupplier durableLsn = () -> 0;
    private String complaint;

    Tickets(LogModel model, Situations situations) {
        this.model = model;
        this.situations = situations;
    }

    /** Of one append: a record, or several that stay together at these distances from the first. */
    final class Ticket implements AppendListener {
        private final AckLevel level;
        private final int[] offsets;
        private final CompletableFuture<Appended> future;
        private long lsn;
        private int count;

        private Ticket(AckLevel level, int[] offsets, boolean isFuture) {
            this.level = level;
            this.offsets = offsets;
            this.future = isFuture ? new Promise(this) : null;
        }

        /** What is given to the log: this, a future, or nobody, as the log does it with appends that are only buffered. */
        Appender.Target target() {
            Object receiver = future != null ? future : this;
            return new Appender.Target(level == AckLevel.BUFFERED ? null : receiver, null, level);
        }

        /** The append was accepted. */
        void accepted(long newLsn) {
            lsn = newLsn;
            if (level != AckLevel.BUFFERED) {
                open.add(this);
            }
        }

        @Override
        public void appended(long toldLsn, long sequence, Object attachment) {
            tell(toldLsn);
            situations.add("acknowledged " + level, 1);
            Long before = told.put(level, toldLsn);
            complainUnless(before == null || before < toldLsn, "O10: LSN " + toldLsn + " is acknowledged " + level + " behind " + before);
            if (level.compareTo(AckLevel.DURABLE) >= 0) {
                long endLsn = durableLsn.getAsLong();
                complainUnless(toldLsn < endLsn, "O10: LSN " + toldLsn + " is acknowledged, and durable is what lies below " + endLsn);
                for (int i = 0; i < offsets.length; i++) {
                    complainUnless(model.acknowledged(toldLsn + offsets[i], sequence + i),
                        "O10: LSN " + (toldLsn + offsets[i]) + " is acknowledged and was not accepted");
                }
            }
        }

        @Override
        public void failed(IndeterminateAppendException failure, Object attachment) {
            tell(failure.lsn());
            model.indeterminate(failure.lsn());
            situations.add("indeterminate", 1);
        }

        private void tell(long toldLsn) {
            count++;
            complainUnless(count == 1, "O10: LSN " + lsn + " is told " + count + " times");
            complainUnless(lsn == toldLsn, "O10: the append at LSN " + lsn + " is told of LSN " + toldLsn);
        }
    }

    /** A future that counts how often it is completed. */
    private final class Promise extends CompletableFuture<Appended> {
        private final Ticket ticket;

        Promise(Ticket ticket) {
            this.ticket = ticket;
        }

        @Override
        public boolean complete(Appended appended) {
            ticket.appended(appended.lsn(), appended.sequence(), null);
            return super.complete(appended);
        }

        @Override
        public boolean completeExceptionally(Throwable failure) {
            complainUnless(failure instanceof IndeterminateAppendException, "O10: LSN " + ticket.lsn + " fails with " + failure);
            if (failure instanceof IndeterminateAppendException indeterminate) {
                ticket.failed(indeterminate, null);
            }
            return super.completeExceptionally(failure);
        }
    }

    private void complainUnless(boolean holds, String text) {
        if (!holds && complaint == null) {
            complaint = text;
        }
    }

    /** A log was opened. */
    void begin(LongSupplier newDurableLsn) {
        open.clear();
        told.clear();
        durableLsn = newDurableLsn;
    }

    /** A ticket for one append, told as a listener or as a future. */
    Ticket ticket(AckLevel level, int[] offsets, boolean isFuture) {
        return new Ticket(level, offsets, isFuture);
    }

    /** Fails if something has been told that should not have been. */
    void check() {
        Check.that(complaint == null, "%s", complaint);
    }

    /** The log has ended, cleanly or by failure: everybody must have been told, once. */
    void ended() {
        check();
        for (Ticket ticket : open) {
            Check.that(ticket.count == 1, "O10: the log has ended, and the append at LSN %d, %s, was told %d times", ticket.lsn,
                ticket.level, ticket.count);
            Check.that(ticket.future == null || ticket.future.isDone(), "O9: the future of LSN %d is incomplete", ticket.lsn);
        }
    }
}
