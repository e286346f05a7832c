package dev.varve.wal;

import dev.varve.engine.io.StorageSummary;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.PreparedSegment;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentStarter.Base;
import dev.varve.engine.segment.SegmentStarter.NewLife;
import dev.varve.recovery.OutstandingDecree;

/**
 * The decree that recovery left to the writer, for want of space: carried out as soon as a file can be had, before anything is written.
 *
 * <pre>
 *   file durable under its final name ──► manifest, both slots ──► header, both copies ──► the log is as an opening leaves it
 * </pre>
 *
 * <p>Owned by the driver. Invariants: no place is given out before the manifest names the segment; until the header is durable the log ends
 * where recovery has found it to end, whenever the power goes.
 */
final class LateDecree {
    private final LogParts parts;
    private OutstandingDecree decree;

    LateDecree(LogParts parts) {
        this.parts = parts;
        this.decree = parts.recovered().decree();
        if (decree != null) {
            parts.allocator().refused(decree.refusal(), parts.environment().nanos().getAsLong());
            parts.full(decree.refusal());
        }
    }

    /** Whether nothing may be written yet. */
    boolean isOutstanding() {
        return decree != null;
    }

    /**
     * Goes on with a segment's file that is prepared.
     *
     * @return whether anything was done
     */
    boolean step() {
        if (!parts.manifest().isDecreed(decree.segment())) {
            parts.manifest().decree(decree.segment(), decree.epoch(), decree.durable());
            return false;
        }
        SegmentHeader ended = parts.builder().header();
        PreparedSegment prepared = parts.allocator().takeNext();
        StorageSummary present = parts.recovered().directory().directory().storage();
        boolean isSameKind = ended.origin().contract() == parts.queue().engine().contract();
        SegmentHeader.Origin origin = new SegmentHeader.Origin(parts.queue().engine().contract(), prepared.preparation(),
            isSameKind ? present.remembering(ended.origin().storage()) : present);
        SegmentHeader header = decree.header(ended.logId(), new NewLife(parts.environment().random().nextLong(), decree.epoch(),
            parts.geometry(), origin));
        SegmentPlace place = SegmentPlace.of(header);
        parts.roll().startByDecree(prepared, header, place);
        parts.placement().offerSegment(place);
        decree = null;
        return true;
    }

    /** D to begin with, for whoever goes on behind a decree: the number before its first batch, which no batch has. */
    static DurablePlace durable(Base base, DurablePlace last) {
        return new DurablePlace(base.batch() - 1, last.segment(), last.block(), last.chain());
    }
}
