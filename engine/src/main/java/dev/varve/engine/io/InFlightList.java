package dev.varve.engine.io;

/**
 * The requests that an engine has, in the order in which it took them. Linked through the requests, so that it allocates nothing.
 *
 * <p>Owned by the queue's thread.
 */
final class InFlightList {
    private IoRequest oldest;
    private IoRequest newest;

    void add(IoRequest request, long nowNs) {
        request.sentNs = nowNs;
        request.older = newest;
        request.newer = null;
        if (newest == null) {
            oldest = request;
        } else {
            newest.newer = request;
        }
        newest = request;
    }

    void remove(IoRequest request) {
        if (request.older == null) {
            oldest = request.newer;
        } else {
            request.older.newer = request.newer;
        }
        if (request.newer == null) {
            newest = request.older;
        } else {
            request.newer.older = request.older;
        }
        request.older = null;
        request.newer = null;
    }

    /** The one that was taken first; null if there is none. */
    IoRequest oldest() {
        return oldest;
    }
}
