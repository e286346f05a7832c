package dev.varve.engine.simulation;

/** What is known about one round of one write request: above all, when its completion was reaped. */
final class WriteMark {
    /** The step of a completion that nobody has seen yet. */
    static final long UNREAPED = Long.MAX_VALUE;

    private long reapedAtStep = UNREAPED;

    void reaped(long step) {
        reapedAtStep = step;
    }

    /** Whether a sync submitted in the given step covers the write. */
    boolean isCoveredBy(long syncStep) {
        return reapedAtStep < syncStep;
    }
}
