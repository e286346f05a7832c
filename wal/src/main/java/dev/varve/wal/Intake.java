package dev.varve.wal;

import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
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
    private volatile boolean isClosed;

    Intake(Path directory, LogParts parts, LogAgent agent) {
        this.agent = agent;
        this.directory = directory;
        this.parts = parts;
        this.appender = new Appender(parts.placement(), parts.buffers(), parts.seat(), parts.config().commit().batchLength());
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
    long accept(Records records, Appender.Target target) {
        return untilTaken(() -> appender.append(records, target));
    }

    /** Appends a record that lies in memory of its own, waiting for room; its LSN. If this throws, the memory is still the caller's. */
    long acceptInPlace(OneRecord record, AlignedBuffer memory, Appender.Target target) {
        return untilTaken(() -> appender.appendInPlace(record, memory, target));
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

    private long refusal() {
        if (isClosed) {
            return WriteAheadLog.CLOSED;
        }
        return parts.position().failure() != null ? WriteAheadLog.FAILED : 0;
    }

    /** Memory for one batch, waiting for room in the budget. */
    AlignedBuffer memory(long length) {
        AlignedBuffer[] memory = new AlignedBuffer[1];
        untilTaken(() -> {
            memory[0] = parts.buffers().memory(length);
            return memory[0] == null ? WriteAheadLog.BACK_PRESSURED : 0;
        });
        return memory[0];
    }

    void release(AlignedBuffer memory) {
        parts.buffers().release(memory);
        parts.space().wakeAll();
        // The driver, too, may have lacked memory to open a batch in.
        parts.seat().call();
    }

    /** Waits until a record of the calling thread has reached a level; drives the log meanwhile if nobody else does. */
    void await(long lsn, AckLevel level) {
        if (level == AckLevel.DURABLE) {
            agent.drive(lsn);
        }
        parts.position().awaitOwn(lsn, level);
    }

    private long untilTaken(LongSupplier attempt) {
        SpaceWaiters.Waiter waiter = null;
        while (true) {
            checkOpen();
            long lsn = attempt.getAsLong();
            if (lsn >= 0) {
                return lsn;
            }
            checkSpace();
            if (waiter == null) {
                waiter = new SpaceWaiters.Waiter();
            } else {
                parts.space().park(PARK_NS);
                checkInterrupt();
            }
            parts.space().enter(waiter);
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
