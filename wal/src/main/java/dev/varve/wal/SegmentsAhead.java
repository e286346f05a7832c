package dev.varve.wal;

import dev.varve.engine.segment.SegmentAllocator;
import dev.varve.engine.segment.SegmentHeader;

/**
 * Keeps a segment ready in front of the log: prepares files, has the next one named by the manifest, tells appenders about it, and rolls.
 *
 * <pre>
 *   prepared ──► named by the manifest ──► offered to appenders ──► a batch lies in it ──► roll ──► the next one is wanted
 * </pre>
 *
 * <p>Owned by the driver. Invariant: a segment is offered only while a spare remains for recovery; but for one that an opening without
 * space still owes, as an opening with space for a single segment takes that.
 */
final class SegmentsAhead {
    private final LogParts parts;
    private final SegmentAllocator allocator;
    private final BatchBuilder builder;
    private final Roll roll;
    private final LateDecree decree;

    SegmentsAhead(LogParts parts, LateDecree decree) {
        this.decree = decree;
        this.parts = parts;
        this.allocator = parts.allocator();
        this.builder = parts.builder();
        this.roll = parts.roll();
        allocator.want(builder.header().segment() + 1);
    }

    /** Tells appenders about the next segment, once it is prepared, a spare remains for recovery, and the manifest names it. */
    boolean offer() {
        if (allocator.next() == null || roll.offered() != null) {
            return false;
        }
        if (decree.isOutstanding()) {
            return decree.step();
        }
        long segment = allocator.next().segment();
        if (!parts.manifest().isNamed(segment)) {
            parts.manifest().name(segment);
            return false;
        }
        if (!allocator.isReady()) {
            return false;
        }
        SegmentPlace place = new SegmentPlace(segment, parts.environment().random().nextLong(), builder.header().limitLsn(),
            parts.config().geometry(builder.header().geometry().blockSize()));
        roll.offered(place);
        parts.placement().offerSegment(place);
        return true;
    }

    /** Seals the segment being written, because the next batch lies in the one that was offered. */
    void startRoll() {
        roll.start(allocator.takeNext());
    }

    /** Goes on with a roll, if one is under way. */
    boolean roll() {
        if (!roll.isActive()) {
            return false;
        }
        // Both segments are this writer's or one's with the same contract; what was seen in filling the first holds for all.
        SegmentHeader begun = roll.step(parts.queue().engine().contract(),
            parts.recovered().directory().directory().storage().remembering(builder.header().origin().storage()));
        if (begun == null) {
            return false;
        }
        parts.segments().add(begun);
        allocator.want(begun.segment() + 1);
        return true;
    }

    /** Goes on preparing. Zeros keep ahead of the log by a factor of two, and beyond that make way for it. */
    boolean prepare(long nowNs, boolean isBusy) {
        boolean isLacking = parts.placement().lacksSegment();
        if (isLacking) {
            allocator.hurry();
        }
        long written = (long) builder.next().block() * builder.header().geometry().blockSize();
        boolean isWorked = allocator.step(nowNs, isBusy && (allocator.isReady() || allocator.zeroed() > 2 * written));
        parts.full(isLacking ? allocator.noSpace() : null);
        return isWorked;
    }
}
