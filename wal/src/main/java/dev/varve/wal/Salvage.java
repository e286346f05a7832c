package dev.varve.wal;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.segment.LockedDirectory;
import dev.varve.engine.segment.LogLockedException;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.IslandOptions;
import dev.varve.recovery.IslandSearch;
import dev.varve.recovery.Islands;
import dev.varve.recovery.Recovery;
import java.nio.file.Path;
import java.util.Set;
import org.agrona.CloseHelper;

/**
 * Copies what is undamaged of a log into a new one, in a directory of its own.
 *
 * <pre>
 *   source, read only          search: islands, holes          target, locked
 *   | batch | damage | batch | ─────────────────────► | batch | OPERATOR: a hole | batch | CLOSE |  MANIFEST last
 * </pre>
 *
 * <p>Works on the calling thread; has no state. Nothing is ever written into the source. The target is no log before all of it is durable;
 * one that was cut short holds a file {@code SALVAGE} and no {@code MANIFEST}, cannot be opened, and is begun anew by salvaging into it
 * again.
 */
public final class Salvage {
    private static final int DEPTH = 64;
    private static final int ISLANDS_MAX = 1 << 16;
    private static final Set<Integer> READ_ONLY = Set.of(Errno.EROFS, Errno.EACCES, Errno.EPERM);

    private Salvage() {
    }

    /**
     * Salvages a log on the machine's own disks, through kernel AIO.
     *
     * @param source  the damaged log's directory; no writer may have it open
     * @param target  a directory that does not exist, is empty, or holds a salvage that was cut short
     * @param options what to take
     * @return what was taken, and what is missing
     * @throws dev.varve.recovery.NoLogException          if there is no log in the source
     * @throws dev.varve.recovery.UnsalvageableException  if nothing says which records the log held
     * @throws SalvageTargetException                     if the target holds anything else
     * @throws LogLockedException                         if a writer has either of them open
     * @throws IoFailureException                         if a read or a write fails; the target can be begun anew
     */
    public static SalvageReport of(Path source, Path target, SalvageOptions options) {
        return of(source, target, options, Environment.machine());
    }

    /**
     * Salvages a log in a world that the caller brings, as {@link #of(Path, Path, SalvageOptions)} does.
     *
     * @param source      the damaged log's directory
     * @param target      where the new log will lie
     * @param options     what to take
     * @param environment disk, memory and randomness
     * @return what was taken, and what is missing
     */
    public static SalvageReport of(Path source, Path target, SalvageOptions options, Environment environment) {
        if (source.toAbsolutePath().normalize().equals(target.toAbsolutePath().normalize())) {
            throw new SalvageTargetException("a log is never salvaged in place: source and target are both " + source);
        }
        IoQueue queue = new IoQueue(environment.disk().openEngine(DEPTH));
        try (Directory from = environment.disk().openDirectory(source, false)) {
            Recovery.Resources resources = new Recovery.Resources(queue, environment.memory(), environment.random());
            AutoCloseable lock = lock(from);
            try {
                Islands islands = IslandSearch.find(from, resources,
                    new IslandOptions(options.presumeLinks(), options.unacknowledged(), ISLANDS_MAX, options.progress()));
                SalvageTarget.checkUsable(environment.disk(), target);
                return write(new SalvageWork(from, islands, resources, options), environment, target);
            } finally {
                CloseHelper.close(lock);
            }
        } finally {
            queue.close();
        }
    }

    private static SalvageReport write(SalvageWork work, Environment environment, Path target) {
        try (LockedDirectory locked = LockedDirectory.lock(environment.disk(), target)) {
            SalvageTarget directory = new SalvageTarget(locked.directory());
            directory.begin();
            SalvageReport report = new SalvageWriter(work, locked.directory(), environment.millis()).run();
            directory.end();
            return report;
        }
    }

    /** Keeps writers away from the source, if there ever was one, and if the directory lets anybody lock it. */
    private static AutoCloseable lock(Directory source) {
        boolean isToLock = source.list().contains(SegmentName.LOCK);
        AutoCloseable lock = null;
        try {
            lock = isToLock ? source.tryLock(SegmentName.LOCK) : null;
        } catch (IoFailureException e) {
            if (!READ_ONLY.contains(e.errno())) {
                throw e;
            }
            isToLock = false;
        }
        if (lock == null && (isToLock || source.isLocked(SegmentName.LOCK))) {
            throw new LogLockedException(source.path());
        }
        return lock;
    }
}
