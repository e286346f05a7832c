package dev.varve.engine.aio;

/**
 * One completion.
 *
 * @param request the object that was submitted with the iocb
 * @param result  bytes transferred, or an error number negated; for a sync 0; for a poll the events that came, 0 if it was cancelled
 * @param <R>     what the caller's objects are
 */
public record AioEvent<R>(R request, long result) {
}
