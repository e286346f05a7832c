package dev.varve.engine.memory;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One piece of aligned memory and its state. The state says who may touch the memory:
 *
 * <pre>
 *   FREE ── acquire ──► FILLING ── close ──► CLOSED ── lend ──► IN_FLIGHT ── take back ──► CLOSED
 *    ▲    the pool      appenders            the driver          the kernel                  │
 *    └────────────────────────────────────── release ◄───────────────────────────────────────┘
 * </pre>
 *
 * <p>Transitions are compare-and-set and checked always, not by assertion: a buffer freed while the kernel owns it corrupts whoever gets
 * it next.
 */
public final class AlignedBuffer {
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(AlignedBuffer.class, "state", State.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Who may touch the memory. */
    public enum State {
        /** Nobody; the pool has it. */
        FREE,
        /** Whoever holds a place in it. */
        FILLING,
        /** The driver alone. */
        CLOSED,
        /** The kernel. */
        IN_FLIGHT
    }

    private final MemorySegment memory;
    private volatile State state = State.FREE;

    AlignedBuffer(MemorySegment memory) {
        this.memory = memory;
    }

    /**
     * The memory.
     *
     * @return a block-aligned segment whose length is a multiple of the block size
     */
    public MemorySegment memory() {
        return memory;
    }

    /**
     * Bytes of memory.
     *
     * @return the length
     */
    public int length() {
        return (int) memory.byteSize();
    }

    /**
     * Who may touch the memory.
     *
     * @return the state
     */
    public State state() {
        return state;
    }

    void acquired() {
        move(State.FREE, State.FILLING);
    }

    /** No place is given out in it any more. */
    public void close() {
        move(State.FILLING, State.CLOSED);
    }

    /** The kernel gets it. */
    public void lend() {
        move(State.CLOSED, State.IN_FLIGHT);
    }

    /** Every request on it was reaped. */
    public void takeBack() {
        move(State.IN_FLIGHT, State.CLOSED);
    }

    void released() {
        if (!STATE.compareAndSet(this, State.CLOSED, State.FREE)) {
            move(State.FILLING, State.FREE);
        }
    }

    private void move(State from, State to) {
        if (!STATE.compareAndSet(this, from, to)) {
            throw new IllegalStateException("buffer is " + state + ", cannot go from " + from + " to " + to);
        }
    }
}
