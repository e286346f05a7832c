package dev.varve.engine.aio.request;

/** Whether a call that submits many requests waits for them. */
public enum Waiting {
    /** It returns when the last one is over. */
    WAIT,
    /** It returns at once. */
    NOWAIT
}
