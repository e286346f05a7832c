package dev.varve.engine.io;

import java.lang.foreign.MemorySegment;

/**
 * One read, write or sync, reusable as often as its owner likes and allocated once.
 *
 * <p>Owned by one thread. States:
 *
 * <pre>
 *   IDLE ── read/write/sync ──► READY ── IoQueue.add ──► QUEUED ── submit ──► IN_FLIGHT ── reap ──► DONE | FAILED
 *     ▲                           ▲                        ▲                      │                    │
 *     │                           └────────────────────────│──────────────────────│── prepared anew ◄──┘
 *     └── new                                              └── short transfer ────┘
 * </pre>
 *
 * <p>Invariants: memory, offset and length are multiples of the file's block size; memory is not touched by anyone but the kernel
 * from IN_FLIGHT until it is reaped.
 */
public final class IoRequest {
    /** What is asked. */
    public enum Kind {
        /** Read from the file into memory. */
        READ,
        /** Write memory to the file. */
        WRITE,
        /** fdatasync: what was reaped before is durable, with the metadata needed to read it. */
        DATA_SYNC,
        /** fsync: as DATA_SYNC, with all metadata. */
        SYNC
    }

    /** Where the request stands. */
    public enum State {
        /** Nothing asked yet. */
        IDLE,
        /** Prepared, with its owner. */
        READY,
        /** Waiting in an {@link IoQueue}. */
        QUEUED,
        /** With the kernel. */
        IN_FLIGHT,
        /** Over, all bytes transferred (a read may have met the end of the file). */
        DONE,
        /** Over, {@link IoRequest#errno()} tells why. */
        FAILED
    }

    private final Completion completion;
    private Kind kind = Kind.SYNC;
    private State state = State.IDLE;
    private IoFile file;
    private MemorySegment memory = MemorySegment.NULL;
    private long offset;
    private long length;
    private boolean durable;
    private long progress;
    private int stalledRounds;
    private long result;
    private int slot = -1;
    /** Neighbours in the queue's list of what is in flight. */
    IoRequest older;
    IoRequest newer;
    long sentNs;

    /**
     * Makes an idle request.
     *
     * @param completion told each time the request is over
     */
    public IoRequest(Completion completion) {
        this.completion = completion;
    }

    /**
     * Prepares a read of {@code memory.byteSize()} bytes.
     *
     * @param from   the file
     * @param at     offset in the file, in bytes, block-aligned
     * @param into   block-aligned memory
     * @return this
     */
    public IoRequest read(IoFile from, long at, MemorySegment into) {
        return prepare(Kind.READ, from, at, into);
    }

    /**
     * Prepares a write of {@code memory.byteSize()} bytes.
     *
     * @param to     the file
     * @param at     offset in the file, in bytes, block-aligned
     * @param from   block-aligned memory
     * @return this
     */
    public IoRequest write(IoFile to, long at, MemorySegment from) {
        return prepare(Kind.WRITE, to, at, from);
    }

    /**
     * Prepares a write whose completion means that the bytes are durable (RWF_DSYNC).
     *
     * @param to     the file
     * @param at     offset in the file, in bytes, block-aligned
     * @param from   block-aligned memory
     * @return this
     */
    public IoRequest writeDurably(IoFile to, long at, MemorySegment from) {
        prepare(Kind.WRITE, to, at, from);
        durable = true;
        return this;
    }

    /**
     * Prepares an fdatasync.
     *
     * @param of the file
     * @return this
     */
    public IoRequest dataSync(IoFile of) {
        return prepare(Kind.DATA_SYNC, of, 0, MemorySegment.NULL);
    }

    /**
     * Prepares an fsync.
     *
     * @param of the file
     * @return this
     */
    public IoRequest sync(IoFile of) {
        return prepare(Kind.SYNC, of, 0, MemorySegment.NULL);
    }

    private IoRequest prepare(Kind newKind, IoFile newFile, long newOffset, MemorySegment newMemory) {
        if (isPending()) {
            throw new IllegalStateException("request is still under way: " + this);
        }
        kind = newKind;
        file = newFile;
        offset = newOffset;
        memory = newMemory;
        length = newMemory.byteSize();
        durable = false;
        progress = 0;
        stalledRounds = 0;
        result = 0;
        state = State.READY;
        return this;
    }

    /**
     * What is asked.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Where the request stands.
     *
     * @return the state
     */
    public State state() {
        return state;
    }

    /**
     * Whether it waits in a queue or is with the kernel.
     *
     * @return true from {@link IoQueue#add} until its completion
     */
    public boolean isPending() {
        return state == State.QUEUED || state == State.IN_FLIGHT;
    }

    /**
     * The file.
     *
     * @return the file it was prepared with
     */
    public IoFile file() {
        return file;
    }

    /**
     * The whole memory of the transfer.
     *
     * @return the memory it was prepared with
     */
    public MemorySegment memory() {
        return memory;
    }

    /**
     * The offset in the file of the whole transfer.
     *
     * @return bytes
     */
    public long offset() {
        return offset;
    }

    /**
     * The length of the whole transfer.
     *
     * @return bytes, 0 for a sync
     */
    public long length() {
        return length;
    }

    /**
     * Whether a write's completion means durability.
     *
     * @return true for {@link #writeDurably}
     */
    public boolean isDurable() {
        return durable;
    }

    /**
     * How many leading bytes earlier rounds have already transferred; an engine submits what lies behind them.
     *
     * @return bytes, a multiple of the block size while more is to come
     */
    public long progress() {
        return progress;
    }

    /**
     * Address of the first byte still to transfer.
     *
     * @return a native address, 0 for a sync
     */
    public long address() {
        return memory.address() + progress;
    }

    /**
     * Bytes transferred in all.
     *
     * @return from 0 to {@link #length()}; less only for a read that met the end of the file, or after a failure
     */
    public long bytes() {
        return progress;
    }

    /**
     * Why it failed.
     *
     * @return a positive errno, or 0 if it has not failed
     */
    public int errno() {
        return state == State.FAILED ? (int) -result : 0;
    }

    /**
     * A failed request as an exception to throw.
     *
     * @return the exception, naming operation, file, offset, length and errno
     */
    public IoFailureException failure() {
        assert state == State.FAILED : this;
        return IoFailureException.of(this);
    }

    /**
     * For engines: a number of the engine's own while the request is in flight.
     *
     * @return the slot, -1 if none
     */
    public int slot() {
        return slot;
    }

    /**
     * For engines: the request has been taken, or is being offered to the kernel.
     *
     * @param newSlot the engine's number for it
     * @throws IllegalStateException if it does not wait in a queue: it was never added, or is in flight already
     */
    public void taken(int newSlot) {
        if (state != State.QUEUED) {
            throw new IllegalStateException("request cannot be submitted, it is not queued: " + this);
        }
        state = State.IN_FLIGHT;
        slot = newSlot;
    }

    /** For engines: the request was offered, and the kernel did not take it; it waits as before. */
    public void notTaken() {
        assert state == State.IN_FLIGHT : this;
        state = State.QUEUED;
        slot = -1;
    }

    /**
     * For engines and queues: looks whether what is left of the transfer may reach the kernel.
     *
     * @throws MisalignedRequestException if memory, offset or length is no multiple of the file's block size, or the length is zero
     */
    public void checkAligned() {
        if (kind == Kind.DATA_SYNC || kind == Kind.SYNC) {
            return;
        }
        long mask = file.blockSize() - 1L;
        if (((address() | offset | length) & mask) != 0 || length == 0 || offset < 0) {
            throw new MisalignedRequestException(this);
        }
    }

    /**
     * For engines: this round is over.
     *
     * @param roundResult bytes transferred in this round, or a negative errno
     */
    public void transferred(long roundResult) {
        assert state == State.IN_FLIGHT : this;
        state = State.QUEUED;
        slot = -1;
        result = roundResult;
    }

    /** {@return when the engine took it last, by the clock that {@link IoQueue#tick} was told} */
    public long sentNs() {
        return sentNs;
    }

    /** The last round's raw result. */
    long roundResult() {
        return result;
    }

    void queued() {
        assert state == State.READY : this;
        state = State.QUEUED;
    }

    void advance(long count) {
        progress += count;
        assert progress <= length : this;
    }

    /** Undoes part of the progress, so that the next round starts on a block boundary. */
    void retreatTo(long boundary) {
        assert boundary <= progress : this;
        progress = boundary;
    }

    /** Counts a round in which nothing was gained, and says how many there were. */
    int stalled() {
        return ++stalledRounds;
    }

    void finish() {
        state = State.DONE;
        completion.completed(this);
    }

    void fail(int errno) {
        assert errno > 0 : errno;
        result = -errno;
        state = State.FAILED;
        completion.completed(this);
    }

    @Override
    public String toString() {
        return kind + " " + (file == null ? "?" : file.path()) + " offset=" + offset + " length=" + length
            + " progress=" + progress + " state=" + state + " result=" + result;
    }
}
