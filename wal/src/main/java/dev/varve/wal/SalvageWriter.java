package dev.varve.wal;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.LogId;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.ManifestFile;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeader.Origin;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.segment.SegmentStarter;
import dev.varve.recovery.Island;
import dev.varve.recovery.IslandReader;
import dev.varve.recovery.Islands;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Writes a new log: one segment for each island, and behind them an empty one that is closed cleanly.
 *
 * <pre>
 *   island ── nothing missing: SEAL ──► island ── a hole: OPERATOR ──► island ── SEAL or OPERATOR ──► CLOSE
 * </pre>
 *
 * <p>A segment's base LSN is chosen so that its records keep their LSNs. The last segment begins beyond every LSN that the old log may have
 * given out. The manifest comes last, when everything else is durable.
 *
 * <p>Owned by one thread; used once.
 */
final class SalvageWriter {
    private static final int UNSYNCED_MAX = 4;

    private final SalvageWork work;
    private final Islands found;
    private final Directory directory;
    private final LongSupplier millis;
    private final IoQueue queue;
    private final LogId logId;
    private final Origin origin;
    private final long lowest;
    private SegmentHeader before;
    private Predecessor link;
    private long records;
    private long batches;

    SalvageWriter(SalvageWork work, Directory directory, LongSupplier millis) {
        this.work = work;
        this.found = work.islands();
        this.directory = directory;
        this.millis = millis;
        this.queue = work.resources().queue();
        this.logId = LogId.random(work.resources().random());
        this.origin = new Origin(queue.engine().contract(), Preparation.ALLOCATED, directory.storage());
        this.lowest = found.bounds().isFromOrigin() ? 1 : 2;
    }

    SalvageReport run() {
        long total = found.islands().stream().mapToLong(island -> island.endLsn() - island.startLsn()).sum();
        try (IslandReader reader = new IslandReader(work.source(), work.resources(),
                (done, _) -> work.options().progress().read(done, Math.max(done, total)));
            SegmentOutput output = new SegmentOutput(queue, work.resources().memory())) {
            for (int i = 0; i < found.islands().size(); i++) {
                write(i, reader, output);
            }
            BatchHeader close = writeEnd(output);
            directory.sync();
            writeManifest(close);
        }
        int segments = Math.toIntExact(before.segment() - lowest + 1);
        return new SalvageReport(work.source().path(), directory.path(), logId, found, segments, batches, records, before.lsnOfBlock(2));
    }

    private void write(int index, IslandReader reader, SegmentOutput output) {
        Island island = found.islands().get(index);
        SegmentHeader header = begin(geometry(island), base(island));
        BatchCopy copy = new BatchCopy(header);
        try (IoFile file = start(header)) {
            output.open(file, header.geometry().blockSize());
            reader.open(island);
            int lastBlock = 0;
            while (reader.next()) {
                BatchHeader old = reader.batch();
                lastBlock = copy.next().block();
                copy.copy(island, reader, output.next((long) old.content().blocks() * header.geometry().blockSize()));
                batches += old.kind() == BatchHeader.Kind.DATA ? 1 : 0;
                records += old.content().recordCount();
            }
            Position end = copy.next();
            if (isSealed(index, header)) {
                copy.seal(block(output, header), millis.getAsLong());
                link = SegmentStarter.endedAt(Predecessor.Kind.SEAL, header, copy.next(), end.block());
            } else {
                link = SegmentStarter.endedAt(Predecessor.Kind.OPERATOR, header, end, lastBlock);
            }
            output.finish();
        }
    }

    private Geometry geometry(Island island) {
        Geometry old = island.segment().geometry();
        int blocks = island.run().endBlock() - island.run().startBlock();
        return new Geometry(old.blockSize(), blocks + Geometry.RESERVED_BLOCKS, island.isHeaderFound() ? old.unsyncedMax() : UNSYNCED_MAX,
            Math.min(old.batchBlocksMax(), blocks));
    }

    /** Whether the segment ends as a rolled one: nothing is missing behind it. */
    private boolean isSealed(int index, SegmentHeader header) {
        Base next = index + 1 < found.islands().size() ? base(found.islands().get(index + 1)) : end(header);
        return !found.isHoleBefore(index + 1) && next.lsn() >= header.limitLsn()
            && next.sequence() == found.islands().get(index).endSequence();
    }

    /**
     * Where a segment begins.
     *
     * @param lsn      its base LSN
     * @param sequence its base sequence
     * @param epoch    the epoch of its first batch
     */
    private record Base(long lsn, long sequence, long epoch) {
    }

    private static Base base(Island island) {
        return new Base(island.startLsn() - island.segment().geometry().blockSize(), island.firstSequence(), island.run().first().epoch());
    }

    /** Where the empty segment at the end begins: beyond all that was ever given out. */
    private Base end(SegmentHeader last) {
        List<Island> islands = found.islands();
        long sequence = islands.isEmpty() ? 1 : islands.getLast().endSequence();
        long lsn = last == null ? 0 : last.limitLsn();
        return new Base(Math.max(lsn, found.bounds().limitLsn()), Math.max(sequence, found.bounds().endSequence()), found.bounds().epoch());
    }

    /** The header of the next segment. */
    private SegmentHeader begin(Geometry geometry, Base base) {
        long number = before == null ? lowest : before.segment() + 1;
        long batch = 1;
        Predecessor predecessor;
        if (before != null) {
            predecessor = new Predecessor(link.kind(), link.segment(), link.batch(), link.block(), link.chain(), link.endLsn(),
                base.sequence());
            batch = link.batch() + 1 + (link.isHoleBehind() ? before.geometry().unsyncedMax() : 0);
        } else if (lowest == 1) {
            predecessor = Predecessor.NONE;
        } else {
            long headLsn = Math.min(found.bounds().headLsn(), base.lsn());
            predecessor = new Predecessor(Predecessor.Kind.OPERATOR, lowest - 1, 0, 0, 0, headLsn, base.sequence());
        }
        before = new SegmentHeader(logId, number, work.resources().random().nextLong(), base.epoch(), geometry, origin, base.lsn(), batch,
            base.sequence(), predecessor);
        return before;
    }

    private IoFile start(SegmentHeader header) {
        int blockSize = header.geometry().blockSize();
        if (directory.blockSize() > blockSize) {
            throw new SalvageTargetException("the log has blocks of " + blockSize + " bytes, but direct I/O in " + directory.path()
                + " takes no less than " + directory.blockSize() + "; name a directory on another file system");
        }
        IoFile file = directory.create(SegmentName.of(header.segment()), header.geometry().length());
        MemorySegment block = work.resources().memory().allocate(blockSize, blockSize);
        boolean isBegun = false;
        try {
            SegmentStarter starter = new SegmentStarter(queue, block);
            starter.start(file, header);
            starter.await();
            isBegun = true;
            return file;
        } finally {
            work.resources().memory().free(block);
            if (!isBegun) {
                file.close();
            }
        }
    }

    private static MemorySegment block(SegmentOutput output, SegmentHeader header) {
        return output.next(header.geometry().blockSize()).fill((byte) 0);
    }

    private BatchHeader writeEnd(SegmentOutput output) {
        int blockSize = before == null ? directory.blockSize() : before.geometry().blockSize();
        SegmentHeader header = begin(new Geometry(blockSize, Geometry.RESERVED_BLOCKS + 1, UNSYNCED_MAX, 1), end(before));
        BatchCopy copy = new BatchCopy(header);
        try (IoFile file = start(header)) {
            output.open(file, blockSize);
            copy.close(block(output, header), millis.getAsLong());
            output.finish();
        }
        return copy.last();
    }

    private void writeManifest(BatchHeader close) {
        MemorySegment block = work.resources().memory().allocate(directory.blockSize(), directory.blockSize());
        Manifest.DurablePlace place = new Manifest.DurablePlace(close.batch(), before.segment(), close.content().block(), close.chain());
        Manifest manifest = new Manifest(logId, 1, found.bounds().epoch(), lowest, before.segment(), place, true);
        try (ManifestFile file = ManifestFile.create(directory, queue, block, manifest)) {
            assert file.current().cleanClose();
        } finally {
            work.resources().memory().free(block);
        }
    }
}
