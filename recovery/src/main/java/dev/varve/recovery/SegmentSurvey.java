package dev.varve.recovery;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.SegmentSummary.Content;
import dev.varve.recovery.SegmentSummary.Doubt;
import dev.varve.recovery.SegmentSummary.State;
import java.util.ArrayList;
import java.util.List;

/**
 * Goes through the segments of a log, lowest first, and notes what each holds. Behind the first one that is not whole it goes on, if
 * everything is to be walked: each segment says by itself what its first batch must follow, so it can be judged although what lies before
 * it cannot be read. What was not looked at is noted as such.
 *
 * <p>Owned by one thread; used once.
 */
final class SegmentSurvey {
    /**
     * A segment that does not reach the end that its successor declares.
     *
     * @param walk       how far it is valid
     * @param declared   what its successor says of it
     * @param linkDefect what is wrong with the batch that the successor names
     * @param scan       what lies behind the place where the walk stopped
     */
    record Shortfall(SegmentWalk walk, Predecessor declared, Defect linkDefect, EvidenceScan scan) {
        /** Why the walk does not reach the declared end. */
        Defect defect() {
            if (walk.stop() != Defect.NONE) {
                return walk.stop();
            }
            return linkDefect == Defect.NONE ? Defect.PREDECESSOR : linkDefect;
        }

        /** A header that says what no correct writer says, null if there is none. */
        BatchHeader impossible() {
            return walk.impossible() == null ? scan.impossible() : walk.impossible();
        }
    }

    private final LogFiles files;
    private final BlockStream stream;
    private final BatchCursor cursor;
    private final Examination.Mode mode;
    private final List<String> warnings;
    private final List<SegmentSummary> summaries = new ArrayList<>();
    private final List<SegmentHeader> readable = new ArrayList<>();
    private Manifest manifest;
    private boolean isBroken;

    SegmentSurvey(LogFiles files, BlockStream stream, BatchCursor cursor, Examination.Mode mode, List<String> warnings) {
        this.files = files;
        this.stream = stream;
        this.cursor = cursor;
        this.mode = mode;
        this.warnings = warnings;
    }

    /** What the manifest says, once it is known. */
    void expect(Manifest newManifest) {
        manifest = newManifest;
    }

    /** What was found in each segment, lowest first. */
    List<SegmentSummary> summaries() {
        return List.copyOf(summaries);
    }

    /** The headers of the segments that a reader from the lowest one on gets to. */
    List<SegmentHeader> readable() {
        return List.copyOf(readable);
    }

    /** The end of what a reader from the lowest segment on gets to, 0 if it gets nowhere. */
    long readableEndLsn() {
        for (SegmentSummary summary : summaries.reversed()) {
            if (summary.isReached()) {
                return summary.endLsn();
            }
        }
        return 0;
    }

    /** Whether behind what was looked at so far nothing is looked at any more. */
    private boolean isOver() {
        return isBroken && !mode.walkAll();
    }

    /**
     * Checks a segment that has a successor.
     *
     * @param segment  its header
     * @param declared what the successor says of it
     * @return null if it is whole as far as it was to be checked, or not to be looked at
     */
    Shortfall older(SegmentHeader segment, Predecessor declared) {
        if (isOver()) {
            skip(segment);
            return null;
        }
        try (IoFile file = open(segment.segment())) {
            LinkCheck link = new LinkCheck(stream, warnings);
            Defect defect = link.run(file, segment, declared);
            // Behind a hole the next sequence does not tell how many records there are.
            if (defect == Defect.NONE && !mode.walkAll() && !declared.isHoleBehind()) {
                add(segment, stateOf(declared), declared.endLsn(), content(segment, declared, link.footer()), Doubt.NONE);
                return null;
            }
            // In a log that is not sound nobody has checked yet that the declared end lies inside the segment.
            int endBlock = Math.clamp((declared.endLsn() - segment.baseLsn()) / segment.geometry().blockSize(), 1,
                segment.geometry().copyBlock());
            SegmentWalk walk = walkTo(file, segment, endBlock);
            if (walk.isExactly(declared) && walk.impossible() == null) {
                add(segment, stateOf(declared), declared.endLsn(), walk.content(), Doubt.NONE);
                return null;
            }
            Shortfall shortfall = new Shortfall(walk, declared, defect, scanBehind(walk));
            add(segment, State.DAMAGED, walk.endLsn(), walk.content(), new Doubt(shortfall.defect(), shortfall.scan().later()));
            isBroken = true;
            return shortfall;
        }
    }

    /** Looks at a segment whose successor is the one at fault, so that nobody says where it ends. */
    void unconfirmed(SegmentHeader segment) {
        if (isOver()) {
            skip(segment);
            return;
        }
        try (IoFile file = open(segment.segment())) {
            SegmentWalk walk = walkTo(file, segment, segment.geometry().copyBlock());
            EvidenceScan scan = scanBehind(walk);
            boolean isPinned = manifest.durable().segment() == segment.segment() && manifest.durable().batch() > walk.lastBatch();
            boolean isMissed = isPinned || Math.max(walk.syncedMax(), scan.syncedMax()) > walk.lastBatch();
            boolean isImpossible = walk.impossible() != null || scan.impossible() != null;
            boolean isDamaged = isMissed || isImpossible || walk.stop() == Defect.READ_ERROR;
            add(segment, isDamaged ? State.DAMAGED : State.END_UNCONFIRMED, walk.endLsn(), walk.content(),
                new Doubt(walk.stop(), scan.later()));
            isBroken = true;
        }
    }

    /**
     * Looks at the segment in which the log ends.
     *
     * @param inventory the segments
     * @return what was found, null if it was not to be looked at
     */
    LastSegment last(Inventory inventory) {
        SegmentHeader segment = inventory.last();
        if (isOver()) {
            skip(segment);
            return null;
        }
        LastSegment last = new LastSegment(inventory, stream, cursor);
        try (IoFile file = open(segment.segment())) {
            last.run(file, mode.isLive());
        }
        last.expect(mode.minDurableLsn());
        SegmentWalk walk = last.walk();
        boolean isWhole = last.verdict().isOpenable();
        add(segment, isWhole ? openState(walk) : State.DAMAGED, mode.isLive() ? last.durableEndLsn() : walk.endLsn(), walk.content(),
            isWhole ? Doubt.NONE : new Doubt(walk.stop(), last.evidence().later()));
        return last;
    }

    /** Notes a segment that is at fault itself, and that there is no way across it. */
    void fault(long segment, State state) {
        isBroken = true;
        summaries.add(new SegmentSummary(segment, null, state, false, 0, Content.NOTHING, Doubt.NONE));
    }

    private void skip(SegmentHeader segment) {
        add(segment, State.NOT_LOOKED_AT, 0, Content.NOTHING, Doubt.NONE);
    }

    private void add(SegmentHeader segment, State state, long endLsn, Content content, Doubt doubt) {
        if (!isBroken) {
            readable.add(segment);
        }
        summaries.add(new SegmentSummary(segment.segment(), segment, state, !isBroken, endLsn, content, doubt));
    }

    private IoFile open(long segment) {
        IoFile file = files.open(segment, Access.READ);
        if (file == null) {
            throw new UnsoundLogException(Verdict.SEGMENT_MISSING, segment, files.pathOf(segment) + " has just gone; put it back");
        }
        return file;
    }

    private SegmentWalk walkTo(IoFile file, SegmentHeader segment, int endBlock) {
        int blockSize = segment.geometry().blockSize();
        stream.open(file, blockSize, (long) endBlock * blockSize);
        cursor.start(segment, endBlock, manifest.durable());
        SegmentWalk walk = new SegmentWalk(segment, cursor);
        walk.run();
        return walk;
    }

    /** Looks at what lies between the place where a walk stopped and where it might have gone. */
    private EvidenceScan scanBehind(SegmentWalk walk) {
        EvidenceScan scan = new EvidenceScan(stream, walk.segment());
        scan.run(walk.end());
        return scan;
    }

    private static State stateOf(Predecessor declared) {
        return declared.kind() == Predecessor.Kind.SEAL ? State.SEALED : State.ENDED_BY_DECREE;
    }

    private static Content content(SegmentHeader segment, Predecessor declared, Footer footer) {
        long blocks = (declared.endLsn() - segment.baseLsn()) / segment.geometry().blockSize() - 1;
        long batches = footer == null ? declared.batch() - segment.baseBatch() + 1 : footer.batchCount();
        return new Content(batches, declared.endSequence() - segment.baseSequence(), 0, blocks);
    }

    private static State openState(SegmentWalk walk) {
        if (walk.last() == null || walk.last().kind() == Kind.DATA) {
            return State.OPEN;
        }
        return walk.last().kind() == Kind.SEAL ? State.SEALED : State.CLOSED;
    }
}
