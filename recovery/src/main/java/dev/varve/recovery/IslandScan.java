package dev.varve.recovery;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.Island.Count;
import dev.varve.recovery.Island.Place;
import java.util.ArrayList;
import java.util.List;

/**
 * Goes through one segment block by block and finds every run of consecutive valid batches in it. The first batch of a run is valid but for
 * its chain value, which nothing is there to compare with; from the second on all of the validity rule holds.
 *
 * <pre>
 *   block 1
 *   | run of batches | damage | run | damage, damage | run          |
 *   first            stop     first  stop             first          end
 * </pre>
 *
 * <p>Owned by one thread; used once. A header that is valid in itself is believed about its length, whatever its body is like, so each
 * block is looked at once; a run's first batch is numbered behind the batch before it.
 */
final class IslandScan {
    /**
     * A run as it was found, with what ends it.
     *
     * @param run       without SEAL and CLOSE at its end
     * @param wholeEnd  the block behind its last batch, SEAL and CLOSE included
     * @param lastBatch number of its last batch, SEAL and CLOSE included
     * @param stop      why the block behind it is no valid batch
     */
    record Found(Island.Run run, int wholeEnd, long lastBatch, Defect stop) {
        /** Whether any of its batches holds records. */
        boolean hasRecords() {
            return run.count().batches() > 0;
        }
    }

    private final BlockStream stream;
    private final BatchCursor cursor;
    private final SegmentHeader segment;
    private final int islandsMax;
    private final List<Found> found = new ArrayList<>();
    private BatchHeader last;
    private Defect firstStop = Defect.NONE;
    private long syncedMax;
    private long wantedChain;
    private int wantedEnd;
    private BatchHeader bodiless;

    IslandScan(BlockStream stream, BatchCursor cursor, SegmentHeader segment, int islandsMax) {
        this.stream = stream;
        this.cursor = cursor;
        this.segment = segment;
        this.islandsMax = islandsMax;
    }

    /** Notes where a batch with this chain value ends. */
    void look(long chain) {
        wantedChain = chain;
    }

    /**
     * Scans.
     *
     * @param file     the segment's file
     * @param endBlock the first block that may not be used
     */
    void run(IoFile file, int endBlock) {
        Geometry geometry = segment.geometry();
        stream.open(file, geometry.blockSize(), (long) endBlock * geometry.blockSize());
        cursor.start(segment, endBlock, DurablePlace.NONE);
        int block = 1;
        while (block < endBlock) {
            BatchHeader candidate = headerAt(block);
            if (candidate == null) {
                block++;
            } else if (isBehindLast(candidate) && isPassed(candidate)) {
                block = follow();
            } else {
                bodiless = candidate;
                block = candidate.endBlock();
            }
        }
    }

    /** The header at a block, null if there is none that belongs there. */
    private BatchHeader headerAt(int block) {
        long offset = (long) block * segment.geometry().blockSize();
        Defect defect = stream.load(offset) ? stream.defect(offset, segment.geometry().blockSize()) : Defect.TRUNCATED;
        if (defect == Defect.NONE) {
            defect = BatchHeaderDescriptor.check(stream.memory(), stream.at(offset));
        }
        if (defect == Defect.VERSION) {
            NewerBatch.refuse(stream, offset, segment);
        }
        BatchHeader header = null;
        if (defect == Defect.NONE) {
            header = BatchHeaderDescriptor.decode(stream.memory(), stream.at(offset));
            defect = BatchRule.belongs(header, segment, block);
        }
        if (defect != Defect.NONE) {
            firstStop = firstStop == Defect.NONE ? defect : firstStop;
            return null;
        }
        if (BatchRule.isSyncedPossible(header, segment.geometry().unsyncedMax())) {
            syncedMax = Math.max(syncedMax, header.synced());
        }
        return header;
    }

    /** Whether it may begin a run: what lies directly behind a run and does not follow it cannot be told from what was never behind it. */
    private boolean isBehindLast(BatchHeader candidate) {
        return last == null || (candidate.content().block() > last.endBlock() && candidate.batch() > last.batch()
            && candidate.epoch() >= last.epoch() && candidate.content().firstSequence() >= last.endSequence());
    }

    private boolean isPassed(BatchHeader candidate) {
        cursor.skipTo(new Footer.Entry(candidate.content().block(), candidate.batch(), candidate.content().firstSequence(), 0));
        Defect defect = cursor.next();
        firstStop = firstStop == Defect.NONE ? defect : firstStop;
        return defect == Defect.NONE;
    }

    /** Goes on behind the first batch of a run; the block where it ends. */
    private int follow() {
        if (found.size() == islandsMax) {
            throw new UnsalvageableException(stream.path() + " holds more than " + islandsMax
                + " islands of valid batches; so much damage is not sorted out in bounded memory, restore the file from a copy");
        }
        BatchHeader first = cursor.batch();
        BatchHeader lastData = null;
        long batches = 0;
        long records = 0;
        Defect stop;
        do {
            last = cursor.batch();
            if (BatchRule.isSyncedPossible(last, segment.geometry().unsyncedMax())) {
                syncedMax = Math.max(syncedMax, last.synced());
            }
            wantedEnd = last.chain() == wantedChain ? last.endBlock() : wantedEnd;
            if (last.kind() == Kind.DATA) {
                lastData = last;
                batches++;
                records += last.content().recordCount();
            }
            stop = cursor.isAtEnd() ? Defect.NONE : cursor.next();
        } while (stop == Defect.NONE && !last.equals(cursor.batch()));
        BatchHeader end = lastData == null ? last : lastData;
        Island.Run run = new Island.Run(first.content().block(), end.endBlock(),
            new Place(first.batch(), first.epoch(), first.content().firstSequence()),
            new Place(end.batch(), end.epoch(), end.endSequence()), new Count(batches, records));
        found.add(new Found(run, last.endBlock(), last.batch(), stop));
        return last.endBlock();
    }

    /** The runs, in the order in which they lie. */
    List<Found> found() {
        return found;
    }

    /** Why the first block that is no valid batch is none; {@link Defect#NONE} if all are. */
    Defect firstStop() {
        return firstStop;
    }

    /** The highest W among all headers that are valid in themselves, 0 if there are none. */
    long syncedMax() {
        return syncedMax;
    }

    /** The block behind the batch that was looked for, 0 if it was not found. */
    int wantedEnd() {
        return wantedEnd;
    }

    /** The last header that is valid in itself without being part of a run, null if there is none. */
    BatchHeader bodiless() {
        return bodiless;
    }
}
