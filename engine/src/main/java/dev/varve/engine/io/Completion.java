package dev.varve.engine.io;

/**
 * Told when a request is over. Runs on the queue's owner thread: inside {@link IoQueue#reap}, or inside {@link IoQueue#submit} if the
 * engine refused the request. It may add and submit requests, but not reap.
 */
@FunctionalInterface
public interface Completion {
    /**
     * The request is done or has failed, see {@link IoRequest#state()}; it and its memory belong to the caller again and it may be
     * prepared and added anew from within this call.
     *
     * @param request the request
     */
    void completed(IoRequest request);
}
