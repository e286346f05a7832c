package dev.varve.wal;

import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.DamagedLogException;
import dev.varve.recovery.Evidence;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import dev.varve.recovery.RecoveryReport;
import dev.varve.recovery.RefusedLogException;
import dev.varve.recovery.Verdict;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What recovery says of a damaged log, held against what the log's program knew: O5 and O6.
 *
 * <pre>
 *   the first damaged batch x lies                            then the log
 *   before the window, or something on disk calls it synced   is refused, naming segment and block of x and batches x to E
 *   within the window: x in (D - K, D], and not anchored      is refused like that, or ends exactly before x
 *   behind D                                                  opens
 *   in a segment that is not looked at                        opens, and a reader stops exactly before x, with an error
 * </pre>
 *
 * <p>Owned by one thread.
 */
final class Judgement {
    private final World world;
    private final SimulatedDisk disk;
    private final Known known;
    private final Map<String, MemorySegment> files = new HashMap<>();

    Judgement(World world, SimulatedDisk disk, Known known) {
        this.world = world;
        this.disk = disk;
        this.known = known;
    }

    /** The first synced batch that the disk does not hold as it was given; null if it holds all. */
    BatchLedger.Placed firstDamaged() {
        return known.synced().stream().filter(batch -> !isWhole(batch)).findFirst().orElse(null);
    }

    private boolean isWhole(BatchLedger.Placed batch) {
        MemorySegment file = file(batch);
        long body = batch.offset() + BatchHeaderDescriptor.LENGTH;
        return isHeaderWhole(batch)
            && Checksum.of(file, body, batch.length() - BatchHeaderDescriptor.LENGTH) == batch.header().bodyCrc();
    }

    private boolean isHeaderWhole(BatchLedger.Placed batch) {
        MemorySegment file = file(batch);
        return batch.offset() + batch.length() <= file.byteSize()
            && BatchHeaderDescriptor.check(file, batch.offset()) == Defect.NONE
            && BatchHeaderDescriptor.decode(file, batch.offset()).equals(batch.header());
    }

    private MemorySegment file(BatchLedger.Placed batch) {
        return files.computeIfAbsent(SegmentName.of(batch.segment().segment()),
            name -> MemorySegment.ofArray(disk.damage(SimulatedLog.DIRECTORY).bytes(name)));
    }

    /** Whether something on disk says that a batch was synced: a later header of the last segment, or the manifest. */
    private boolean isWitnessed(BatchLedger.Placed batch) {
        return known.anchored() >= batch.number() || !known.isInLast(batch)
            || known.placed().stream().anyMatch(other -> known.isInLast(other) && other.number() > batch.number()
                && other.header().synced() >= batch.number() && isHeaderWhole(other));
    }

    /**
     * Opens the damaged log and judges what comes of it.
     *
     * @param damaged      the first damaged batch, null if none is
     * @param isUnreadable whether reading it fails, rather than giving other bytes
     * @param config       how the log is opened
     */
    void judge(BatchLedger.Placed damaged, boolean isUnreadable, LogConfig config) {
        boolean isLookedAt = damaged == null || known.isInLast(damaged) || config.opening().verifyAtOpen() == VerifyAtOpen.ALL;
        SimulatedLog log;
        try {
            log = world.open(disk, config);
        } catch (RefusedLogException e) {
            if (damaged == null) {
                throw new AssertionError("O4: nothing acknowledged is damaged, and the log is refused: " + e.getMessage(), e);
            }
            checkReport(e.report(), damaged, isUnreadable);
            share(damaged, true);
            return;
        }
        if (damaged == null) {
            checkAll(log);
        } else if (isLookedAt) {
            checkEnd(log, damaged, isUnreadable);
            share(damaged, false);
        } else {
            checkReader(log, damaged, isUnreadable);
        }
    }

    /** Opens a log of which nothing acknowledged was damaged; it may be refused only for its manifest. */
    void judgeHarmless(boolean isManifestDamaged, LogConfig config) {
        try {
            checkAll(world.open(disk, config));
        } catch (RefusedLogException e) {
            if (!isManifestDamaged || e.report().verdict() != Verdict.BAD_MANIFEST) {
                throw new AssertionError("O4: nothing acknowledged is damaged, and the log is refused: " + e.getMessage(), e);
            }
            world.met("damaged manifest slot refused");
        }
    }

    /** Opens a log that is whole but is read wrongly once: it is refused, and then opens; or nothing outside the window is missing. */
    void judgeMisread(LogConfig config) {
        long before = disk.situations().get("misdirected");
        SimulatedLog log;
        try {
            log = world.open(disk, config);
        } catch (RefusedLogException e) {
            world.met("misread refused: " + e.report().verdict());
            disk.faults().clear();
            checkAll(world.open(disk, config));
            return;
        }
        world.met(disk.situations().get("misdirected") > before, "misread without consequence");
        disk.faults().clear();
        try (Cursor cursor = log.read()) {
            world.oracle().model().checkPrefix(cursor);
        }
        long found = world.oracle().model().comparedCount();
        for (BatchLedger.Placed batch : known.synced()) {
            boolean isLost = found < world.oracle().model().countBelow(batch.endLsn());
            Check.that(!isLost || known.isInWindow(batch), "O6: %s was read wrongly and is lost, K is %d, D is %d, and the log opens",
                batch, batch.segment().geometry().unsyncedMax(), known.durable());
        }
    }

    private void share(BatchLedger.Placed damaged, boolean isReported) {
        if (known.isInWindow(damaged)) {
            world.met(isReported ? Situations.WINDOW_REPORTED : Situations.WINDOW_LOST);
        } else {
            world.met(isReported, "damage outside the window reported");
        }
    }

    private void checkReport(RecoveryReport report, BatchLedger.Placed damaged, boolean isUnreadable) {
        String told = report.verdict() + ": " + report.detail();
        Evidence evidence = report.evidence();
        Check.that(isUnreadable ? report.verdict().isRetryable() : report.verdict() == Verdict.CORRUPT,
            "O5: %s is damaged, and the verdict is %s", damaged, told);
        Check.that(evidence != null && evidence.stop().segment() == damaged.segment().segment(),
            "O5: %s is damaged, and another segment is named: %s", damaged, told);
        Check.that(evidence.stop().block() == damaged.header().content().block(), "O5: %s is damaged, and another block is named: %s",
            damaged, told);
        Check.that(evidence.lastBatch() == damaged.number() - 1, "O5: %s is damaged, and batches from %d on are named: %s", damaged,
            evidence.lastBatch() + 1, told);
        if (report.verdict() != Verdict.UNDECIDABLE) {
            Check.that(evidence.acknowledgedBatch() >= damaged.number() && evidence.acknowledgedBatch() <= known.durable(),
                "O5: %s is damaged, D is %d, and batches up to %d are named: %s", damaged, known.durable(),
                evidence.acknowledgedBatch(), told);
            world.met("missing batches known by " + evidence.source());
        }
    }

    private void checkAll(SimulatedLog log) {
        try (Cursor cursor = log.read()) {
            world.oracle().model().checkPrefix(cursor);
        }
        long found = world.oracle().model().comparedCount();
        long expected = world.oracle().model().countBelow(known.durableLsn());
        Check.that(found >= expected, "O1: nothing acknowledged is damaged, and %d records are there, of %d", found, expected);
    }

    /** The log has opened although a batch is damaged: that must be one that nobody can know of, and everything before it be there. */
    private void checkEnd(SimulatedLog log, BatchLedger.Placed damaged, boolean isUnreadable) {
        Check.that(!isUnreadable, "O5: %s cannot be read, and the log opens", damaged);
        Check.that(!isWitnessed(damaged), "O5: %s is damaged, something says that it was synced, and the log opens", damaged);
        Check.that(known.isInWindow(damaged) || isSecondDamaged(damaged), "O6: %s is damaged and lies outside the window, K is %d, D"
            + " is %d, and the log opens", damaged, damaged.segment().geometry().unsyncedMax(), known.durable());
        try (Cursor cursor = log.read()) {
            world.oracle().model().checkPrefix(cursor);
        }
        checkCount(damaged, "O6");
    }

    /** Whether one more header is damaged that would have borne witness: then there was more than one fault. */
    private boolean isSecondDamaged(BatchLedger.Placed damaged) {
        List<BatchLedger.Placed> later = known.synced().stream().filter(batch -> batch.number() > damaged.number()).toList();
        return later.stream().anyMatch(batch -> !isHeaderWhole(batch));
    }

    private void checkCount(BatchLedger.Placed damaged, String number) {
        long found = world.oracle().model().comparedCount();
        long expected = world.oracle().model().countBelow(damaged.lsn());
        Check.that(found == expected, "%s: %s is damaged, and %d records are there, of %d before it", number, damaged, found, expected);
    }

    /** The damaged segment was not looked at: whoever reads must be told, and have been shown everything before. */
    private void checkReader(SimulatedLog log, BatchLedger.Placed damaged, boolean isUnreadable) {
        try (Cursor cursor = log.read()) {
            world.oracle().model().checkPrefix(cursor);
            throw new AssertionError("O5: " + damaged + " is damaged, and a reader does not notice");
        } catch (DamagedLogException e) {
            Check.that(!isUnreadable && e.lsn() == damaged.lsn(), "O5: %s, at LSN %d, is damaged, and a reader is told: %s", damaged,
                damaged.lsn(), e.getMessage());
        } catch (IoFailureException e) {
            if (!isUnreadable) {
                throw new AssertionError("O5: " + damaged + " is damaged, and a reader is told: " + e.getMessage(), e);
            }
        }
        checkCount(damaged, "O5");
        world.met("damage met by a reader");
    }

    /** Whether two batches' bytes differ. */
    static boolean isChanged(byte[] before, byte[] after, BatchLedger.Placed batch) {
        int from = (int) batch.offset();
        return !Arrays.equals(before, from, from + batch.length(), after, from, from + batch.length());
    }
}
