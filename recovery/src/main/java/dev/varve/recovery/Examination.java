package dev.varve.recovery;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.DecisionTable.Facts;
import dev.varve.recovery.DecisionTable.ReadErrors;
import dev.varve.recovery.RecoveryReport.Counts;
import dev.varve.recovery.RecoveryReport.Timings;
import dev.varve.recovery.SegmentSummary.Content;
import dev.varve.recovery.SegmentSummary.State;
import java.util.ArrayList;
import java.util.List;

/**
 * One look at a log, from manifest to verdict, that changes nothing on disk.
 *
 * <p>Owned by one thread; used once.
 */
final class Examination implements AutoCloseable {
    /**
     * How to look.
     *
     * @param walkAll       whether segments before the last are walked, too
     * @param isLive        whether a writer may be at work
     * @param minDurableLsn an LSN that the caller knows was acknowledged, 0 for none
     * @param meter         counts what is read
     */
    record Mode(boolean walkAll, boolean isLive, long minDurableLsn, ReadMeter meter) {
    }

    private final LogFiles files;
    private final Recovery.Resources resources;
    private final Mode mode;
    private final ReadMeter meter;
    private final BlockStream stream;
    private final BatchCursor cursor;
    private final List<String> warnings = new ArrayList<>();
    private final List<SegmentSummary> summaries = new ArrayList<>();
    private final List<SegmentHeader> readable = new ArrayList<>();
    private final long startNs = System.nanoTime();
    private long inventoryNs;
    private Manifest manifest;
    private Inventory inventory;
    private LastSegment last;

    Examination(LogFiles files, Recovery.Resources resources, Mode mode) {
        this.files = files;
        this.resources = resources;
        this.mode = mode;
        this.meter = mode.meter();
        this.stream = new BlockStream(resources, meter);
        this.cursor = new BatchCursor(stream, resources.memory());
    }

    /** Looks. */
    Findings run() {
        InventoryReader reader = new InventoryReader(files, stream, warnings);
        try {
            manifest = new ManifestReader(files, stream, warnings).read();
            inventory = reader.read(manifest);
            inventoryNs = System.nanoTime() - startNs;
            return walk();
        } catch (UnsoundLogException e) {
            return unsound(e, reader);
        }
    }

    /**
     * Looks once more at what must not have changed while a writer was at work: what was seen of one state and of the next one together
     * means nothing.
     *
     * @param found what was found
     * @return true if the findings are worth nothing because the log has moved on
     */
    boolean hasMovedOn(RecoveryReport found) {
        try (BlockStream fresh = new BlockStream(resources, new ReadMeter(RecoveryOptions.Progress.NONE))) {
            Manifest now = new ManifestReader(files, fresh, new ArrayList<>()).read();
            if (manifest == null || now.lowestSegment() != manifest.lowestSegment() || now.epoch() != manifest.epoch()) {
                return true;
            }
            // A later segment does not change what was found in a segment, unless its end was in doubt.
            if ((found.evidence() == null || found.verdict().isRetryable()) && now.highestSegment() != manifest.highestSegment()) {
                return true;
            }
            return found.evidence() != null && isBegunAnew(found.evidence().stop().segment(), fresh);
        } catch (UnsoundLogException _) {
            return manifest != null;
        }
    }

    /** Whether the segment in which a walk stopped has another header by now. */
    private boolean isBegunAnew(long segment, BlockStream fresh) {
        SegmentHeader before = readable.getLast();
        assert before.segment() == segment : before;
        IoFile file = files.open(segment, Access.READ);
        if (file == null) {
            return true;
        }
        try (file) {
            return !before.equals(new HeaderReader(fresh).read(file).of(before.logId(), segment));
        }
    }

    private Findings walk() {
        List<SegmentHeader> segments = inventory.segments();
        for (SegmentHeader segment : mode.walkAll() ? segments : List.of(inventory.last())) {
            meter.expect(segment.geometry().length());
        }
        for (int i = 0; i + 1 < segments.size(); i++) {
            Findings damage = walkOlder(segments.get(i), segments.get(i + 1).predecessor());
            if (damage != null) {
                return damage;
            }
        }
        last = new LastSegment(inventory, stream, cursor);
        try (IoFile file = open(inventory.last().segment())) {
            last.run(file, mode.isLive());
        }
        last.expect(mode.minDurableLsn());
        return decided();
    }

    private IoFile open(long segment) {
        IoFile file = files.open(segment, Access.READ);
        if (file == null) {
            throw new UnsoundLogException(Verdict.SEGMENT_MISSING, segment, files.pathOf(segment) + " has just gone; put it back");
        }
        return file;
    }

    /** Checks a segment that has a successor; null if it is whole as far as it was to be checked. */
    private Findings walkOlder(SegmentHeader segment, Predecessor declared) {
        try (IoFile file = open(segment.segment())) {
            LinkCheck link = new LinkCheck(stream, warnings);
            Defect defect = link.run(file, segment, declared);
            if (defect == Defect.NONE && !mode.walkAll()) {
                add(segment, stateOf(declared), declared.endLsn(), content(segment, declared, link.footer()));
                return null;
            }
            // The declared end was checked to be a block boundary inside the segment.
            int endBlock = (int) ((declared.endLsn() - segment.baseLsn()) / segment.geometry().blockSize());
            SegmentWalk walk = walkTo(file, segment, endBlock);
            if (walk.isExactly(declared) && walk.impossible() == null) {
                add(segment, stateOf(declared), declared.endLsn(), walk.content());
                return null;
            }
            return damaged(walk, declared, defect);
        }
    }

    private SegmentWalk walkTo(IoFile file, SegmentHeader segment, int endBlock) {
        int blockSize = segment.geometry().blockSize();
        stream.open(file, blockSize, (long) endBlock * blockSize);
        cursor.start(segment, endBlock, manifest.durable());
        SegmentWalk walk = new SegmentWalk(segment, cursor);
        walk.run();
        return walk;
    }

    private static State stateOf(Predecessor declared) {
        return declared.kind() == Predecessor.Kind.SEAL ? State.SEALED : State.ENDED_BY_DECREE;
    }

    private static Content content(SegmentHeader segment, Predecessor declared, Footer footer) {
        long blocks = (declared.endLsn() - segment.baseLsn()) / segment.geometry().blockSize() - 1;
        long batches = footer == null ? declared.batch() - segment.baseBatch() + 1 : footer.batchCount();
        return new Content(batches, declared.endSequence() - segment.baseSequence(), 0, blocks);
    }

    private void add(SegmentHeader segment, State state, long endLsn, Content content) {
        readable.add(segment);
        summaries.add(new SegmentSummary(segment, state, endLsn, content));
    }

    /** A segment that does not reach the end that its successor declares, which was synced before the successor was begun. */
    private Findings damaged(SegmentWalk walk, Predecessor declared, Defect linkDefect) {
        Defect why = walk.stop() == Defect.NONE && linkDefect == Defect.NONE ? Defect.PREDECESSOR : walk.stop();
        why = why == Defect.NONE ? linkDefect : why;
        Evidence.Stop stop = new Evidence.Stop(walk.segment().segment(), walk.end().block(), walk.endLsn(), why);
        Evidence evidence = new Evidence(walk.lastBatch(), declared.batch(), Evidence.Source.SUCCESSOR, stop, Evidence.Later.NOTHING);
        ReadErrors readErrors = why == Defect.READ_ERROR ? ReadErrors.AT_STOP : ReadErrors.NONE;
        Verdict verdict = DecisionTable.decide(new Facts(walk.impossible() != null, !walk.isExactly(declared), readErrors,
            LastSegment.lastBatch(walk.last()), false, manifest.cleanClose()));
        add(walk.segment(), State.DAMAGED, walk.endLsn(), walk.content());
        String path = files.pathOf(walk.segment().segment()).toString();
        String detail = verdict == Verdict.WRITER_BUG ? FindingText.impossible(walk.impossible(), path)
            : FindingText.of(verdict, evidence, placeOf(walk));
        return findings(verdict, detail, evidence, walk.endLsn());
    }

    private String placeOf(SegmentWalk walk) {
        return files.pathOf(walk.segment().segment()) + " offset " + (walk.endLsn() - walk.segment().baseLsn());
    }

    private Findings decided() {
        SegmentWalk walk = last.walk();
        Verdict verdict = DecisionTable.decide(last.facts());
        if (mode.isLive() && verdict.isOpenable()) {
            verdict = Verdict.LIVE;
        }
        Evidence evidence = last.evidence();
        if (evidence.later().unreadable() > 0) {
            warnings.add(evidence.later().unreadable() + " blocks of " + files.pathOf(walk.segment().segment())
                + " behind the end of the log cannot be read; see to the device");
        }
        long endLsn = mode.isLive() ? last.durableEndLsn() : walk.endLsn();
        boolean isWhole = verdict.isOpenable() || verdict == Verdict.LIVE;
        add(walk.segment(), isWhole ? openState(walk) : State.DAMAGED, endLsn, walk.content());
        String detail = verdict == Verdict.WRITER_BUG
            ? FindingText.impossible(last.impossible(), files.pathOf(walk.segment().segment()).toString())
            : FindingText.of(verdict, evidence, placeOf(walk));
        return findings(verdict, detail, evidence, endLsn);
    }

    private static State openState(SegmentWalk walk) {
        if (walk.last() == null || walk.last().kind() == Kind.DATA) {
            return State.OPEN;
        }
        return walk.last().kind() == Kind.SEAL ? State.SEALED : State.CLOSED;
    }

    private Findings unsound(UnsoundLogException e, InventoryReader reader) {
        inventoryNs = inventoryNs == 0 ? System.nanoTime() - startNs : inventoryNs;
        if (manifest != null && e.segment() > 0 && readable.isEmpty()) {
            try {
                walkPrefix(reader.prefix(manifest, e.segment()));
            } catch (UnsoundLogException second) {
                warnings.add(second.getMessage());
            }
        }
        return findings(e.verdict(), e.getMessage(), null, summaries.isEmpty() ? 0 : summaries.getLast().endLsn());
    }

    /** Finds what can be read of segments that do not make up a log: as far as links and batches are intact. */
    private void walkPrefix(List<SegmentHeader> prefix) {
        for (int i = 0; i < prefix.size(); i++) {
            SegmentHeader segment = prefix.get(i);
            if (i + 1 == prefix.size()) {
                // Its successor is the one at fault, so nobody says where it ends.
                try (IoFile file = open(segment.segment())) {
                    SegmentWalk walk = walkTo(file, segment, segment.geometry().copyBlock());
                    add(segment, State.DAMAGED, walk.endLsn(), walk.content());
                }
            } else if (walkOlder(segment, prefix.get(i + 1).predecessor()) != null) {
                return;
            }
        }
    }

    private Findings findings(Verdict verdict, String detail, Evidence evidence, long endLsn) {
        long batches = 0;
        long records = 0;
        for (SegmentSummary summary : summaries) {
            batches += summary.content().batches();
            records += summary.content().records();
        }
        Counts counts = new Counts(summaries.size(), batches, records, meter.bytesRead());
        Timings timings = new Timings(inventoryNs, System.nanoTime() - startNs - inventoryNs, 0);
        RecoveryReport report = new RecoveryReport(verdict, detail, evidence, counts, timings, List.copyOf(warnings));
        FixedChain chain = new FixedChain(List.copyOf(readable), endLsn);
        return new Findings(manifest, inventory, last, List.copyOf(summaries), chain, report);
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        cursor.close();
        stream.close();
    }
}
