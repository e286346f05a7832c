package dev.varve.wal;

import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * The log's door: refuses what cannot be taken, and waits where the caller may wait for room. Any thread.
 *
 * <p>Everything that is refused here was not written. Once a record is accepted it becomes durable or the log fails.
 */
final class Intake {
    /** A wake-up is never missed; this only bounds the harm if one were. */
    private static final long PARK_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Path directory;
    private final LogParts parts;
    private final Appender appender;
    private final LogAgent agent;
    private final ClaimBuffers claims;
    private volatile boolean isClosed;

    Intake(Path directory, LogParts parts, LogAgent agent) {
        this.agent = agent;
        this.directory = directory;
        this.parts = parts;
        this.appender = new Appender(parts.placement(), parts.buffers(), parts.seat(), parts.config().commit().batchLength());
        this.claims = new ClaimBuffers(parts.buffers(), parts.config().claimedMax(), this::wakeAll);
    }

    /** Memory has come back: appenders may have lacked it to be copied to, and the driver to open a batch in. */
    private void wakeAll() {
        parts.space().wakeAll();
        parts.seat().call();
    }

    /** Nothing is taken from now on. */
    void close() {
        isClosed = true;
    }

    void checkNotClosed() {
        if (isClosed) {
            throw new LogClosedException(directory);
        }
    }

    void checkOpen() {
        checkNotClosed();
        LogFailedException failure = parts.position().failure();
        if (failure != null) {
            throw new LogFailedException(failure.getMessage(), failure);
        }
    }

    /**
     * Checks an LSN that the caller will wait for.
     *
     * @throws IllegalArgumentException if no record can lie, or none was accepted, there
     */
    void checkAccepted(long lsn) {
        if (lsn <= 0) {
            throw new IllegalArgumentException("lsn=" + lsn + " is no LSN: " + meaning(lsn));
        }
        long endLsn = parts.placement().acceptedEndLsn();
        if (lsn >= endLsn) {
            throw new IllegalArgumentException("no record was accepted at lsn=" + lsn + ": the last one accepted ends at LSN " + endLsn
                + ", and the next will lie at or behind it (tailLsn=" + parts.placement().tailLsn() + "; durableLsn="
                + parts.position().durableLsn() + " counts the padding of whole blocks)");
        }
    }

    /**
     * Checks an LSN that separates what may go from what stays.
     *
     * @throws IllegalArgumentException if it is negative, or lies behind everything that was accepted
     */
    void checkBoundary(long lsn) {
        if (lsn < 0) {
            throw new IllegalArgumentException("lsn=" + lsn + " is no LSN: " + meaning(lsn));
        }
        long endLsn = Math.max(parts.placement().tailLsn(), parts.position().durableLsn());
        if (lsn > endLsn) {
            throw new IllegalArgumentException("lsn=" + lsn + " lies behind the end of the log, LSN " + endLsn);
        }
    }

    private static String meaning(long lsn) {
        return switch ((int) Math.max(lsn, Integer.MIN_VALUE)) {
            case 0 -> "0 means no record";
            case (int) WriteAheadLog.BACK_PRESSURED -> "-1 is BACK_PRESSURED, a return code of offer";
            case (int) WriteAheadLog.CLOSED -> "-2 is CLOSED, a return code of offer";
            case (int) WriteAheadLog.FAILED -> "-3 is FAILED, a return code of offer";
            case (int) WriteAheadLog.FULL -> "-4 is FULL, a return code of offer";
            default -> "LSNs are positive";
        };
    }

    /** A record whose length is checked, with its checksum. */
    OneRecord record(AppendOptions options, MemorySegment payload) {
        checkLength(payload.byteSize());
        return OneRecord.of(RecordDescriptor.meta(options.kind(), 0), payload);
    }

    /** Records that stay together, whose length is checked. */
    Records records(RecordBatch batch) {
        if (batch.count() == 0) {
            throw new IllegalArgumentException("the batch is empty");
        }
        checkLength(batch.bytes() - RecordDescriptor.HEADER_LENGTH);
        return batch.records();
    }

    void checkLength(long length) {
        int lengthMax = parts.config().limits().recordLength();
        if (length < 0 || length > lengthMax) {
            throw new RecordTooLargeException(length, lengthMax);
        }
    }

    /** Appends, waiting for room; the first record's LSN. */
    long accept(Records records, Appender.Target target, Deadline deadline) {
        return untilTaken(() -> appender.append(records, target), deadline);
    }

    /** Appends, waiting for room, and then until the records have reached the level; the first one's LSN. */
    long acceptAndAwait(Records records, AppendOptions options) {
        Deadline deadline = Deadline.after(options.timeoutNs());
        Thread receiver = options.level() == AckLevel.BUFFERED ? null : Thread.currentThread();
        long lsn = accept(records, new Appender.Target(receiver, null, options.level()), deadline);
        await(lsn, options.level(), deadline);
        return lsn;
    }

    /** Appends, waiting for room; what it returns completes when the records have reached the level. */
    CompletableFuture<Appended> acceptAsync(Records records, AppendOptions options) {
        CompletableFuture<Appended> promise = new CompletableFuture<>();
        Object receiver = options.level() == AckLevel.BUFFERED ? null : promise;
        long lsn = accept(records, new Appender.Target(receiver, null, options.level()), Deadline.after(options.timeoutNs()));
        if (receiver == null) {
            Ack.tell(List.of(new Ack(promise, null, new Appended(lsn, 0))), null, parts.executor());
        }
        return promise;
    }

    /** Appends a record that lies in memory of its own, waiting for room; its LSN. If this throws, the memory is still the caller's. */
    long acceptInPlace(OneRecord record, AlignedBuffer memory, Appender.Target target, Deadline deadline) {
        return untilTaken(() -> appender.appendInPlace(record, memory, target), deadline);
    }

    /** Appends without waiting; the LSN, or one of the negative codes. */
    long offer(Records records, Appender.Target target) {
        long refusal = refusal();
        if (refusal != 0) {
            return refusal;
        }
        long lsn = appender.append(records, target);
        if (lsn >= 0) {
            return lsn;
        }
        // A log that ends meanwhile gives out no place either.
        refusal = refusal();
        if (refusal != 0) {
            return refusal;
        }
        return parts.full() != null ? WriteAheadLog.FULL : WriteAheadLog.BACK_PRESSURED;
    }

    /** Why nothing is taken any more, as a negative code; 0 if records are. */
    long refusal() {
        if (isClosed) {
            return WriteAheadLog.CLOSED;
        }
        return parts.position().failure() != null ? WriteAheadLog.FAILED : 0;
    }

    /** Lends memory to fill with a record whose length is checked. Never waits. */
    Claim claim(AppendOptions options, int length) {
        return new Claim(this, options, claims.lend(length));
    }

    /** Waits until a record of the calling thread has reached a level; drives the log meanwhile if nobody else does. */
    void await(long lsn, AckLevel level, Deadline deadline) {
        if (level == AckLevel.DURABLE) {
            agent.drive(lsn, deadline);
        }
        agent.driveUntil(() -> parts.position().endLsn(level) > lsn || deadline.isOver());
        if (!parts.position().awaitOwn(lsn, level, deadline)) {
            String why = "not " + level + " after " + deadline.text() + ", which is all the time it was given" + stallReason();
            throw new IndeterminateAppendException(lsn, why, new TimeoutException(why));
        }
    }

    private String stallReason() {
        String reason = parts.stalls().reason();
        return reason.isEmpty() ? "" : ": " + reason;
    }

    /** Before somebody waits for any record. */
    void drive(long lsn) {
        agent.driveUntil(() -> parts.position().durableLsn() > lsn);
    }

    /** Waits until everything below an LSN is durable. */
    void awaitBelow(long endLsn) {
        agent.driveUntil(() -> parts.position().durableLsn() >= endLsn);
        parts.position().awaitBelow(endLsn, AckLevel.DURABLE);
    }

    private long untilTaken(LongSupplier attempt, Deadline deadline) {
        SpaceWaiters.Waiter waiter = null;
        while (true) {
            checkOpen();
            long lsn = attempt.getAsLong();
            if (lsn >= 0) {
                return lsn;
            }
            checkSpace();
            checkTime(deadline);
            if (agent.isDrivenByCallers()) {
                agent.turn();
                continue;
            }
            if (waiter == null) {
                waiter = new SpaceWaiters.Waiter();
            } else {
                parts.space().park(Math.min(PARK_NS, deadline.remainingNs()));
                checkInterrupt();
            }
            parts.space().enter(waiter);
        }
    }

    private void checkTime(Deadline deadline) {
        if (deadline.isOver()) {
            throw new AppendTimeoutException("nothing was written: no room in the log's buffers for " + deadline.text()
                + ", which is all the time the append was given" + stallReason());
        }
    }

    private void checkSpace() {
        NoSpaceException full = parts.full();
        if (full != null) {
            throw new NoSpaceException("nothing was written: " + full.getMessage(), full.errno());
        }
    }

    private static void checkInterrupt() {
        if (Thread.currentThread().isInterrupted()) {
            throw new AppendInterruptedException();
        }
    }
}
