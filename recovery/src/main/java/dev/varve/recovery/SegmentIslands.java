package dev.varve.recovery;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.LogId;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.Islands.LeftOut;
import dev.varve.recovery.LiveSegments.Live;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides which runs of one segment are islands: those before its end. The end is what the successor declares; else the batch that the
 * successor's first batch was built behind; else what the evidence says was acknowledged, as in recovery.
 *
 * <p>Owned by one thread; one segment at a time.
 */
final class SegmentIslands {
    /**
     * An island, or else something that is missing.
     *
     * @param island the island, or null
     * @param part   what is missing, or null
     */
    record Event(Island island, Hole.Part part) {
    }

    /**
     * What was found in a segment.
     *
     * @param header        its header, put together if need be; null if it could not be
     * @param isHeaderFound whether it was there
     * @param events        islands and what is missing, in order
     * @param leftOut       batches that do not count
     * @param endSequence   the sequence behind its last record as far as that is known, else 0
     * @param isEndKnown    whether the last record that it held is known
     */
    record Result(SegmentHeader header, boolean isHeaderFound, List<Event> events, List<LeftOut> leftOut, long endSequence,
                  boolean isEndKnown) {
    }

    private final LogFiles files;
    private final BlockStream stream;
    private final BatchCursor cursor;
    private final IslandOptions options;
    private final List<String> notes;
    private final LostHeader lost;
    private LogId logId;
    private Manifest manifest;
    private List<Event> events;
    private List<LeftOut> leftOut;
    private Live live;
    private SegmentHeader header;

    SegmentIslands(LogFiles files, BlockStream stream, BatchCursor cursor, IslandOptions options, List<String> notes) {
        this.files = files;
        this.stream = stream;
        this.cursor = cursor;
        this.options = options;
        this.notes = notes;
        this.lost = new LostHeader(stream);
    }

    /** What is known of the log; no manifest if it has none that is valid. */
    void begin(LogId newLogId, Manifest newManifest) {
        logId = newLogId;
        manifest = newManifest;
    }

    /**
     * Searches one segment.
     *
     * @param newLive   the segment
     * @param before    the header of the segment before it, null if there is none or it is not known
     * @param successor the segment behind it, null for the last one
     * @return what was found
     */
    Result search(Live newLive, SegmentHeader before, Live successor) {
        live = newLive;
        header = live.header();
        events = new ArrayList<>();
        leftOut = new ArrayList<>();
        if (!live.isThere()) {
            missingBytes(0, 0, "the file is not there");
            return unknown();
        }
        try (IoFile file = files.open(live.segment(), Access.READ)) {
            if (header == null && !isPutTogether(file, before)) {
                return unknown();
            }
            return search(file, successor);
        }
    }

    private Result unknown() {
        long end = live.declared() == null ? 0 : live.declared().endSequence();
        return new Result(null, false, events, leftOut, end, live.declared() != null);
    }

    private boolean isPutTogether(IoFile file, SegmentHeader before) {
        if (!lost.look(file, live.segment(), logId)) {
            missingBytes(0, file.length(), "neither its header nor the copy is valid, and no batch of it was found");
            return false;
        }
        if (lost.isAmbiguous()) {
            missingBytes(0, file.length(), "neither its header nor the copy is valid, and its batches are of several lives");
            return false;
        }
        header = lost.header(file, logId, before, live.declared());
        if (header == null) {
            missingBytes(0, file.length(), "neither its header nor the copy is valid, and nothing says which LSNs its batches have");
            return false;
        }
        notes.add("neither the header of " + file.path() + " nor its copy is valid; salt, block size and LSNs are those that its batches"
            + " agree on");
        return true;
    }

    private Result search(IoFile file, Live successor) {
        int copyBlock = header.geometry().copyBlock();
        if (live.declared() != null) {
            long blocks = (live.declared().endLsn() - header.baseLsn()) / header.geometry().blockSize();
            int endBlock = Math.clamp(blocks, 1, copyBlock);
            return behindScan(file, scan(file, endBlock, 0), endBlock);
        }
        IslandScan scan = scan(file, copyBlock, live.isLast() ? 0 : firstChain(successor));
        if (!live.isLast() && scan.wantedEnd() > 0) {
            return behindScan(file, scan(file, scan.wantedEnd(), 0), scan.wantedEnd());
        }
        if (!live.isLast()) {
            presume(successor);
        }
        return byEvidence(scan, copyBlock);
    }

    private IslandScan scan(IoFile file, int endBlock, long wantedChain) {
        IslandScan scan = new IslandScan(stream, cursor, header, options.islandsMax());
        scan.look(wantedChain);
        scan.run(file, endBlock);
        return scan;
    }

    /** The chain value that the first batch behind this segment names, 0 if that batch is lost. */
    private long firstChain(Live successor) {
        if (!successor.isThere()) {
            return 0;
        }
        try (IoFile file = files.open(successor.segment(), Access.READ)) {
            int blockSize = header.geometry().blockSize();
            stream.open(file, blockSize, 2L * blockSize);
            boolean isThere = stream.load(blockSize) && stream.defect(blockSize, blockSize) == Defect.NONE
                && BatchHeaderDescriptor.check(stream.memory(), stream.at(blockSize)) == Defect.NONE;
            if (!isThere) {
                return 0;
            }
            BatchHeader first = BatchHeaderDescriptor.decode(stream.memory(), stream.at(blockSize));
            boolean isOwn = first.life().logIdLow() == logId.low() && first.life().segment() == successor.segment()
                && first.content().block() == 1;
            return isOwn ? first.previousChain() : 0;
        }
    }

    private void presume(Live successor) {
        String what = files.pathOf(successor.segment()) + (successor.isThere() ? " has no valid header" : " is not there")
            + ", and nothing else says that " + files.pathOf(live.segment()) + " came before it";
        if (!options.presumeLinks()) {
            throw new UnsalvageableException(what + ": a truncation may have cut off its records. If the log's end was never truncated, say"
                + " so (--presume-links); otherwise take the files up to this one out of a copy of the directory");
        }
        notes.add(what + ": presumed, as asked");
    }

    /** The end is known: all runs before it are islands, and all else before it is missing. */
    private Result behindScan(IoFile file, IslandScan scan, int endBlock) {
        int at = islands(scan, scan.found().size());
        if (at < endBlock) {
            missing(at, endBlock, stop(scan, scan.found().size()));
        }
        discarded(file, endBlock);
        long end = live.declared() == null ? 0 : live.declared().endSequence();
        return new Result(header, live.header() != null, events, leftOut, end, true);
    }

    /** What lies behind the declared end has been discarded, and stays so. */
    private void discarded(IoFile file, int endBlock) {
        int copyBlock = header.geometry().copyBlock();
        if (endBlock >= copyBlock) {
            return;
        }
        stream.open(file, (long) endBlock * header.geometry().blockSize(), (long) copyBlock * header.geometry().blockSize());
        EvidenceScan behind = new EvidenceScan(stream, header);
        behind.run(new Position(endBlock, 1, 0, 0, 0));
        if (behind.later().headers() > 0) {
            leftOut.add(new LeftOut(live.segment(), 0, behind.later().highestBatch(), (long) endBlock * header.geometry().blockSize(),
                behind.later().headers() + " batches lie behind the end that was declared: they were discarded before"));
        }
    }

    /** Nobody declares the end: a run counts if all that is missing before it was acknowledged. */
    private Result byEvidence(IslandScan scan, int copyBlock) {
        long acknowledged = acknowledged(scan);
        int count = 0;
        long sequence = 0;
        long lastBatch = live.header() == null ? 0 : header.baseBatch() - 1;
        for (IslandScan.Found found : scan.found()) {
            boolean isNext = found.run().startBlock() == 1 || found.run().first().batch() - 1 <= acknowledged;
            if (!isNext) {
                break;
            }
            count++;
            lastBatch = found.lastBatch();
            // A SEAL or CLOSE behind a hole has no records, but says how many there were.
            sequence = found.run().last().sequence();
        }
        int at = islands(scan, count);
        boolean isWhole = acknowledged <= lastBatch;
        if (!isWhole) {
            missing(at, copyBlock, stop(scan, count) + "; batches up to " + acknowledged + " were acknowledged");
        }
        unacknowledged(scan, count, at);
        BatchHeader bodiless = scan.bodiless();
        if (isWhole && bodiless != null && bodiless.batch() > lastBatch) {
            leftOut.add(new LeftOut(live.segment(), lastBatch + 1, bodiless.batch(), (long) at * header.geometry().blockSize(),
                "torn or damaged, and never acknowledged, as far as is known"));
        }
        long end = isWhole ? sequence : Math.max(sequence, IslandSearch.endSequence(bodiless, acknowledged));
        return new Result(header, live.header() != null, events, leftOut, end,
            isWhole || (bodiless != null && bodiless.batch() == acknowledged));
    }

    /** E: the highest batch that is known to have been acknowledged, or at least to have been synced. */
    private long acknowledged(IslandScan scan) {
        long acknowledged = scan.syncedMax();
        if (manifest != null && manifest.durable().segment() == live.segment()) {
            acknowledged = Math.max(acknowledged, manifest.durable().batch());
        }
        // A SEAL is no evidence: it may have been in flight with what is missing before it, and the next segment begun by decree.
        return acknowledged;
    }

    private void unacknowledged(IslandScan scan, int from, int at) {
        long blockSize = header.geometry().blockSize();
        int end = at;
        for (int i = from; i < scan.found().size(); i++) {
            IslandScan.Found found = scan.found().get(i);
            if (options.unacknowledged() && found.hasRecords()) {
                missing(end, found.run().startBlock(), stop(scan, i) + "; what is behind it was never acknowledged, as far as is known");
                events.add(new Event(new Island(header, live.header() != null, false, found.run()), null));
                end = found.wholeEnd();
            } else {
                leftOut.add(new LeftOut(live.segment(), found.run().first().batch(), found.lastBatch(),
                    found.run().startBlock() * blockSize, "never acknowledged, as far as is known"));
            }
        }
    }

    /** Adds the first runs and what is missing between them; the block behind them. */
    private int islands(IslandScan scan, int count) {
        int at = 1;
        for (int i = 0; i < count; i++) {
            IslandScan.Found found = scan.found().get(i);
            if (found.run().startBlock() > at) {
                missing(at, found.run().startBlock(), stop(scan, i));
            }
            if (found.hasRecords()) {
                events.add(new Event(new Island(header, live.header() != null, true, found.run()), null));
            }
            at = found.wholeEnd();
        }
        return at;
    }

    /** Why the block before a run, or behind the last one, is no valid batch. */
    private static String stop(IslandScan scan, int index) {
        Defect defect = index == 0 ? scan.firstStop() : scan.found().get(index - 1).stop();
        return defect.text();
    }

    private void missing(int fromBlock, int toBlock, String reason) {
        long blockSize = header.geometry().blockSize();
        missingBytes(fromBlock * blockSize, toBlock * blockSize, reason);
    }

    private void missingBytes(long fromByte, long toByte, String reason) {
        events.add(new Event(null, new Hole.Part(live.segment(), fromByte, toByte, reason)));
    }
}
