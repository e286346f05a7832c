package dev.varve.wal;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.SegmentAllocator;
import java.lang.foreign.MemorySegment;

/**
 * The clean end of a log: drain, write a CLOSE batch, set the manifest's clean-close flag.
 *
 * <pre>
 *   OPEN ── begin ──► DRAINING ── all durable ──► CLOSE_BATCH ── durable ──► MANIFEST ── durable, nothing in flight ──► ENDED
 *                         └── no room for a CLOSE batch ───────────────────────►┘
 * </pre>
 *
 * <p>Owned by the driver, but for {@link #begin}.
 */
final class Closing {
    private enum Phase { OPEN, DRAINING, CLOSE_BATCH, MANIFEST, ENDED }

    private final Placement placement;
    private final SpaceWaiters space;
    private final GroupCommit commit;
    private final BatchBuilder builder;
    private final ManifestKeeper manifest;
    private final SegmentAllocator allocator;
    private final Truncation truncation;
    private final MemorySegment memory;
    private final LateDecree decree;
    private volatile boolean isBegun;
    private Phase phase = Phase.OPEN;

    Closing(LogParts parts, LateDecree decree) {
        this.decree = decree;
        this.placement = parts.placement();
        this.space = parts.space();
        this.commit = parts.commit();
        this.builder = parts.builder();
        this.manifest = parts.manifest();
        this.allocator = parts.allocator();
        this.truncation = parts.truncation();
        this.memory = parts.closeMemory();
    }

    /** Any thread. */
    void begin() {
        isBegun = true;
    }

    boolean isBegun() {
        return isBegun;
    }

    boolean isEnded() {
        return phase == Phase.ENDED;
    }

    /** Goes on, if closing was begun. */
    boolean step(boolean isDrained) {
        Phase before = phase;
        switch (phase) {
            case OPEN -> begun();
            case DRAINING -> drained(isDrained);
            case CLOSE_BATCH -> closed();
            case MANIFEST -> ended();
            case ENDED -> { }
        }
        return phase != before;
    }

    private void begun() {
        if (isBegun) {
            placement.end();
            space.wakeAll();
            phase = Phase.DRAINING;
        }
    }

    private void drained(boolean isDrained) {
        if (!isDrained) {
            // An appender that was opening a batch when places ended has opened it since.
            placement.closeOpen();
            return;
        }
        boolean isRoom = !decree.isOutstanding() && builder.next().block() < builder.header().geometry().copyBlock();
        if (!isRoom) {
            phase = Phase.MANIFEST;
            return;
        }
        BatchHeader close = builder.build(BatchHeader.Kind.CLOSE, memory, BatchBuilder.Body.EMPTY, commit.durable().batch());
        commit.submit(new GroupCommit.Built(null, close, builder.endLsn()), builder.segment().file(), memory, true);
        phase = Phase.CLOSE_BATCH;
    }

    private void closed() {
        if (commit.unsynced() == 0) {
            manifest.closeClean(commit.durable());
            phase = Phase.MANIFEST;
        }
    }

    private void ended() {
        if (manifest.isUpToDate() && !allocator.isBusy() && truncation.isIdle()) {
            phase = Phase.ENDED;
        }
    }
}
