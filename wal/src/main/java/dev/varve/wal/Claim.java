package dev.varve.wal;

import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory lent to write one record into. {@link #commit} appends it; {@link #close} without a commit gives it up, and nothing was written.
 *
 * <p>Owned by the thread that claimed. From {@value #IN_PLACE_LENGTH} bytes up the memory is what the kernel will read from, so that the
 * record is never copied; either way it must not be touched after the commit, and trying to throws.
 */
public final class Claim implements AutoCloseable {
    /** Payloads of at least this many bytes are written to disk from where they were filled. */
    static final int IN_PLACE_LENGTH = 64 * 1024;

    private static final long PAYLOAD_OFFSET = BatchHeaderDescriptor.LENGTH + RecordDescriptor.HEADER_LENGTH;

    private final Intake intake;
    private final AppendOptions options;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment payload;
    private AlignedBuffer memory;
    private boolean isOver;

    // Ties the view of the buffer to this claim's life, so that a late write cannot reach the kernel's memory.
    @SuppressWarnings("restricted")
    Claim(Intake intake, AppendOptions options, int length) {
        this.intake = intake;
        this.options = options;
        if (length >= IN_PLACE_LENGTH) {
            memory = intake.memory(PAYLOAD_OFFSET + RecordDescriptor.alignedLength(length));
            payload = memory.memory().asSlice(PAYLOAD_OFFSET, length).reinterpret(arena, null);
        } else {
            payload = arena.allocate(Math.max(1, length), RecordDescriptor.ALIGNMENT).asSlice(0, length);
        }
    }

    /**
     * Where to write the record.
     *
     * @return memory of exactly the claimed length; its content is undefined until written
     */
    public MemorySegment payload() {
        checkOpen();
        return payload;
    }

    /**
     * Appends the record and waits until it has reached the claim's level. The claim is over.
     *
     * @return its LSN
     * @throws IndeterminateAppendException if the log fails or the thread is interrupted while it waits
     * @throws dev.varve.engine.io.NoSpaceException if the file system is full; nothing was written and the claim is still open
     */
    public long commit() {
        checkOpen();
        OneRecord record = OneRecord.of(RecordDescriptor.meta(options.kind(), 0), payload);
        Thread receiver = options.level() == AckLevel.BUFFERED ? null : Thread.currentThread();
        Appender.Target target = new Appender.Target(receiver, null, options.level());
        long lsn = memory == null ? intake.accept(record, target) : intake.acceptInPlace(record, memory, target);
        memory = null;
        end();
        intake.await(lsn, options.level());
        return lsn;
    }

    private void checkOpen() {
        if (isOver) {
            throw new IllegalStateException("the claim was committed or closed");
        }
    }

    private void end() {
        isOver = true;
        arena.close();
    }

    /** Gives the memory back if the record was not committed. Idempotent. */
    @Override
    public void close() {
        if (!isOver) {
            end();
            if (memory != null) {
                intake.release(memory);
                memory = null;
            }
        }
    }
}
