package dev.varve.recovery;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.LockedDirectory;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.ManifestFile;
import dev.varve.engine.segment.PreparedSegment;
import dev.varve.engine.segment.SegmentFile;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.RecoveryReport.Timings;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/**
 * Opens a log that was found openable: makes durable what was found, then goes on in its last segment or begins the next one.
 *
 * <pre>
 *   sync last segment, manifest, directory ──► tidy up ──► CLEAN and alike?  yes: manifest (both slots), same segment
 *                                                                             no:  {@link Decree}, now or once there is space
 * </pre>
 *
 * <p>Owned by one thread; used once. Invariants: nothing is exposed before it is durable; nothing is written into a segment that does not
 * end cleanly; a crash at any point leads to the same verdict again.
 */
final class LogOpening {
    private final LogFiles files;
    private final Recovery.Resources resources;
    private final RecoveryOptions options;
    private final Findings findings;
    private final SegmentWalk walk;
    private final SegmentSupply supply;
    private IoFile lastFile;
    private IoFile manifestFile;
    private ManifestFile manifest;
    private OutstandingDecree outstanding;

    LogOpening(LogFiles files, Recovery.Resources resources, RecoveryOptions options, Findings findings) {
        this.files = files;
        this.resources = resources;
        this.options = options;
        this.findings = findings;
        this.walk = findings.last().walk();
        this.supply = new SegmentSupply(files.directory(), resources, options.geometry().length());
    }

    /**
     * Opens it.
     *
     * @param directory the locked directory, given on to the result
     * @return the log
     */
    Recovered run(LockedDirectory directory) {
        long startNs = resources.nowNs();
        LogTail tail = null;
        try {
            openAndSync();
            tidy();
            tail = canContinue() ? goOn() : decree();
            return new Recovered(directory, manifest, segments(tail), tail, supply.spares(), report(resources.nowNs() - startNs),
                outstanding);
        } finally {
            if (tail == null) {
                abandon();
            }
        }
    }

    /** What was read may lie in a volatile cache still. It must not be shown and then lost. */
    private void openAndSync() {
        lastFile = files.directory().open(SegmentName.of(walk.segment().segment()), Access.WRITE);
        manifestFile = files.directory().open(SegmentName.MANIFEST, Access.WRITE);
        MemorySegment block = resources.memory().allocate(manifestFile.blockSize(), manifestFile.blockSize());
        manifest = new ManifestFile(manifestFile, resources.queue(), block, findings.manifest());
        IoQueue queue = resources.queue();
        IoRequest ofLast = new IoRequest(_ -> { }).sync(lastFile);
        IoRequest ofManifest = new IoRequest(_ -> { }).sync(manifestFile);
        queue.add(ofLast);
        queue.add(ofManifest);
        queue.awaitSettled(ofLast);
        queue.await(ofManifest);
        queue.await(ofLast);
        files.directory().sync();
    }

    /** Where a truncation was cut short, one slot may still name the segments that it dropped: not so any more when their files go. */
    private void tidy() {
        SortedSet<Long> dropped = files.segments().headSet(findings.manifest().lowestSegment());
        if (!dropped.isEmpty()) {
            manifest.writeBothNow(findings.manifest().withEpoch(findings.manifest().epoch()));
        }
        supply.tidy(files, findings.inventory().unbegun(), dropped);
    }

    private boolean canContinue() {
        Geometry present = walk.segment().geometry();
        Geometry wanted = options.geometry();
        return findings.report().verdict() == Verdict.CLEAN
            && present.blockSize() == wanted.blockSize() && present.unsyncedMax() == wanted.unsyncedMax()
            && present.batchBlocksMax() >= wanted.batchBlocksMax() && walk.segment().origin().contract() == options.contract()
            && walk.end().block() < present.dataEndBlock()
            // A file that has lost blocks, or cannot read some, is not written to again.
            && lastFile.length() >= present.length() && lastFile.blockSize() <= present.blockSize()
            && findings.last().scan().later().unreadable() == 0;
    }

    private LogTail goOn() {
        SegmentHeader segment = walk.segment();
        BatchHeader close = walk.last();
        long epoch = nextEpoch();
        Manifest before = manifest.current();
        manifest.writeBothNow(new Manifest(segment.logId(), before.generation() + 1, epoch, before.lowestSegment(), segment.segment(),
            new DurablePlace(close.batch(), segment.segment(), close.content().block(), close.chain()), false));
        if (findings.inventory().ahead().exists()) {
            supply.putBack(findings.inventory().ahead().segment());
        }
        Position end = walk.end();
        Position next = new Position(end.block(), end.batch(), epoch, end.chain(), end.sequence());
        return new LogTail(new SegmentFile(lastFile, segment), next, walk.footer());
    }

    private LogTail decree() {
        Decree decree = new Decree(resources, options, findings);
        Decree.Files toWorkOn = new Decree.Files(files, manifest, supply, lastFile);
        long epoch = nextEpoch();
        PreparedSegment file = decree.file(toWorkOn);
        if (file == null) {
            outstanding = decree.outstanding(epoch, supply.refusal());
            Position end = walk.end();
            return new LogTail(new SegmentFile(lastFile, walk.segment()),
                new Position(end.block(), end.batch(), epoch, end.chain(), end.sequence()), walk.footer());
        }
        LogTail tail = decree.begin(toWorkOn, file, epoch);
        if (!tail.segment().file().equals(lastFile)) {
            lastFile.close();
        }
        return tail;
    }

    private long nextEpoch() {
        long epoch = Math.max(findings.manifest().epoch(), Math.max(walk.epochMax(), findings.last().scan().epochMax()));
        for (SegmentHeader segment : findings.inventory().segments()) {
            epoch = Math.max(epoch, segment.epoch());
        }
        return epoch + 1;
    }

    private List<SegmentHeader> segments(LogTail tail) {
        List<SegmentHeader> segments = new ArrayList<>(findings.inventory().segments());
        if (segments.getLast().segment() == tail.segment().header().segment()) {
            segments.removeLast();
        }
        segments.add(tail.segment().header());
        return List.copyOf(segments);
    }

    private RecoveryReport report(long decreeNs) {
        RecoveryReport found = findings.report();
        Timings timings = new Timings(found.timings().inventoryNs(), found.timings().walkNs(), decreeNs);
        return new RecoveryReport(found.verdict(), found.detail(), found.evidence(), found.counts(), timings, found.warnings());
    }

    private void abandon() {
        supply.close();
        if (lastFile != null) {
            lastFile.close();
        }
        if (manifest != null) {
            resources.memory().free(manifest.block());
        }
        if (manifestFile != null) {
            manifestFile.close();
        }
    }
}
