package dev.varve.wal;

import dev.varve.engine.segment.SegmentRecycler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Gives up the oldest segments, whole ones only, when somebody says which records are not needed any more.
 *
 * <pre>
 *   NONE ── asked, and a whole segment can go ──► MANIFEST ── both slots name a higher lowest ──► FREEING ── files given up ──► NONE
 *                                                    └ the files are as before                       └ readers were told
 * </pre>
 *
 * <p>Owned by the driver, but for {@link #ask} and {@link #isAsked}. Invariants: no file is touched before both slots are durable and the
 * list that readers ask is shorter; the segment that is being written never goes, so that only durable records do, and one spare less is
 * never needed. Requests that come meanwhile are served together.
 */
final class Truncation {
    private enum State { NONE, MANIFEST, FREEING }

    private record Request(long lsn, CompletableFuture<Void> done) {
    }

    private final SegmentList segments;
    private final ManifestKeeper manifest;
    private final SegmentRecycler recycler;
    private final DriverSeat seat;
    private final ConcurrentLinkedQueue<Request> asked = new ConcurrentLinkedQueue<>();
    private final List<Request> served = new ArrayList<>();
    private volatile RuntimeException obstacle;
    private State state = State.NONE;
    private long lowest;

    Truncation(SegmentList segments, ManifestKeeper manifest, SegmentRecycler recycler, DriverSeat seat) {
        this.segments = segments;
        this.manifest = manifest;
        this.recycler = recycler;
        this.seat = seat;
    }

    /**
     * Asks for the segments that hold only records below an LSN to be given up, and waits. Any thread; an interrupt waits, too.
     *
     * @throws LogFailedException if the log fails meanwhile
     * @throws LogClosedException if it ends meanwhile
     */
    void askAndAwait(long lsn) {
        try {
            ask(lsn).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof LogClosedException closed) {
                throw closed;
            }
            throw new LogFailedException(e.getCause().getMessage(), e.getCause());
        }
    }

    /** As {@link #askAndAwait}, without waiting; what it returns must not have anything run when it completes. */
    CompletableFuture<Void> ask(long lsn) {
        Request request = new Request(lsn, new CompletableFuture<>());
        asked.add(request);
        if (obstacle == null) {
            seat.call();
        } else {
            // The driver has looked for the last time, or is about to; either of the two tells it.
            refuseAll();
        }
        return request.done();
    }

    /** Whether somebody waits for a step. */
    boolean isAsked() {
        return !asked.isEmpty();
    }

    /** Whether there is nothing to do. */
    boolean isIdle() {
        return state == State.NONE && asked.isEmpty();
    }

    /** Whether a segment is on its way out. */
    boolean isActive() {
        return state != State.NONE;
    }

    /** Whether a blocking call is under way. */
    boolean isBusy() {
        return recycler.isBusy();
    }

    /** Goes on as far as possible without waiting. */
    boolean step() {
        return switch (state) {
            case NONE -> begin();
            case MANIFEST -> trimmed();
            case FREEING -> free();
        };
    }

    private boolean begin() {
        if (asked.isEmpty()) {
            return false;
        }
        long lsn = 0;
        for (Request request = asked.poll(); request != null; request = asked.poll()) {
            served.add(request);
            lsn = Math.max(lsn, request.lsn());
        }
        lowest = segments.lowestFor(lsn);
        if (lowest == segments.lowest().segment()) {
            end();
        } else {
            manifest.trim(lowest);
            state = State.MANIFEST;
        }
        return true;
    }

    private boolean trimmed() {
        if (!manifest.isTrimmed()) {
            return false;
        }
        segments.dropBelow(lowest).forEach(header -> recycler.free(header.segment()));
        state = State.FREEING;
        free();
        return true;
    }

    private boolean free() {
        boolean isWorked = recycler.step();
        if (recycler.isIdle()) {
            state = State.NONE;
            end();
            return true;
        }
        return isWorked;
    }

    private void end() {
        served.forEach(request -> request.done().complete(null));
        served.clear();
    }

    /** Tells everybody who waits, and who will, that nothing more is done. By the driver; the first reason stays. */
    void refuse(RuntimeException newObstacle) {
        if (obstacle == null) {
            obstacle = newObstacle;
        }
        served.forEach(request -> request.done().completeExceptionally(obstacle));
        served.clear();
        refuseAll();
    }

    private void refuseAll() {
        for (Request request = asked.poll(); request != null; request = asked.poll()) {
            request.done().completeExceptionally(obstacle);
        }
    }

    void close() {
        recycler.close();
    }
}
