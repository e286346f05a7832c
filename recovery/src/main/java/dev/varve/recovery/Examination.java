package dev.varve.recovery;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.DecisionTable.Facts;
import dev.varve.recovery.DecisionTable.ReadErrors;
import dev.varve.recovery.RecoveryReport.Counts;
import dev.varve.recovery.RecoveryReport.Timings;
import dev.varve.recovery.SegmentSummary.State;
import dev.varve.recovery.SegmentSurvey.Shortfall;
import java.util.ArrayList;
import java.util.Iterator;
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
    private final SegmentSurvey survey;
    private final long startNs;
    private long inventoryNs;
    private Manifest manifest;
    private Inventory inventory;
    private LastSegment last;

    Examination(LogFiles files, Recovery.Resources resources, Mode mode) {
        this.files = files;
        this.resources = resources;
        this.mode = mode;
        this.meter = mode.meter();
        this.startNs = resources.nowNs();
        this.stream = new BlockStream(resources, meter);
        this.cursor = new BatchCursor(stream, resources.memory());
        this.survey = new SegmentSurvey(files, stream, cursor, mode, warnings);
    }

    /** Looks. */
    Findings run() {
        InventoryReader reader = new InventoryReader(files, stream, warnings);
        if (files.directory().isExposed()) {
            warnings.add(FindingText.exposed(files.directory().path().toString()));
        }
        try {
            manifest = new ManifestReader(files, stream, warnings).read();
            survey.expect(manifest);
            inventory = reader.read(manifest);
            inventoryNs = resources.nowNs() - startNs;
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
        SegmentHeader before = survey.readable().getLast();
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
        announce(mode.walkAll() ? segments : List.of(inventory.last()));
        Shortfall damage = null;
        for (int i = 0; i + 1 < segments.size(); i++) {
            Shortfall found = survey.older(segments.get(i), segments.get(i + 1).predecessor());
            damage = damage == null ? found : damage;
        }
        LastSegment found = survey.last(inventory);
        if (damage != null) {
            return damaged(damage);
        }
        last = found;
        return decided();
    }

    private void announce(List<SegmentHeader> segments) {
        segments.forEach(segment -> meter.expect(segment.geometry().length()));
    }

    /** A segment that does not reach the end that its successor declares, which was synced before the successor was begun. */
    private Findings damaged(Shortfall damage) {
        SegmentWalk walk = damage.walk();
        Evidence.Stop stop = new Evidence.Stop(walk.segment().segment(), walk.end().block(), walk.endLsn(), damage.defect());
        Evidence evidence = new Evidence(walk.lastBatch(), damage.declared().batch(), Evidence.Source.SUCCESSOR, stop,
            damage.scan().later());
        ReadErrors readErrors = damage.defect() == Defect.READ_ERROR ? ReadErrors.AT_STOP : ReadErrors.NONE;
        Verdict verdict = DecisionTable.decide(new Facts(damage.impossible() != null, !walk.isExactly(damage.declared()), readErrors,
            LastSegment.lastBatch(walk.last()), damage.scan().later().headers() > 0, manifest.cleanClose()));
        return findings(verdict, detail(verdict, evidence, walk, damage.impossible()) + FindingText.behind(survey.summaries()), evidence);
    }

    private String detail(Verdict verdict, Evidence evidence, SegmentWalk walk, BatchHeader impossible) {
        String path = files.pathOf(walk.segment().segment()).toString();
        return verdict == Verdict.WRITER_BUG ? FindingText.impossible(impossible, path)
            : FindingText.of(verdict, evidence, path + " offset " + (walk.endLsn() - walk.segment().baseLsn()));
    }

    private Findings decided() {
        SegmentWalk walk = last.walk();
        Verdict verdict = mode.isLive() && last.verdict().isOpenable() ? Verdict.LIVE : last.verdict();
        Evidence evidence = last.evidence();
        if (last.isReadTwice()) {
            warnings.add(files.pathOf(walk.segment().segment())
                + " gave other bytes when it was read again, and these count; see to the device");
        }
        if (evidence.later().unreadable() > 0) {
            warnings.add(evidence.later().unreadable() + " blocks of " + files.pathOf(walk.segment().segment())
                + " behind the end of the log cannot be read; see to the device");
        }
        boolean isExcess = verdict == Verdict.WRITER_BUG && last.impossible() == null;
        return findings(verdict, isExcess ? FindingText.excess(last.excess(), files.directory().path().toString())
            : detail(verdict, evidence, walk, last.impossible()), evidence);
    }

    /** The files do not make up a log: says so of the one at fault, and looks at the others as far as they are to be looked at. */
    private Findings unsound(UnsoundLogException e, InventoryReader reader) {
        inventoryNs = inventoryNs == 0 ? resources.nowNs() - startNs : inventoryNs;
        if (manifest != null && e.segment() > 0 && survey.summaries().isEmpty()) {
            try {
                survey(reader.remains(manifest, e.segment()), e);
            } catch (UnsoundLogException second) {
                warnings.add(second.getMessage());
            }
        }
        return findings(e.verdict(), e.getMessage() + FindingText.behind(survey.summaries()), null);
    }

    private void survey(Remains remains, UnsoundLogException e) {
        announce(mode.walkAll() ? remains.headers() : remains.below());
        survey(remains.below());
        survey(remains.between().iterator());
        survey.fault(e.segment(), stateOf(e.verdict()));
        List<SegmentHeader> above = remains.above();
        for (int i = 0; i + 1 < above.size(); i++) {
            survey.older(above.get(i), above.get(i + 1).predecessor());
        }
        if (!above.isEmpty()) {
            survey.last(new Inventory(manifest, above, Inventory.Ahead.NONE, List.of()));
        }
        remains.beyond().forEach(number -> survey.fault(number, State.NOT_IN_MANIFEST));
    }

    /** Looks at segments that are linked, but of which nobody says where the last one ends. */
    private void survey(List<SegmentHeader> segments) {
        for (int i = 0; i + 1 < segments.size(); i++) {
            survey.older(segments.get(i), segments.get(i + 1).predecessor());
        }
        if (!segments.isEmpty()) {
            survey.unconfirmed(segments.getLast());
        }
    }

    private void survey(Iterator<Remains.Stray> strays) {
        List<SegmentHeader> linked = new ArrayList<>();
        while (strays.hasNext()) {
            Remains.Stray stray = strays.next();
            boolean isNext = stray.header() != null && !linked.isEmpty()
                && stray.header().predecessor().segment() == linked.getLast().segment();
            if (!isNext) {
                survey(linked);
                linked.clear();
            }
            if (stray.header() == null) {
                survey.fault(stray.segment(), stray.state());
            } else {
                linked.add(stray.header());
            }
        }
        survey(linked);
    }

    private static State stateOf(Verdict fault) {
        return switch (fault) {
            case BAD_HEADER -> State.BAD_HEADER;
            case SEGMENT_FOREIGN -> State.FOREIGN;
            case UNREADABLE -> State.UNREADABLE;
            case BAD_MANIFEST -> State.NOT_IN_MANIFEST;
            default -> State.MISSING;
        };
    }

    private Findings findings(Verdict verdict, String detail, Evidence evidence) {
        int whole = 0;
        long batches = 0;
        long records = 0;
        for (SegmentSummary summary : survey.summaries()) {
            if (summary.state().isWhole()) {
                whole++;
                batches += summary.content().batches();
                records += summary.content().records();
            }
        }
        Counts counts = new Counts(whole, batches, records, meter.bytesRead());
        Timings timings = new Timings(inventoryNs, resources.nowNs() - startNs - inventoryNs, 0);
        RecoveryReport report = new RecoveryReport(verdict, detail, evidence, counts, timings, List.copyOf(warnings));
        FixedChain chain = new FixedChain(survey.readable(), survey.readableEndLsn());
        return new Findings(manifest, inventory, last, survey.summaries(), chain, report);
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        cursor.close();
        stream.close();
    }
}
