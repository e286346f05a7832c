package dev.varve.recovery;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.LogId;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Finds the segments of a log that may be damaged in every part: by the links as far as there are any, and by the numbers of the files
 * where a link is lost.
 *
 * <pre>
 *   lowest ◄─ link ─ segment ◄─ ? ─ segment without header ◄─ link ─ highest
 *                       └── by its number only: presumed, until a chain value confirms it
 * </pre>
 *
 * <p>Owned by one thread; used once; writes nothing.
 */
final class LiveSegments {
    /** LSNs left free for a segment of which nothing is known. */
    static final long UNKNOWN_LENGTH = 1L << 30;

    /**
     * A segment that belongs to the log, or did.
     *
     * @param segment  its number
     * @param header   its header, null if there is none that is valid
     * @param isThere  whether its file is
     * @param declared what its successor says of it, null if that is not known
     * @param isLast   whether it is the last that was begun
     */
    record Live(long segment, SegmentHeader header, boolean isThere, Predecessor declared, boolean isLast) {
    }

    private final LogFiles files;
    private final BlockStream stream;
    private final Manifest manifest;
    private final List<String> notes;
    private final NavigableMap<Long, SegmentHeader> headers = new TreeMap<>();
    private final Deque<Live> live = new ArrayDeque<>();
    private final LogId logId;
    private long aheadLength;

    LiveSegments(LogFiles files, BlockStream stream, Manifest manifest, List<String> notes) {
        this.files = files;
        this.stream = stream;
        this.manifest = manifest;
        this.notes = notes;
        this.logId = readHeaders();
    }

    /** Reads all headers; the log's id is the manifest's, or the one that all of them share. */
    private LogId readHeaders() {
        HeaderReader reader = new HeaderReader(stream);
        LogId known = manifest == null ? null : manifest.logId();
        Set<LogId> ids = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
        for (long number : files.segments().tailSet(lowest(), true)) {
            try (IoFile file = files.open(number, Access.READ)) {
                HeaderReader.Found found = reader.read(file);
                SegmentHeader header = known == null ? own(found, number) : found.of(known, number);
                if (header != null) {
                    headers.put(number, header);
                    ids.add(header.logId());
                }
            }
        }
        if (ids.size() > 1) {
            throw new UnsalvageableException("without a valid MANIFEST nothing says to which log " + files.directory().path()
                + " belongs: its segments are of the logs " + ids.stream().map(LogId::toString).collect(Collectors.joining(", "))
                + "; copy the segments of one of them to a directory of their own, or put back the MANIFEST");
        }
        if (known == null && ids.isEmpty()) {
            throw new UnsalvageableException("neither the MANIFEST in " + files.directory().path() + " nor any segment's header is valid,"
                + " so nothing says which log this is; put back any file of it");
        }
        return known == null ? ids.iterator().next() : known;
    }

    private static SegmentHeader own(HeaderReader.Found found, long number) {
        SegmentHeader header = found.first() == null ? found.copy() : found.first();
        return header == null || header.segment() != number ? null : header;
    }

    LogId logId() {
        return logId;
    }

    private long lowest() {
        return manifest == null ? 1 : manifest.lowestSegment();
    }

    /** Bytes of files behind the last segment in which LSNs may have been given out. */
    long aheadLength() {
        return aheadLength;
    }

    /** The segments, lowest first. */
    List<Live> find() {
        long number = highest();
        Predecessor declared = null;
        boolean isLast = true;
        while (number != 0) {
            SegmentHeader header = headers.get(number);
            live.addFirst(new Live(number, header, files.segments().contains(number), declared, isLast));
            declared = header == null || !header.predecessor().exists() ? null : header.predecessor();
            number = before(number, header);
            isLast = false;
        }
        noteDead();
        return List.copyOf(live);
    }

    /** The segment before one: by its link, or else the next lower number that is there; 0 if the log begins here. */
    private long before(long number, SegmentHeader header) {
        long below = lower(number);
        if (header == null) {
            if (below == 0 && manifest != null && number > manifest.lowestSegment()) {
                live.addFirst(new Live(manifest.lowestSegment(), null, false, null, false));
            }
            if (below != 0 && below < number - 1) {
                live.addFirst(new Live(number - 1, null, false, null, false));
            }
            return below;
        }
        long link = header.predecessor().segment();
        if (!header.predecessor().exists() || link < lowest()) {
            return 0;
        }
        if (manifest == null && below == 0) {
            notes.add("segments before " + files.pathOf(number) + " are not there; without a MANIFEST nothing says whether the log"
                + " still had them");
            return 0;
        }
        return link;
    }

    private long lower(long number) {
        NavigableSet<Long> below = files.segments().headSet(number, false);
        return below.isEmpty() || below.last() < lowest() ? 0 : below.last();
    }

    private long highest() {
        return manifest == null ? highestFound() : highestNamed();
    }

    private long highestFound() {
        notes.add("the MANIFEST is not valid: the segments were found by their links and numbers, and what it said of the log's beginning"
            + " and end is not known");
        for (long number : files.segments().descendingSet()) {
            if (headers.containsKey(number) || isBegun(number)) {
                return number;
            }
        }
        return 0;
    }

    private long highestNamed() {
        long named = manifest.highestSegment();
        for (long number : files.segments().tailSet(named, false).descendingSet()) {
            if (headers.containsKey(number) || isBegun(number)) {
                notes.add(files.pathOf(number) + " was begun, but the MANIFEST names no segment beyond " + named
                    + ": it is not the newest one");
                return number;
            }
        }
        boolean isNeeded = named == manifest.lowestSegment() || manifest.durable().segment() == named;
        if (headers.containsKey(named) || isNeeded || !files.segments().contains(named) || isBegun(named)) {
            return named;
        }
        return named - 1;
    }

    /** Whether a file without a header holds batches of its own; if not, its whole range may have been named all the same. */
    private boolean isBegun(long number) {
        try (IoFile file = files.open(number, Access.READ)) {
            if (new LostHeader(stream).look(file, number, logId)) {
                return true;
            }
            aheadLength += file.length() + Geometry.BLOCK_SIZE_MAX - 1 & -(long) Geometry.BLOCK_SIZE_MAX;
            return false;
        }
    }

    private void noteDead() {
        Set<Long> dead = new TreeSet<>(files.segments().tailSet(lowest(), true));
        live.forEach(segment -> dead.remove(segment.segment()));
        for (long number : dead) {
            if (number < live.peekLast().segment()) {
                notes.add(files.pathOf(number) + " is named by no link: it is no part of the log any more");
            }
        }
    }
}
