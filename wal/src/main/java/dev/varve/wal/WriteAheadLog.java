package dev.varve.wal;

import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.recovery.RecoveryReport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * An append-only log in a directory: records go in, are durable in groups, and come back in order after whatever happens.
 *
 * <pre>
 *   appenders ── place, copy, publish ──► batches ──► driver ── kernel AIO ──► segments
 *       ▲                                                │
 *       └────────────── durable position ◄───────────────┘ after a data sync that covers the batch
 * </pre>
 *
 * <p>Any thread, platform or virtual, may call any method. After {@link #close()} all of them throw {@link LogClosedException}, but for
 * close itself, {@link #health} and {@code offer}, which returns {@link #CLOSED}. What an acknowledgement survives at level
 * {@link AckLevel#DURABLE}: the end of the process, a crash of the kernel, and a power cut, provided the device keeps what it confirmed as
 * synced.
 *
 * <p>A payload must not be changed by others while it is being appended. Records of one thread keep their order; an LSN grows with every
 * record, is never reused, and is no count.
 */
public final class WriteAheadLog implements ReadableLog, AutoCloseable {
    /** {@link #offer}: there is no room in the buffers now; it comes by itself. */
    public static final long BACK_PRESSURED = -1;
    /** {@link #offer}: the log is closed. */
    public static final long CLOSED = -2;
    /** {@link #offer}: the log has failed. */
    public static final long FAILED = -3;
    /** {@link #offer}: the file system is full; taken up again by itself when space returns. */
    public static final long FULL = -4;

    private final Path directory;
    private final LogParts parts;
    private final Intake intake;
    private final DurablePosition position;
    private final LogThread thread;

    private WriteAheadLog(Path directory, LogThread thread) {
        this.directory = directory;
        this.parts = thread.parts();
        this.thread = thread;
        this.position = parts.position();
        this.intake = new Intake(directory, parts, thread.agent());
    }

    /**
     * Opens the log in a directory with {@link LogConfig#defaults()}; see {@link #open(Path, LogConfig)}.
     *
     * @param directory where the log lies
     * @return the open log
     */
    public static WriteAheadLog open(Path directory) {
        return open(directory, LogConfig.defaults());
    }

    /**
     * Opens the log in a directory for writing, creating both if they are missing. Opening is recovering: what a crash has left is decided
     * and made durable before this returns.
     *
     * @param directory where the log lies
     * @param config    how it works
     * @return the open log
     * @throws dev.varve.engine.segment.LogLockedException          if another writer has it open
     * @throws dev.varve.recovery.RefusedLogException               if acknowledged records are damaged, missing or in doubt
     * @throws dev.varve.engine.segment.UnsupportedVersionException if a newer version wrote it
     * @throws dev.varve.engine.io.StorageContractException         if machine or file system cannot keep what the storage policy asks for
     * @throws NoSpaceException                                     if there is no room to create a log
     * @throws IoFailureException                                   if anything else cannot be read or written
     */
    public static WriteAheadLog open(Path directory, LogConfig config) {
        return start(directory, LogThread.open(directory, config, StorageChoice.of(directory, config.storage())));
    }

    /**
     * Opens a log in a world of the caller's own: another disk, other clocks, no threads.
     *
     * @param directory   where the log lies on the environment's disk
     * @param config      how it works
     * @param environment all that the log takes from the world around it
     * @return the open log
     */
    public static WriteAheadLog open(Path directory, LogConfig config, Environment environment) {
        return start(directory, LogThread.open(directory, config, StorageChoice.given(environment)));
    }

    private static WriteAheadLog start(Path directory, LogThread thread) {
        WriteAheadLog log = new WriteAheadLog(directory, thread);
        thread.start();
        return log;
    }

    /**
     * Appends a record of kind 0 and waits until it is durable.
     *
     * @param payload its bytes
     * @return its LSN
     * @throws RecordTooLargeException      if it is longer than the configured limit
     * @throws IndeterminateAppendException if the log fails or the thread is interrupted while it waits
     * @throws AppendInterruptedException   if the thread is interrupted while it waits for room; nothing was written
     * @throws NoSpaceException             if the file system is full; nothing was written, a later append may succeed
     * @throws LogFailedException           if the log had failed before
     * @throws LogClosedException           if it is closed
     */
    public long append(byte[] payload) {
        return append(0, MemorySegment.ofArray(payload));
    }

    /**
     * Appends the remaining bytes of a buffer as {@link #append(byte[])} does; the buffer's position stays.
     *
     * @param payload its bytes
     * @return its LSN
     */
    public long append(ByteBuffer payload) {
        return append(0, MemorySegment.ofBuffer(payload));
    }

    /**
     * Appends memory as {@link #append(byte[])} does.
     *
     * @param payload its bytes
     * @return its LSN
     */
    public long append(MemorySegment payload) {
        return append(0, payload);
    }

    /**
     * Appends a record of some kind and waits until it is durable; see {@link #append(byte[])}.
     *
     * @param kind    the caller's own, 0 to 65535
     * @param payload its bytes
     * @return its LSN
     */
    public long append(int kind, MemorySegment payload) {
        return append(AppendOptions.ofKind(kind), payload);
    }

    /**
     * Appends a record and waits until it has reached a level; see {@link #append(byte[])}.
     *
     * @param options kind, level and how long to wait: {@link AppendOptions#withTimeout} says what ends the wait
     * @param payload its bytes
     * @return its LSN
     */
    public long append(AppendOptions options, MemorySegment payload) {
        intake.checkOpen();
        return intake.acceptAndAwait(intake.record(options, payload), options);
    }

    /**
     * Appends several records, of which after a crash either all are there or none, and waits until they are durable; see
     * {@link #append(byte[])}.
     *
     * @param batch the records, at least one, together at most as long as the limit for one record
     * @return the first one's LSN
     * @throws IllegalArgumentException if the batch is empty
     */
    public long append(RecordBatch batch) {
        intake.checkOpen();
        return intake.acceptAndAwait(intake.records(batch), AppendOptions.defaults());
    }

    /**
     * Appends a record and returns as soon as it is copied; waits only for room in the buffers.
     *
     * @param options kind and level
     * @param payload its bytes; may be changed as soon as this returns
     * @return completes on the log's executor when the record has reached the level, or with {@link IndeterminateAppendException} if the
     *         log fails before; a BUFFERED record's future completes with sequence 0, since none is final yet
     * @throws RecordTooLargeException    if it is longer than the configured limit
     * @throws AppendInterruptedException if the thread is interrupted while it waits for room; nothing was written
     * @throws NoSpaceException           if the file system is full; nothing was written, a later append may succeed
     * @throws LogFailedException         if the log had failed before
     * @throws LogClosedException         if it is closed
     */
    public CompletableFuture<Appended> appendAsync(AppendOptions options, MemorySegment payload) {
        intake.checkOpen();
        return intake.acceptAsync(intake.record(options, payload), options);
    }

    /**
     * Appends a durable record of some kind as {@link #appendAsync(AppendOptions, MemorySegment)} does.
     *
     * @param kind    the caller's own, 0 to 65535
     * @param payload its bytes
     * @return completes when the record is durable
     */
    public CompletableFuture<Appended> appendAsync(int kind, MemorySegment payload) {
        return appendAsync(AppendOptions.ofKind(kind), payload);
    }

    /**
     * Appends a durable record of kind 0 as {@link #appendAsync(AppendOptions, MemorySegment)} does.
     *
     * @param payload its bytes
     * @return completes when the record is durable
     */
    public CompletableFuture<Appended> appendAsync(MemorySegment payload) {
        return appendAsync(AppendOptions.defaults(), payload);
    }

    /**
     * Appends several records that stay together, as {@link #append(RecordBatch)} does, without waiting for durability.
     *
     * @param batch the records; may be cleared and filled again as soon as this returns
     * @return completes with the first record's place when all are durable
     */
    public CompletableFuture<Appended> appendAsync(RecordBatch batch) {
        intake.checkOpen();
        return intake.acceptAsync(intake.records(batch), AppendOptions.defaults());
    }

    /**
     * Appends a record without ever waiting.
     *
     * @param options    kind and level; with BUFFERED the listener is not called, the returned LSN says it all
     * @param payload    its bytes; may be changed as soon as this returns
     * @param listener   told when the record has reached the level, or that this cannot be known; null for nobody
     * @param attachment given to the listener
     * @return the record's LSN, or {@link #BACK_PRESSURED}, {@link #CLOSED}, {@link #FAILED} or {@link #FULL}: then nothing was written
     * @throws RecordTooLargeException if it is longer than the configured limit
     */
    public long offer(AppendOptions options, MemorySegment payload, AppendListener listener, Object attachment) {
        long refusal = intake.refusal();
        if (refusal != 0) {
            return refusal;
        }
        AppendListener receiver = options.level() == AckLevel.BUFFERED ? null : listener;
        return intake.offer(intake.record(options, payload), new Appender.Target(receiver, attachment, options.level()));
    }

    /**
     * Appends a durable record of kind 0 without ever waiting; see {@link #offer(AppendOptions, MemorySegment, AppendListener, Object)}.
     *
     * @param payload    its bytes; may be changed as soon as this returns
     * @param listener   told when the record is durable, or that this cannot be known; null for nobody
     * @param attachment given to the listener
     * @return the record's LSN, or a negative code
     */
    public long offer(MemorySegment payload, AppendListener listener, Object attachment) {
        return offer(AppendOptions.defaults(), payload, listener, attachment);
    }

    /**
     * Lends memory to write a record into, to be committed or aborted. Never waits. It holds no place in the log until it is committed, so
     * it may be kept as long as wanted and costs nothing if it is given up, or forgotten.
     *
     * @param length bytes of the record's payload
     * @return the claim, to be used by the calling thread and closed
     * @throws RecordTooLargeException if it is longer than the configured limit
     * @throws LogFailedException      if the log had failed before
     * @throws LogClosedException      if it is closed
     */
    public Claim claim(int length) {
        return claim(AppendOptions.defaults(), length);
    }

    /**
     * Lends memory for a record of some kind and level; see {@link #claim(int)}.
     *
     * @param options kind and level
     * @param length  bytes of the record's payload
     * @return the claim, to be used by the calling thread and closed
     */
    public Claim claim(AppendOptions options, int length) {
        intake.checkOpen();
        intake.checkLength(length);
        return intake.claim(options, length);
    }

    /**
     * Waits until everything accepted so far is durable.
     *
     * @throws IndeterminateAppendException if the log fails or the thread is interrupted first, with the end of what was waited for
     * @throws LogFailedException           if the log had failed before
     * @throws LogClosedException           if it is closed
     */
    public void sync() {
        intake.checkOpen();
        intake.awaitBelow(parts.placement().acceptedEndLsn());
    }

    /**
     * Waits until the record at an LSN is durable. If it is, this returns at once, even if the log has failed since.
     *
     * @param lsn an LSN that an append returned, or {@code offer}, unless that was one of its negative codes
     * @throws IllegalArgumentException     if it is no LSN, or no record was accepted there
     * @throws IndeterminateAppendException if the log fails, or had failed, or the thread is interrupted before the record is durable
     * @throws LogClosedException           if the log is closed
     */
    public void awaitDurable(long lsn) {
        intake.checkNotClosed();
        intake.checkAccepted(lsn);
        intake.drive(lsn);
        position.await(lsn, AckLevel.DURABLE);
    }

    @Override
    public long durableLsn() {
        intake.checkNotClosed();
        return position.durableLsn();
    }

    @Override
    public long headLsn() {
        intake.checkNotClosed();
        return parts.segments().headLsn();
    }

    @Override
    public long tailLsn() {
        intake.checkNotClosed();
        return parts.placement().tailLsn();
    }

    @Override
    public Cursor read(long fromLsn) {
        intake.checkOpen();
        return Cursor.open(directory, parts.environment(), new Cursor.Course(parts.segments(), fromLsn, intake::checkNotClosed));
    }

    /**
     * Gives up the records below an LSN, as far as they fill whole segments: a checkpoint holds what they said. They do not come back,
     * whatever happens. What is not durable stays, and so does the segment that is being written. Needs no space, and gives it back: a log
     * that was full goes on. No reader holds it up, see {@link #read}; nobody else is kept from appending.
     *
     * @param lsn the first record that must stay, or an LSN behind it
     * @return {@link #headLsn()} afterwards; the files of what lies below are spares by then, or gone
     * @throws IllegalArgumentException if it is negative, or behind the end of the log
     * @throws LogFailedException       if the log fails, or had failed: the records below are there still, or not
     * @throws LogClosedException       if it is closed
     */
    public long truncateBefore(long lsn) {
        intake.checkOpen();
        intake.checkBoundary(lsn);
        parts.truncation().askAndAwait(lsn);
        return parts.segments().headLsn();
    }

    /** {@return what opening found: verdict, evidence, counts, timings} */
    public RecoveryReport recovery() {
        intake.checkNotClosed();
        return parts.recovered().report();
    }

    /** {@return how the log's bytes get to disk, as {@link LogConfig#storage()} asked, and why not better; looked up at each call} */
    public LogStorage storage() {
        intake.checkNotClosed();
        return thread.storage();
    }

    /** {@return how the log is: whether its storage answers and has space, whether it has failed; also after close} */
    public LogHealth health() {
        return thread.health();
    }

    /** {@return what the log has done since it was opened, a snapshot} */
    public LogStatistics statistics() {
        intake.checkNotClosed();
        return parts.counters().snapshot();
    }

    /** Ends the log: takes no more records, makes those accepted durable, marks the end as clean, releases everything. Idempotent. */
    @Override
    public void close() {
        boolean isEnded = false;
        while (!isEnded) {
            isEnded = close(Duration.ofDays(1));
        }
    }

    /**
     * As {@link #close()}, waiting only for a time. If I/O hangs, memory and lock stay with the kernel until it ends.
     *
     * @param timeout how long to wait at most
     * @return whether everything is released; if not, {@link #health} says what is in flight; call again
     */
    public boolean close(Duration timeout) {
        intake.close();
        return thread.end(timeout);
    }
}
