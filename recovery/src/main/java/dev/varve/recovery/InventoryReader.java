package dev.varve.recovery;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.Inventory.Ahead;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds the segments of a log: the last begun one from the manifest's highest number, the others by their predecessor links.
 *
 * <pre>
 *   manifest:  lowest ◄───────────────────────────── highest
 *                 │                                     │ begun?  yes: last = highest;  no: last = highest - 1
 *              segment ◄─ predecessor ─ segment ◄─ … ─ last
 * </pre>
 *
 * <p>Owned by one thread; writes nothing.
 */
final class InventoryReader {
    private final LogFiles files;
    private final BlockStream stream;
    private final HeaderReader headers;
    private final List<String> warnings;
    /** The segments that were reached by the links so far, lowest first. */
    private final ArrayDeque<SegmentHeader> linked = new ArrayDeque<>();
    private Ahead ahead = Ahead.NONE;

    InventoryReader(LogFiles files, BlockStream stream, List<String> warnings) {
        this.files = files;
        this.stream = stream;
        this.headers = new HeaderReader(stream);
        this.warnings = warnings;
    }

    /**
     * Takes the inventory.
     *
     * @param manifest the newest valid slot
     * @return the segments
     * @throws UnsoundLogException at the first thing that is wrong
     */
    Inventory read(Manifest manifest) {
        for (String name : files.odd()) {
            warnings.add(files.directory().path().resolve(name) + " looks like a segment but has no segment's name; it is left alone");
        }
        List<Long> unbegun = checkBeyond(manifest);
        SegmentHeader last = lastBegun(manifest);
        List<SegmentHeader> segments = follow(last, manifest);
        warnAboutDead(segments, manifest);
        return new Inventory(manifest, segments, ahead, unbegun);
    }

    /** What lies below the lowest segment was truncated away, and is seen to by the next opening or the writer at work. */
    private void warnAboutDead(List<SegmentHeader> segments, Manifest manifest) {
        Set<Long> dead = new TreeSet<>(files.segments().subSet(manifest.lowestSegment(), segments.getLast().segment()));
        segments.forEach(segment -> dead.remove(segment.segment()));
        for (long number : dead) {
            warnings.add(files.pathOf(number) + " is no part of the log any more; it may be deleted");
        }
    }

    /** A manifest names a segment before its header is written; so a header beyond it shows that the manifest is not the newest. */
    private List<Long> checkBeyond(Manifest manifest) {
        List<Long> unbegun = new ArrayList<>();
        for (long number : files.segments().tailSet(manifest.highestSegment(), false)) {
            IoFile file = files.open(number, Access.READ);
            if (file == null) {
                continue;
            }
            try (file) {
                HeaderReader.Found found = headers.read(file);
                if (found.of(manifest.logId(), number) != null) {
                    throw begunBeyond(found, manifest, number);
                }
                checkUnbegun(found, manifest, number);
                if (begunMeanwhile(file, manifest, number) != null) {
                    throw begunBeyond(found, manifest, number);
                }
                unbegun.add(number);
            }
        }
        return unbegun;
    }

    private static UnsoundLogException begunBeyond(HeaderReader.Found found, Manifest manifest, long number) {
        return new UnsoundLogException(Verdict.BAD_MANIFEST, number, found.path()
            + " was begun, but the manifest names no segment beyond "
            + manifest.highestSegment() + "; put back the MANIFEST that belongs to these segments");
    }

    private SegmentHeader lastBegun(Manifest manifest) {
        long highest = manifest.highestSegment();
        try (IoFile file = openLinked(highest)) {
            HeaderReader.Found found = headers.read(file);
            SegmentHeader header = found.of(manifest.logId(), highest);
            if (header != null) {
                warnAbout(found, header);
                return header;
            }
            checkUnbegun(found, manifest, highest);
            if (highest == manifest.lowestSegment() || manifest.durable().segment() == highest) {
                throw badHeader(found, highest);
            }
            header = begunMeanwhile(file, manifest, highest);
            if (header != null) {
                return header;
            }
            ahead = new Ahead(highest, file.length());
        }
        return linked(highest - 1, manifest);
    }

    private void checkUnbegun(HeaderReader.Found found, Manifest manifest, long number) {
        if (found.foreign(manifest.logId(), number) != null) {
            throw foreign(found, found.foreign(manifest.logId(), number), number);
        }
        if (found.isUnreadable()) {
            throw unreadable(found, number);
        }
    }

    /**
     * Searches a file that had no header for batches. A writer at work may have begun it since, and then it has a header by now, because
     * that is durable before the first batch is written.
     *
     * @return the header that was written meanwhile, null if the file was never begun
     */
    private SegmentHeader begunMeanwhile(IoFile file, Manifest manifest, long number) {
        StrayBatchScan.Result result = new StrayBatchScan(stream).run(file, number, manifest.logId());
        if (result == StrayBatchScan.Result.BATCH) {
            SegmentHeader header = headers.read(file).of(manifest.logId(), number);
            if (header != null) {
                return header;
            }
            throw new UnsoundLogException(Verdict.BAD_HEADER, number, file.path()
                + " holds batches, but neither its header nor the header's copy is valid;"
                + " restore the file from a copy, or read the segments before it");
        }
        if (result == StrayBatchScan.Result.NOTHING_READABLE) {
            warnings.add("some blocks of " + file.path() + " cannot be read; it was prepared but holds nothing yet");
        }
        return null;
    }

    private IoFile openLinked(long number) {
        IoFile file = files.open(number, Access.READ);
        if (file == null) {
            throw new UnsoundLogException(Verdict.SEGMENT_MISSING, number, files.pathOf(number)
                + " is not there, but the log needs it; put it back, or read the segments before it");
        }
        return file;
    }

    /** A segment that must be there with a valid header. */
    private SegmentHeader linked(long number, Manifest manifest) {
        try (IoFile file = openLinked(number)) {
            HeaderReader.Found found = headers.read(file);
            SegmentHeader header = found.of(manifest.logId(), number);
            if (header != null) {
                warnAbout(found, header);
                return header;
            }
            SegmentHeader other = found.first() == null ? found.copy() : found.first();
            if (other != null) {
                throw foreign(found, other, number);
            }
            throw found.isUnreadable() ? unreadable(found, number) : badHeader(found, number);
        }
    }

    private List<SegmentHeader> follow(SegmentHeader last, Manifest manifest) {
        linked.add(last);
        while (linked.peek().segment() > manifest.lowestSegment()) {
            SegmentHeader successor = linked.peek();
            Predecessor link = successor.predecessor();
            if (!link.exists() || link.segment() < manifest.lowestSegment()) {
                throw new UnsoundLogException(Verdict.SEGMENT_MISSING, manifest.lowestSegment(), "no segment is linked to "
                    + files.pathOf(manifest.lowestSegment()) + ", the lowest that the manifest names; the links end at "
                    + files.pathOf(successor.segment()) + "; restore the missing files");
            }
            SegmentHeader header = linked(link.segment(), manifest);
            checkLink(header, successor);
            linked.addFirst(header);
        }
        return List.copyOf(linked);
    }

    private void checkLink(SegmentHeader header, SegmentHeader successor) {
        Predecessor link = successor.predecessor();
        Geometry geometry = header.geometry();
        long length = link.endLsn() - header.baseLsn();
        boolean possible = length >= geometry.blockSize() && length % geometry.blockSize() == 0
            && length / geometry.blockSize() <= geometry.copyBlock()
            && link.block() < length / geometry.blockSize()
            && link.batch() >= header.baseBatch() - 1 && link.endSequence() >= header.baseSequence()
            && (link.isHoleBehind() || header.limitLsn() <= successor.baseLsn()) && header.epoch() <= successor.epoch();
        if (!possible) {
            throw new UnsoundLogException(Verdict.BAD_HEADER, successor.segment(), "the header of " + files.pathOf(successor.segment())
                + " says of its predecessor what the header of " + files.pathOf(header.segment()) + " rules out: "
                + Defect.PREDECESSOR.text() + "; restore both from a copy");
        }
    }

    private void warnAbout(HeaderReader.Found found, SegmentHeader header) {
        if (!header.equals(found.first())) {
            warnings.add("the header in block 0 of " + found.path() + ": "
                + (found.first() == null ? found.firstDefect().text() : "is another segment's, or that of an earlier life")
                + "; its copy was used");
        } else if (!header.equals(found.copy())) {
            warnings.add("the copy of the header of " + found.path() + ": "
                + (found.copy() == null ? found.copyDefect().text() : "is that of an earlier life") + "; block 0 was used");
        }
        if (found.fileLength() > header.geometry().length()) {
            warnings.add(found.path() + " is longer than its header says: "
                + (found.fileLength() - header.geometry().length()) + " bytes ignored");
        } else if (found.fileLength() < header.geometry().length()) {
            warnings.add(found.path() + " is shorter than its header says: " + found.fileLength() + " of " + header.geometry().length()
                + " bytes; missing blocks count as damaged");
        }
    }

    private static UnsoundLogException badHeader(HeaderReader.Found found, long number) {
        return new UnsoundLogException(Verdict.BAD_HEADER, number, "neither the header of " + found.path() + " ("
            + found.firstDefect().text() + ") nor its copy (" + found.copyDefect().text() + ") is valid;"
            + " restore the file from a copy, or read the segments before it");
    }

    private static UnsoundLogException unreadable(HeaderReader.Found found, long number) {
        return new UnsoundLogException(Verdict.UNREADABLE, number, "the header of " + found.path()
            + " cannot be read; try again, then see to the device");
    }

    private static UnsoundLogException foreign(HeaderReader.Found found, SegmentHeader header, long number) {
        return new UnsoundLogException(Verdict.SEGMENT_FOREIGN, number, found.path() + " is segment " + header.segment() + " of log "
            + header.logId() + "; put back the file that belongs there");
    }

    /**
     * What can still be found of a log that is not sound.
     *
     * @param manifest the newest valid slot
     * @param fault    the segment that is at fault
     * @return the other segments
     */
    Remains remains(Manifest manifest, long fault) {
        NavigableMap<Long, SegmentHeader> headers = new TreeMap<>();
        for (long number : files.segments().tailSet(manifest.lowestSegment(), true)) {
            SegmentHeader header = headerOrNull(number, manifest);
            if (header != null) {
                headers.put(number, header);
            }
        }
        List<SegmentHeader> above = linked.stream().filter(header -> header.segment() > fault).toList();
        return Remains.of(headers, files.segments(), new Remains.Range(manifest.lowestSegment(), fault, manifest.highestSegment()), above);
    }

    private SegmentHeader headerOrNull(long number, Manifest manifest) {
        IoFile file = files.open(number, Access.READ);
        if (file == null) {
            return null;
        }
        try (file) {
            return headers.read(file).of(manifest.logId(), number);
        }
    }
}
