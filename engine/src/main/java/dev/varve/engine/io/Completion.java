package dev.varve.engine.io;

/** Told when a request is over. Runs on the thread that reaps, inside {@link IoQueue#reap}. */
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
