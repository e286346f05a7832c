package dev.varve.engine.simulation;

/**
 * What goes wrong with one operation.
 *
 * @param effect the kind
 * @param value  errno, bytes or offset, as the kind needs it
 */
record Fault(Effect effect, long value) {
    /** Nothing goes wrong. */
    static final Fault NONE = new Fault(Effect.NONE, 0);

    /** Kinds of faults. */
    enum Effect { NONE, FAIL, LOSE, MISDIRECT, SHORTEN, HANG }

    boolean is(Effect other) {
        return effect == other;
    }

    int errno() {
        return effect == Effect.FAIL ? (int) value : 0;
    }
}
