package dev.varve.wal;

import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory lent to write one record into. {@link #commit} appends it; {@link #close} without a commit gives it up, and nothing was written.
 *
 * <p>Owned by the thread that claimed. From {@value #IN_PLACE_LENGTH} bytes up the memory is what the kernel will read from, so that the
 * record is never copied; but if open claims hold their share of the log's buffers, at most half, or no buffer is free, it is memory
 * apart, as for smaller records, and is copied at the commit. Either way it must not be touched after the commit or close, and trying to
 * throws. A claim that is neither committed nor closed costs nothing: its memory comes back when nobody can reach the claim or its payload
 * any more.
 */
public final class Claim implements AutoCloseable {
    /** Payloads of at least this many bytes are written to disk from where they were filled. */
    static final int IN_PLACE_LENGTH = 64 * 1024;

    private final Intake intake;
    private final AppendOptions options;
    private final ClaimBuffers.Lease lease;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment payload;
    private boolean isOver;

    // Ties the view to this claim's life, so that a late write cannot reach memory that is the kernel's, or another claim's. The arena
    // holds on to the lease, since it ends it, and the view to the arena: so memory that can still be written to is never taken for
    // abandoned.
    @SuppressWarnings("restricted")
    Claim(Intake intake, AppendOptions options, ClaimBuffers.Lease lease) {
        this.intake = intake;
        this.options = options;
        this.lease = lease;
        this.payload = lease.bytes().reinterpret(arena, _ -> lease.end());
    }

    /**
     * Where to write the record.
     *
     * @return memory of exactly the claimed length, for the calling thread; its content is undefined until written
     * @throws IllegalStateException if the claim was committed or closed
     */
    public MemorySegment payload() {
        checkOpen();
        return payload;
    }

    /**
     * Appends the record and waits until it has reached the claim's level; with {@link AckLevel#BUFFERED} only until there is room for it
     * in the log's buffers. Then, or with {@link IndeterminateAppendException}, the claim is over. Any other exception says that nothing
     * was written: the claim is still open, and may be committed again or closed.
     *
     * @return its LSN
     * @throws IndeterminateAppendException if the log fails or the thread is interrupted while it waits for the level
     * @throws AppendInterruptedException   if the thread is interrupted while it waits for room
     * @throws NoSpaceException             if the file system is full; a later commit may succeed
     * @throws LogFailedException           if the log had failed before
     * @throws LogClosedException           if it is closed
     * @throws IllegalStateException        if the claim was committed or closed before
     */
    public long commit() {
        checkOpen();
        OneRecord record = OneRecord.of(RecordDescriptor.meta(options.kind(), 0), payload);
        Thread receiver = options.level() == AckLevel.BUFFERED ? null : Thread.currentThread();
        Deadline deadline = Deadline.after(options.timeoutNs());
        long lsn = lease.append(intake, record, new Appender.Target(receiver, null, options.level()), deadline);
        end();
        intake.await(lsn, options.level(), deadline);
        return lsn;
    }

    private void checkOpen() {
        if (isOver) {
            throw new IllegalStateException("the claim was committed or closed");
        }
    }

    private void end() {
        isOver = true;
        // First nobody can write to the memory any more, then the lease ends.
        arena.close();
    }

    /** Gives the memory back if the record was not committed. Idempotent; also after the log was closed. */
    @Override
    public void close() {
        if (!isOver) {
            end();
        }
    }
}
