package dev.varve.wal;

import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Lends claims the memory they are filled in, without ever waiting, and takes it back, also from claims that nobody closes.
 *
 * <pre>
 *   a large record ──► batch buffer, written to disk from where it lies
 *         └── claims hold their share of the buffers, or none is free ──┐
 *   a small record ─────────────────────────────────────────────────────┴──► staging memory, copied at commit
 * </pre>
 *
 * <p>Any thread. Invariant: claims hold at most {@code heldMax} bytes of the buffers, so that however many are open, and for however long,
 * appends go on.
 */
final class ClaimBuffers {
    private final BatchBuffers buffers;
    private final long heldMax;
    private final Runnable onReturn;
    private final AtomicLong held = new AtomicLong();
    private final StagingMemory staging = new StagingMemory();
    private final AtomicReference<Cleaner> cleaner = new AtomicReference<>();

    /**
     * Makes a lender.
     *
     * @param buffers  where buffers come from
     * @param heldMax  bytes of them that claims may hold
     * @param onReturn told when one went back, since others may lack it
     */
    ClaimBuffers(BatchBuffers buffers, long heldMax, Runnable onReturn) {
        this.buffers = buffers;
        this.heldMax = heldMax;
        this.onReturn = onReturn;
    }

    /** Memory of one claim. Whoever can reach the bytes must be able to reach this: when nobody can, they are used for others. */
    sealed interface Lease {
        /** Exactly as many bytes as were claimed, not tied to the claim's life. */
        MemorySegment bytes();

        /** Appends the record that was written into it, waiting for room. If this throws, the bytes are still the claim's. */
        long append(Intake intake, OneRecord record, Appender.Target target, Deadline deadline);

        /** The claim uses the bytes no more, whether they were appended or not. Once. */
        void end();
    }

    /** Lends memory for a record's payload. */
    Lease lend(int length) {
        AlignedBuffer buffer = length < Claim.IN_PLACE_LENGTH ? null
            : buffer(BatchHeaderDescriptor.LENGTH + RecordDescriptor.alignedLength(length));
        if (buffer == null) {
            return new Staged(staging, staging.take(length), length);
        }
        Loan loan = new Loan(this, buffer);
        InPlace lease = null;
        try {
            lease = new InPlace(loan, buffer.memory().asSlice(BatchHeaderDescriptor.LENGTH + RecordDescriptor.HEADER_LENGTH, length));
            return lease;
        } finally {
            if (lease == null) {
                loan.run();
            }
        }
    }

    private AlignedBuffer buffer(long length) {
        // Counted before it is taken: together claims must not hold more, however many come at the same time.
        if (held.addAndGet(length) > heldMax) {
            held.addAndGet(-length);
            return null;
        }
        AlignedBuffer buffer = null;
        try {
            buffer = buffers.memory(length);
        } finally {
            held.addAndGet((buffer == null ? 0 : buffer.length()) - length);
        }
        if (buffer != null && held.get() > heldMax) {
            takeBack(buffer);
            return null;
        }
        return buffer;
    }

    /** A buffer became a batch: it is the driver's now. */
    private void passed(AlignedBuffer buffer) {
        held.addAndGet(-buffer.length());
    }

    private void takeBack(AlignedBuffer buffer) {
        passed(buffer);
        buffers.release(buffer);
        onReturn.run();
    }

    /** Made with the first buffer lent, since it is a thread; ends with the log and the last claim. */
    private Cleaner cleaner() {
        Cleaner made = cleaner.get();
        if (made == null) {
            made = Cleaner.create(task -> Thread.ofPlatform().daemon().name("varve-abandoned-claims").inheritInheritableThreadLocals(false)
                .unstarted(task));
            made = cleaner.compareAndSet(null, made) ? made : cleaner.get();
        }
        return made;
    }

    /** Bytes of buffers that claims hold. */
    long held() {
        return held.get();
    }

    /** A buffer on loan; it goes back once, whoever asks first. Must not reach the lease, or that would never be out of reach. */
    private static final class Loan implements Runnable {
        private final ClaimBuffers home;
        private final AtomicReference<AlignedBuffer> buffer;

        Loan(ClaimBuffers home, AlignedBuffer buffer) {
            this.home = home;
            this.buffer = new AtomicReference<>(buffer);
        }

        @Override
        public void run() {
            AlignedBuffer lent = buffer.getAndSet(null);
            if (lent != null) {
                home.takeBack(lent);
            }
        }
    }

    private static final class InPlace implements Lease {
        private final Loan loan;
        private final MemorySegment bytes;
        private final Cleaner.Cleanable cleanable;

        InPlace(Loan loan, MemorySegment bytes) {
            this.loan = loan;
            this.bytes = bytes;
            this.cleanable = loan.home.cleaner().register(this, loan);
        }

        @Override
        public MemorySegment bytes() {
            return bytes;
        }

        @Override
        public long append(Intake intake, OneRecord record, Appender.Target target, Deadline deadline) {
            // Off the loan before it may become a batch: then it must go back by no other way.
            AlignedBuffer buffer = loan.buffer.getAndSet(null);
            long lsn = WriteAheadLog.BACK_PRESSURED;
            try {
                lsn = intake.acceptInPlace(record, buffer, target, deadline);
            } finally {
                if (lsn < 0) {
                    loan.buffer.set(buffer);
                }
            }
            loan.home.passed(buffer);
            return lsn;
        }

        @Override
        public void end() {
            cleanable.clean();
        }
    }

    private record Staged(StagingMemory staging, MemorySegment memory, int length) implements Lease {
        @Override
        public MemorySegment bytes() {
            return memory.asSlice(0, length);
        }

        @Override
        public long append(Intake intake, OneRecord record, Appender.Target target, Deadline deadline) {
            return intake.accept(record, target, deadline);
        }

        @Override
        public void end() {
            staging.giveBack(memory);
        }
    }
}
