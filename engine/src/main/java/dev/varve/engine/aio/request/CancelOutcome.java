package dev.varve.engine.aio.request;

/** What came of the wish to cancel. */
public enum CancelOutcome {
    /** At least one request was cancelled and none is left in flight: what was cancelled has not touched, and will not touch, its file. */
    CANCELLED,
    /** At least one request is with the kernel, which cannot take file I/O back; it ends as ever. */
    NOT_CANCELLED,
    /** Everything was over already. */
    ALL_DONE
}
