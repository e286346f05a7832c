package dev.varve.engine.simulation;

/**
 * What goes wrong with one operation.
 *
 * @param effect the kind
 * @param value  errno, bytes, offset, bit or nanoseconds, as the kind needs it
 */
record Fault(Effect effect, long value) {
    /** Nothing goes wrong. */
    static final Fault NONE = new Fault(Effect.NONE, 0);

    /** Kinds of faults. */
    enum Effect { NONE, FAIL, LOSE, MISDIRECT, STALE, FLIP, SHORTEN, DELAY, HANG }

    boolean is(Effect other) {
        return effect == other;
    }

    /** How much longer the operation takes. */
    long delayNs() {
        return effect == Effect.DELAY ? value : 0;
    }

    int errno() {
        return effect == Effect.FAIL ? (int) value : 0;
    }
}
