package dev.varve.engine.segment;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.concurrent.Callable;

/**
 * Gives the files of dropped segments another use: as spares, while some are wanted and the length is right, otherwise none at all.
 *
 * <pre>
 *   dropped ──► a spare is wanted:  open, rename to .spare, directory sync ──► {@link SpareFiles}, for a later life under a new salt
 *           └─► otherwise:          unlink … one directory sync behind the last
 * </pre>
 *
 * <p>Owned by the driver, one {@link #step} at a time; blocking calls run on the housekeeping executor. Needs no space. Invariants: a file
 * is touched only if both slots of the manifest name a higher lowest segment, which the caller sees to; what an earlier life left stays in
 * the file, and no salt of a later life makes it valid; a file that cannot be given up is tried again with the next ones, and at last by
 * the next opening, and is no reason to fail; a failed directory sync fails the log.
 */
public final class SegmentRecycler {
    private static final System.Logger LOG = System.getLogger(SegmentRecycler.class.getName());

    /** What became of one file. */
    private record Outcome(long segment, IoFile file, String spareName, IoFailureException failure) {
        static final Outcome SYNCED = new Outcome(0, null, null, null);
    }

    private final SegmentAllocator allocator;
    private final SpareFiles spares;
    private final Directory directory;
    private final HousekeepingTask<Outcome> task;
    private final ArrayDeque<Long> dropped = new ArrayDeque<>();
    private final ArrayDeque<Long> kept = new ArrayDeque<>();
    private boolean isSyncDue;

    /**
     * Makes a recycler with nothing to do.
     *
     * @param resources what the allocator works with, too
     * @param allocator takes the spares
     */
    public SegmentRecycler(SegmentAllocator.Resources resources, SegmentAllocator allocator) {
        this.allocator = allocator;
        this.spares = allocator.spareFiles();
        this.directory = resources.directory();
        this.task = new HousekeepingTask<>(resources.housekeeping(), resources.queue().engine()::wakeUp);
    }

    /**
     * Takes over the file of a segment that both slots of the manifest have dropped.
     *
     * @param segment its number
     */
    public void free(long segment) {
        dropped.addAll(kept);
        kept.clear();
        dropped.add(segment);
    }

    /**
     * Whether everything that was taken over has been dealt with.
     *
     * @return false while a step has something to do, or will have
     */
    public boolean isIdle() {
        return dropped.isEmpty() && !isSyncDue && !task.isRunning() && !task.isDone();
    }

    /**
     * Whether a blocking call is under way.
     *
     * @return true until it is over
     */
    public boolean isBusy() {
        return task.isRunning();
    }

    /**
     * Goes on as far as possible without waiting.
     *
     * @return whether anything was done
     * @throws IoFailureException if the directory's sync failed: nothing in the directory may be trusted any more
     */
    public boolean step() {
        if (task.isRunning()) {
            return false;
        }
        boolean isDone = task.isDone();
        if (isDone) {
            take(task.take());
        }
        if (dropped.isEmpty() && !isSyncDue) {
            return isDone;
        }
        task.start(next());
        return true;
    }

    private Callable<Outcome> next() {
        if (dropped.isEmpty()) {
            isSyncDue = false;
            return () -> {
                directory.sync();
                return Outcome.SYNCED;
            };
        }
        long segment = dropped.poll();
        if (allocator.isSpareWanted()) {
            String spareName = SegmentName.spare(spares.newNumber());
            return () -> recycle(segment, spareName);
        }
        return () -> unlink(segment);
    }

    private void take(Outcome outcome) {
        if (outcome.failure() != null) {
            LOG.log(Level.WARNING, "the file of dropped segment " + outcome.segment() + " in " + directory.path()
                + " could not be given up (" + outcome.failure().getMessage()
                + "); it is tried again with the next ones, or by the next opening");
            kept.add(outcome.segment());
            return;
        }
        if (outcome.file() != null) {
            spares.add(new SpareFiles.Spare(outcome.file(), outcome.spareName(), Preparation.RECYCLED));
        } else {
            isSyncDue |= outcome.segment() != 0;
        }
        allocator.spaceReturned();
    }

    private Outcome recycle(long segment, String spareName) {
        String name = SegmentName.of(segment);
        IoFile file = null;
        boolean isSpare = false;
        try {
            file = directory.open(name, Access.WRITE);
            if (spares.isFit(file)) {
                directory.rename(name, spareName);
                isSpare = true;
            }
        } catch (IoFailureException e) {
            return failed(segment, e);
        } finally {
            if (file != null && !isSpare) {
                file.close();
            }
        }
        if (!isSpare) {
            return unlink(segment);
        }
        return syncedSpare(segment, spareName, file);
    }

    private Outcome syncedSpare(long segment, String spareName, IoFile file) {
        boolean isSynced = false;
        try {
            directory.sync();
            isSynced = true;
            return new Outcome(segment, file, spareName, null);
        } finally {
            if (!isSynced) {
                file.close();
            }
        }
    }

    private Outcome unlink(long segment) {
        try {
            directory.delete(SegmentName.of(segment));
            return new Outcome(segment, null, null, null);
        } catch (IoFailureException e) {
            return failed(segment, e);
        }
    }

    /** A file that is not there any more is what was wanted. */
    private static Outcome failed(long segment, IoFailureException failure) {
        return new Outcome(segment, null, null, failure.errno() == Errno.ENOENT ? null : failure);
    }

    /** Closes a file that was made a spare and that nobody took. Nothing may be under way. */
    public void close() {
        assert !isBusy();
        Outcome last = task.takeOrNull();
        if (last != null && last.file() != null) {
            last.file().close();
        }
    }
}
