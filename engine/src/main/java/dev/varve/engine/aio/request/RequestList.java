package dev.varve.engine.aio.request;

/**
 * Requests in order, linked through themselves, so that keeping them allocates nothing and taking one out looks at no other.
 *
 * <p>Guarded by the lock of the queue. Invariant: a request is in at most one list, the one it names.
 */
final class RequestList {
    private AioRequest first;
    private AioRequest last;
    private int count;
    private int polls;

    boolean isEmpty() {
        return first == null;
    }

    int count() {
        return count;
    }

    /** Those that end only when somebody else acts. */
    int polls() {
        return polls;
    }

    /** The first, null if there is none; {@link AioRequest#next()} has those behind it. */
    AioRequest first() {
        return first;
    }

    /** Puts a request behind all others, taking it out of the list that it was in. */
    void add(AioRequest request) {
        if (request.list() != null) {
            request.list().remove(request);
        }
        request.link(this, last, null);
        if (last == null) {
            first = request;
        } else {
            last.link(this, last.previous(), request);
        }
        last = request;
        count++;
        polls += isPoll(request);
    }

    /** Takes the first out; null if there is none. */
    AioRequest poll() {
        AioRequest request = first;
        if (request != null) {
            remove(request);
        }
        return request;
    }

    private void remove(AioRequest request) {
        AioRequest before = request.previous();
        AioRequest behind = request.next();
        if (before == null) {
            first = behind;
        } else {
            before.link(this, before.previous(), behind);
        }
        if (behind == null) {
            last = before;
        } else {
            behind.link(this, before, behind.next());
        }
        request.link(null, null, null);
        count--;
        polls -= isPoll(request);
    }

    private static int isPoll(AioRequest request) {
        return request.operation().kind() == Operation.Kind.POLL ? 1 : 0;
    }
}
