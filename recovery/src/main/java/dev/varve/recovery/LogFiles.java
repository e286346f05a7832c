package dev.varve.recovery;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.SegmentName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The names in a log's directory, by what they stand for, at the moment of the listing. What matches no pattern is left alone.
 *
 * <p>Owned by one thread.
 */
final class LogFiles {
    private static final String SEGMENT_LIKE = ".varve";

    private final Directory directory;
    private final NavigableSet<Long> segments = new TreeSet<>();
    private final List<String> spares = new ArrayList<>();
    private final List<String> preparing = new ArrayList<>();
    private final List<String> odd = new ArrayList<>();
    private boolean hasManifest;
    private boolean hasSalvageMark;

    LogFiles(Directory directory) {
        this.directory = directory;
        for (String name : directory.list()) {
            if (SegmentName.segmentIn(name) > 0) {
                segments.add(SegmentName.segmentIn(name));
            } else if (SegmentName.spareIn(name) > 0) {
                spares.add(name);
            } else if (SegmentName.isPreparing(name)) {
                preparing.add(name);
            } else if (name.equals(SegmentName.MANIFEST)) {
                hasManifest = true;
            } else if (name.equals(SegmentName.SALVAGE)) {
                hasSalvageMark = true;
            } else if (name.endsWith(SEGMENT_LIKE)) {
                odd.add(name);
            }
        }
    }

    Directory directory() {
        return directory;
    }

    boolean hasManifest() {
        return hasManifest;
    }

    /** Whether this is the target of a salvage that is not finished; means nothing beside a manifest, which comes last. */
    boolean isUnfinishedSalvage() {
        return hasSalvageMark && !hasManifest;
    }

    /** Numbers of the files that are named as segments are. */
    NavigableSet<Long> segments() {
        return segments;
    }

    List<String> spares() {
        return spares;
    }

    /** Names of files whose making was not finished. */
    List<String> preparing() {
        return preparing;
    }

    /** Names that look like a segment's and are none. */
    List<String> odd() {
        return odd;
    }

    /**
     * The files that take space for segments to come.
     *
     * @param last the last segment that was begun
     * @return what is there still
     */
    Inspection.Reserve reserve(long last) {
        List<String> prepared = new ArrayList<>(preparing);
        segments.tailSet(last, false).forEach(segment -> prepared.add(SegmentName.of(segment)));
        long bytes = 0;
        for (List<String> names : List.of(prepared, spares)) {
            for (String name : names) {
                bytes += lengthOf(name);
            }
        }
        return new Inspection.Reserve(prepared.size(), spares.size(), bytes);
    }

    private long lengthOf(String name) {
        // A writer at work may have put it to use since.
        try (IoFile file = open(name, Directory.Access.READ)) {
            return file == null ? 0 : file.length();
        }
    }

    Path pathOf(long segment) {
        return directory.path().resolve(SegmentName.of(segment));
    }

    /**
     * Opens a segment's file.
     *
     * @return the file, or null if there is none
     */
    IoFile open(long segment, Directory.Access access) {
        return open(SegmentName.of(segment), access);
    }

    /**
     * Opens a file.
     *
     * @return the file, or null if there is none
     */
    IoFile open(String name, Directory.Access access) {
        try {
            return directory.open(name, access);
        } catch (IoFailureException e) {
            if (e.errno() == Errno.ENOENT) {
                return null;
            }
            throw e;
        }
    }
}
