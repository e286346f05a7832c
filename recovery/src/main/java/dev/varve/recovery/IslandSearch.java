package dev.varve.recovery;

import dev.varve.engine.io.Directory;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.Islands.Bounds;
import dev.varve.recovery.Islands.LeftOut;
import dev.varve.recovery.LiveSegments.Live;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Finds what is undamaged of a log whose damage may be anywhere: islands of valid batches, and the holes between them.
 *
 * <pre>
 *   segment 1            segment 2            segment 3 (last)
 *   | island | hole | island | hole ... hole | island | never acknowledged |
 * </pre>
 *
 * <p>A batch belongs to an island only if the log certainly held it: behind the end that a successor declares nothing exists, and in a
 * segment of which nobody declares an end, a run behind damage counts only if all that is missing before it was acknowledged.
 *
 * <p>Owned by one thread; used once; writes nothing. Memory is bounded by the number of islands allowed.
 */
public final class IslandSearch {
    private final LogFiles files;
    private final BlockStream stream;
    private final IslandOptions options;
    private final ReadMeter meter;
    private final SegmentIslands segments;
    private final List<String> notes = new ArrayList<>();
    private final List<Island> islands = new ArrayList<>();
    private final List<LeftOut> leftOut = new ArrayList<>();
    /** What is missing, by the index of the island behind it. */
    private final NavigableMap<Integer, List<Hole.Part>> parts = new TreeMap<>();
    private long limitLsn;
    private long endSequence = 1;
    private long epoch = 1;

    private IslandSearch(LogFiles files, BlockStream stream, BatchCursor cursor, IslandOptions options, ReadMeter meter) {
        this.files = files;
        this.stream = stream;
        this.options = options;
        this.meter = meter;
        this.segments = new SegmentIslands(files, stream, cursor, options, notes);
    }

    /**
     * Searches.
     *
     * @param directory the log's directory; no writer may be at work in it
     * @param resources what to work with
     * @param options   what to take, and who is told how far it is
     * @return what was found
     * @throws NoLogException         if there is no log
     * @throws UnsalvageableException if nothing says which records the log held, or there is too much damage
     * @throws dev.varve.engine.segment.UnsupportedVersionException if a newer version wrote a part of the log
     * @throws dev.varve.engine.io.IoFailureException               if a file cannot be opened
     */
    public static Islands find(Directory directory, Recovery.Resources resources, IslandOptions options) {
        LogFiles files = new LogFiles(directory);
        if (files.isUnfinishedSalvage()) {
            throw new UnsalvageableException("a salvage into " + directory.path() + " was cut short: begin it anew from the log that it was"
                + " taken from");
        }
        if (!files.hasManifest() && LogCreation.isUnfinished(files, resources)) {
            throw new NoLogException(directory.path());
        }
        ReadMeter meter = new ReadMeter(options.progress());
        try (BlockStream stream = new BlockStream(resources, meter); BatchCursor cursor = new BatchCursor(stream, resources.memory())) {
            return new IslandSearch(files, stream, cursor, options, meter).run();
        }
    }

    private Islands run() {
        Manifest manifest = manifest();
        LiveSegments chain = new LiveSegments(files, stream, manifest, notes);
        List<Live> live = chain.find();
        live.stream().filter(segment -> segment.header() != null).forEach(segment -> meter.expect(segment.header().geometry().length()));
        segments.begin(chain.logId(), manifest);
        SegmentHeader first = live.isEmpty() ? null : live.getFirst().header();
        SegmentHeader before = null;
        boolean isEndKnown = true;
        for (int i = 0; i < live.size(); i++) {
            SegmentIslands.Result result = segments.search(live.get(i), before, i + 1 < live.size() ? live.get(i + 1) : null);
            isEndKnown = take(result);
            before = result.header();
            limitLsn = Math.max(limitLsn, limit(result));
        }
        limitLsn += chain.aheadLength();
        epoch = Math.max(epoch, manifest == null ? 0 : manifest.epoch());
        Bounds bounds = bounds(first, manifest);
        return new Islands(chain.logId(), List.copyOf(islands), holes(bounds, isEndKnown), List.copyOf(leftOut), bounds,
            List.copyOf(notes));
    }

    /** Where the LSNs of a segment end at the latest: a file without a header may have been longer than it is. */
    private long limit(SegmentIslands.Result result) {
        if (result.header() == null) {
            return limitLsn + LiveSegments.UNKNOWN_LENGTH;
        }
        return result.isHeaderFound() ? result.header().limitLsn()
            : Math.max(result.header().limitLsn(), result.header().baseLsn() + LiveSegments.UNKNOWN_LENGTH);
    }

    private Manifest manifest() {
        if (!files.hasManifest()) {
            return null;
        }
        try {
            return new ManifestReader(files, stream, notes).read();
        } catch (UnsoundLogException e) {
            notes.add(e.getMessage());
            return null;
        }
    }

    /** Adds what was found in the next segment; whether the last record that it held is known. */
    private boolean take(SegmentIslands.Result result) {
        for (SegmentIslands.Event event : result.events()) {
            if (event.island() == null) {
                parts.computeIfAbsent(islands.size(), _ -> new ArrayList<>()).add(event.part());
            } else {
                add(event.island());
            }
        }
        leftOut.addAll(result.leftOut());
        if (result.header() != null) {
            epoch = Math.max(epoch, result.header().epoch());
            endSequence = Math.max(endSequence, result.isHeaderFound() ? result.header().baseSequence() : 1);
        }
        endSequence = Math.max(endSequence, result.endSequence());
        return result.isEndKnown();
    }

    private void add(Island island) {
        if (islands.size() == options.islandsMax()) {
            throw new UnsalvageableException("there are more than " + islands.size() + " islands of valid batches in "
                + files.directory().path() + "; so much damage is not sorted out in bounded memory, restore the log from a copy");
        }
        Island before = islands.isEmpty() ? null : islands.getLast();
        boolean isBehind = before == null || (island.startLsn() - island.segment().geometry().blockSize() >= before.endLsn()
            && island.firstSequence() >= before.endSequence() && island.run().first().epoch() >= before.run().last().epoch());
        if (!isBehind) {
            // No correct writer leaves that; but what contradicts the order cannot be read in order.
            long blockSize = island.segment().geometry().blockSize();
            parts.computeIfAbsent(islands.size(), _ -> new ArrayList<>()).add(new Hole.Part(island.segment().segment(),
                island.run().startBlock() * blockSize, island.run().endBlock() * blockSize, "contradicts what lies before it"));
            return;
        }
        islands.add(island);
        epoch = Math.max(epoch, island.run().last().epoch());
        endSequence = Math.max(endSequence, island.endSequence());
    }

    private Bounds bounds(SegmentHeader first, Manifest manifest) {
        boolean isOrigin = first != null && !first.predecessor().exists();
        boolean isWhole = isOrigin && !parts.containsKey(0)
            && (islands.isEmpty() || islands.getFirst().segment().segment() == first.segment());
        boolean isFirstSegment = first == null && (manifest == null || manifest.lowestSegment() == 1);
        long headLsn = first == null ? 0 : first.predecessor().endLsn();
        long headSequence = first == null ? 0 : first.baseSequence();
        return new Bounds(isWhole, headLsn, isFirstSegment && manifest != null ? 1 : headSequence, limitLsn, endSequence, epoch);
    }

    private List<Hole> holes(Bounds bounds, boolean isEndKnown) {
        List<Hole> holes = new ArrayList<>();
        parts.forEach((index, missing) -> {
            Island before = index == 0 ? null : islands.get(index - 1);
            Island behind = index == islands.size() ? null : islands.get(index);
            long endIfKnown = isEndKnown ? bounds.endSequence() : 0;
            holes.add(new Hole(index, before == null ? bounds.headLsn() : before.endLsn(),
                behind == null ? bounds.limitLsn() : behind.startLsn(),
                before == null ? bounds.headSequence() : before.endSequence(),
                behind == null ? endIfKnown : behind.firstSequence(), List.copyOf(missing)));
        });
        return List.copyOf(holes);
    }

    /** The sequence behind a batch of which only the header is left, 0 if there is none up to the last one that was acknowledged. */
    static long endSequence(BatchHeader bodiless, long acknowledged) {
        return bodiless == null || bodiless.batch() > acknowledged ? 0 : bodiless.endSequence();
    }
}
