package dev.varve.wal;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.segment.SegmentName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The directory that a salvage writes to, from empty to whole.
 *
 * <pre>
 *   empty ──► mark SALVAGE durable ──► segments … ──► MANIFEST durable ──► mark deleted
 *             └──── a crash: no log, recognised by the mark ──┘   a crash: a whole log, the mark means nothing
 * </pre>
 *
 * <p>Owned by one thread, which holds the directory's lock.
 */
final class SalvageTarget {
    private final Directory directory;

    SalvageTarget(Directory directory) {
        this.directory = directory;
    }

    /** Refuses a target that holds anything that a salvage did not leave there; creates nothing. */
    static void checkUsable(Disk disk, Path target) {
        try (Directory present = disk.openDirectory(target, false)) {
            check(present);
        } catch (IoFailureException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    private static void check(Directory present) {
        List<String> names = new ArrayList<>(present.list());
        if (names.contains(SegmentName.MANIFEST)) {
            throw new SalvageTargetException(present.path() + " holds a log already; name a directory that is empty or does not exist");
        }
        boolean isUnfinished = names.contains(SegmentName.SALVAGE);
        names.removeIf(name -> name.equals(SegmentName.LOCK) || (isUnfinished && isOwn(name)));
        if (!names.isEmpty()) {
            throw new SalvageTargetException(present.path() + " is not empty (" + names.getFirst()
                + "); name a directory that is empty or does not exist");
        }
    }

    private static boolean isOwn(String name) {
        return name.equals(SegmentName.SALVAGE) || SegmentName.segmentIn(name) > 0 || SegmentName.isPreparing(name);
    }

    /** Marks the directory, and removes what an earlier attempt left. */
    void begin() {
        check(directory);
        List<String> names = directory.list();
        if (!names.contains(SegmentName.SALVAGE)) {
            directory.create(SegmentName.SALVAGE, directory.blockSize()).close();
            directory.sync();
        }
        for (String name : names) {
            if (isOwn(name) && !name.equals(SegmentName.SALVAGE)) {
                directory.delete(name);
            }
        }
        directory.sync();
    }

    /** The log is whole: takes the mark away. */
    void end() {
        directory.delete(SegmentName.SALVAGE);
        directory.sync();
    }
}
