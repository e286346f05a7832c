package dev.varve.recovery;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.io.StorageSummary;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.FooterBuilder;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.ManifestFile;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.PreparedSegment;
import dev.varve.engine.segment.SegmentFile;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import dev.varve.engine.segment.SegmentStarter;
import dev.varve.engine.segment.SegmentStarter.Base;
import dev.varve.engine.segment.SegmentStarter.NewLife;
import dev.varve.recovery.Inventory.Ahead;
import java.lang.foreign.MemorySegment;

/**
 * Begins a segment whose header declares where the one before it ends. What lies behind that end stays on disk and does not count.
 *
 * <pre>
 *   file durable under its final name ──► manifest, both slots: highest, epoch, not clean ──► header, both copies
 *            crash: as before                crash: named but not begun, as before            crash: begun and empty
 * </pre>
 *
 * <p>A last segment that holds no valid batch is replaced under its own number, so that crashes at start-up do not pile up empty segments.
 *
 * <p>Owned by one thread; used once.
 */
final class Decree {
    /**
     * The files it works on.
     *
     * @param names    the directory
     * @param manifest the open manifest
     * @param supply   where a new segment's file comes from
     * @param last     the file of the segment that ends, open for writing
     */
    record Files(LogFiles names, ManifestFile manifest, SegmentSupply supply, IoFile last) {
    }

    private final Recovery.Resources resources;
    private final RecoveryOptions options;
    private final Manifest manifest;
    private final Ahead ahead;
    private final SegmentWalk walk;
    private final long highestBatch;
    private boolean isReplaced;

    Decree(Recovery.Resources resources, RecoveryOptions options, Findings findings) {
        this.resources = resources;
        this.options = options;
        this.manifest = findings.manifest();
        this.ahead = findings.inventory().ahead();
        this.walk = findings.last().walk();
        this.highestBatch = Math.max(Math.max(walk.lastBatch(), findings.last().scan().later().highestBatch()), manifest.durable().batch());
    }

    /**
     * The file to begin the segment in.
     *
     * @param files what to work on
     * @return the open file; null if there is no space for one: then nothing was changed
     */
    PreparedSegment file(Files files) {
        isReplaced = walk.last() == null && !ahead.exists() && files.last().length() == options.geometry().length()
            && walk.segment().geometry().blockSize() == options.geometry().blockSize();
        return isReplaced ? new PreparedSegment(number(), files.last(), Preparation.RECYCLED) : fileFor(number(), files);
    }

    private long number() {
        return isReplaced ? walk.segment().segment() : walk.segment().segment() + 1;
    }

    /** What is left to do if there was no {@link #file}. */
    OutstandingDecree outstanding(long epoch, NoSpaceException refusal) {
        return new OutstandingDecree(number(), epoch, durablePlace(), predecessor(), base(number()), refusal);
    }

    /**
     * Begins the segment.
     *
     * @param files    what to work on
     * @param prepared the segment's {@link #file}
     * @param epoch    the new incarnation
     * @return where to go on
     */
    LogTail begin(Files files, PreparedSegment prepared, long epoch) {
        long number = number();
        IoFile file = prepared.file();
        boolean isBegun = false;
        try {
            files.manifest().writeBothNow(new Manifest(manifest.logId(), files.manifest().current().generation() + 1, epoch,
                manifest.lowestSegment(), number, durablePlace(), false));
            NewLife life = new NewLife(resources.random().nextLong(), epoch, geometry(file),
                new SegmentHeader.Origin(options.contract(), prepared.preparation(), storage(files)));
            SegmentHeader header = SegmentStarter.byDecree(manifest.logId(), predecessor(), base(number), life);
            SegmentFile segment = write(file, header, isReplaced);
            isBegun = true;
            return new LogTail(segment, Position.startOf(header), new FooterBuilder(header));
        } finally {
            if (!isBegun && !isReplaced) {
                file.close();
            }
        }
    }

    private Predecessor predecessor() {
        int lastBlock = walk.last() == null ? 0 : walk.last().content().block();
        return isReplaced ? walk.segment().predecessor()
            : SegmentStarter.endedAt(Predecessor.Kind.CRASH, walk.segment(), walk.end(), lastBlock);
    }

    /** A segment fills its file, also one that is longer than asked for: without block 0 its header's copy is found at the file's end. */
    private Geometry geometry(IoFile file) {
        Geometry wanted = options.geometry();
        return new Geometry(wanted.blockSize(), Math.toIntExact(file.length() / wanted.blockSize()), wanted.unsyncedMax(),
            wanted.batchBlocksMax());
    }

    /** What is known of the storage now, and from before. */
    private StorageSummary storage(Files files) {
        StorageSummary present = files.names().directory().storage().with(files.supply().asynchrony());
        SegmentHeader.Origin before = walk.segment().origin();
        return before.contract() == options.contract() ? present.remembering(before.storage()) : present;
    }

    private PreparedSegment fileFor(long number, Files files) {
        assert !ahead.exists() || ahead.segment() == number : ahead;
        // A longer file is kept: LSNs may have been given out in its whole range, and its length is what remembers that.
        if (ahead.exists() && ahead.fileLength() >= options.geometry().length()) {
            return files.supply().open(number);
        }
        return files.supply().take(number);
    }

    /** Beyond all that was ever given out: LSNs up to the end of every file named so far, batch numbers up to K behind the highest. */
    private Base base(long number) {
        long lsn = walk.segment().limitLsn() + ahead.fileLength();
        return new Base(number, lsn, highestBatch + walk.segment().geometry().unsyncedMax() + 1);
    }

    /** The end of the walk is durable by now; what the manifest said before is kept if it says more. */
    private DurablePlace durablePlace() {
        BatchHeader last = walk.last();
        Predecessor before = walk.segment().predecessor();
        DurablePlace end = last == null
            ? new DurablePlace(before.batch(), before.segment(), before.block(), before.chain())
            : new DurablePlace(last.batch(), walk.segment().segment(), last.content().block(), last.chain());
        return end.batch() > manifest.durable().batch() ? end : manifest.durable();
    }

    private SegmentFile write(IoFile file, SegmentHeader header, boolean isReplaced) {
        int blockSize = header.geometry().blockSize();
        MemorySegment block = resources.memory().allocate(blockSize, blockSize);
        try {
            SegmentStarter starter = new SegmentStarter(resources.queue(), block);
            if (isReplaced) {
                starter.restart(file, header);
            } else {
                starter.start(file, header);
            }
            return starter.await();
        } finally {
            resources.memory().free(block);
        }
    }
}
