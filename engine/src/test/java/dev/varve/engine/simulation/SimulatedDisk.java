package dev.varve.engine.simulation;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A disk in memory that forgets what it may forget. It outlives the engines, directories and files opened on it: cut the power, open
 * them anew, and see what is left.
 *
 * <pre>
 *   SimulatedDisk disk = new SimulatedDisk(seed);
 *   try (Directory directory = disk.openDirectory(path, true); IoQueue queue = new IoQueue(disk.openEngine(64))) {
 *       disk.crashAtStep(100);
 *       ...                              // the program under test, until it ends or PowerCutException comes out of a call
 *   } catch (PowerCutException e) { }
 *   disk.crash();                        // or kill(); then open directory and engine anew, and look at what is left
 * </pre>
 *
 * <p><b>What it promises.</b> A completed sync has made durable exactly the writes to its file whose completions were reaped before it was
 * submitted, and the file's length. A durable write is durable when it completes. A sync of the directory makes its names durable, and the
 * lengths of its files. What is durable no power cut changes. A new file reads as zeros. A rename is atomic.
 *
 * <p><b>What it refuses to some seed</b>, whenever it is not promised:
 * <ul>
 *   <li><i>{@link #crash() Power cut}.</i> Each sector of 512 bytes of a write that is not durable, even one still in flight, is afterwards
 *       old, new, an older version, zeros, garbage, what lay there in an earlier life of the file or of its place on the medium, or a
 *       mixture of two of these, byte-wise and independently of its neighbours. Each change of a name happens or not; only changes of
 *       the same names keep their order. A new file may be gone, or have its name but not its length, and one whose creation failed may be
 *       there. {@link #crash(CrashChoice)} leaves it to a test to go through all outcomes.
 *   <li><i>{@link #kill() Process kill}.</i> Cache and names survive; each write in flight happens, in part, or not; later syncs cover it.
 *   <li><i>Order.</i> Requests complete in any order, submissions take less than is offered or nothing, transfers are short, waits are
 *       interrupted, as {@link Unfriendliness} says.
 *   <li><i>Memory.</i> The device fetches a write's bytes in pieces at moments of its own between submission and completion. With
 *       {@link SimulatedMemory} a buffer that was given back too early is found on the disk as {@code 0xDB}.
 * </ul>
 *
 * <p><b>What is only done on purpose.</b> {@link #faults()}: any errno at any {@link Operation}; of a failed write any sectors may be in
 * the cache; after a failed sync a later one returns 0 and yet makes nothing durable that the first should have, unless a read has found
 * it there. Lost, misdirected and short writes, misdirected and stale reads, bits that turn over on the way, syncs that lie, requests
 * that hang or are late, calls that are slow. {@link #damage}: bit rot, lost and misplaced blocks, unreadable sectors, wrong lengths,
 * files missing or doubled. {@link #capacity}: a full disk. {@link #crashSpoiling}: sectors that a power cut leaves unreadable.
 *
 * <p><b>What is not modelled.</b> A power cut harms nothing that was durable and no neighbour of what was written. A write fails as a whole
 * request, a read error is of sectors. Reads see whole sectors. Directory calls cannot hang, only be slow. A directory itself is durable as
 * soon as it is made. Nothing is shared between files but their capacity: one file's failed sync says nothing about another's.
 *
 * <p><b>Time and chance.</b> The clock is virtual: waiting takes none of the caller's. Everything random comes from the seed, so with one
 * thread the same calls give the same bytes and the same {@link #traceHash()}.
 *
 * <p>Any thread may call. Files lie in the heap, 2 GiB each at most.
 */
public final class SimulatedDisk implements Disk {
    private final Course course;
    private final DiskState state;
    private final FaultScript faults = new FaultScript();
    private final List<SimulatedEngine> engines = new ArrayList<>();

    /**
     * Makes an empty disk whose unfriendliness is chosen by the seed.
     *
     * @param seed the source of everything random; print it when a test fails
     */
    public SimulatedDisk(long seed) {
        this(seed, DiskSettings.of(Unfriendliness.swarm(seed)));
    }

    /**
     * Makes an empty disk.
     *
     * @param seed     the source of everything random; print it when a test fails
     * @param settings its measures and manners
     */
    public SimulatedDisk(long seed, DiskSettings settings) {
        this(new Course(seed), new DiskState(settings));
    }

    private SimulatedDisk(Course course, DiskState state) {
        this.course = course;
        this.state = state;
        course.onCut(this::stopEngines);
    }

    /** A disk whose program has stopped at the given time. */
    static SimulatedDisk stopped(long seed, DiskState state, long nowNs) {
        SimulatedDisk disk = new SimulatedDisk(new Course(seed), state);
        disk.course.enterAnyway();
        disk.course.advanceTo(nowNs);
        disk.course.stop();
        disk.course.leave();
        return disk;
    }

    /**
     * {@inheritDoc}
     *
     * @throws PowerCutException if the machine is down
     */
    @Override
    public Directory openDirectory(Path path, boolean create) {
        Path name = path.getFileName() == null ? path : path.getFileName();
        course.enter(course.life());
        try {
            course.step();
            int errno = faults.next(Operation.OPEN_DIRECTORY, name.toString()).errno();
            if (errno == 0 && state.isBelowFile(path)) {
                errno = Errno.ENOTDIR;
            } else if (errno == 0 && create) {
                state.make(path);
            } else if (errno == 0 && state.find(path) == null) {
                errno = Errno.ENOENT;
            }
            course.trace(Operation.OPEN_DIRECTORY, name.toString(), -errno);
            if (errno != 0) {
                throw IoFailureException.of("opening directory " + path, errno);
            }
            return new SimulatedDirectory(course, faults, state, path);
        } finally {
            course.leave();
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws PowerCutException if the machine is down
     */
    @Override
    public IoEngine openEngine(int depth) {
        if (depth < 1) {
            throw new IllegalArgumentException("impossible depth: " + depth);
        }
        course.enter(course.life());
        try {
            course.step();
            int errno = faults.next(Operation.OPEN_ENGINE, SimulatedEngine.NAME).errno();
            course.trace(Operation.OPEN_ENGINE, SimulatedEngine.NAME, -errno);
            if (errno != 0) {
                throw new StorageContractException(StorageObstacle.OTHER, "the simulated machine refuses an engine: "
                    + Errno.describe(errno), errno);
            }
            SimulatedEngine engine = new SimulatedEngine(course, faults, state.settings(), depth);
            engines.add(engine);
            return engine;
        } finally {
            course.leave();
        }
    }

    /** Cuts the power, as {@link CrashMode#ANY} does. */
    public void crash() {
        crash(CrashMode.ANY);
    }

    /**
     * Cuts the power, if it is not cut already, and turns it on again. Whatever was opened before is dead; locks are free.
     *
     * @param mode how what was not durable is treated
     */
    public void crash(CrashMode mode) {
        course.enterAnyway();
        try {
            course.trace(mode.name().hashCode());
            cut(new RandomCut(course, mode, state.settings().blockSize()));
        } finally {
            course.leave();
        }
    }

    /**
     * Cuts the power as {@link #crash(CrashMode)} does, but lets the caller decide what is left.
     *
     * @param choice decides, under the disk's lock; it must not call the disk
     */
    public void crash(CrashChoice choice) {
        course.enterAnyway();
        try {
            cut(new ChosenCut(course, choice, state.settings().blockSize()));
        } finally {
            course.leave();
        }
    }

    /**
     * Cuts the power, and of what was not durable many sectors cannot be read until they are written again, as half-written ones of a
     * spinning disk. Beyond the fault model: nobody can tell such a sector from one that was durable and was lost later.
     */
    public void crashSpoiling() {
        course.enterAnyway();
        try {
            cut(new RandomCut(course, CrashMode.TEAR_UNSYNCED, state.settings().blockSize(), 0.5));
        } finally {
            course.leave();
        }
    }

    private void cut(PowerCut cut) {
        course.stop();
        course.saw(Situation.POWER_CUT);
        state.cut(cut, course);
        course.restart();
    }

    /** Kills the program, if it is not stopped already; the machine runs on. Whatever was opened before is dead; locks are free. */
    public void kill() {
        course.enterAnyway();
        try {
            course.stop();
            course.saw(Situation.PROCESS_KILL);
            state.kill(course);
            course.restart();
        } finally {
            course.leave();
        }
    }

    private void stopEngines() {
        for (SimulatedEngine engine : engines) {
            engine.noteStop();
            state.stopped(engine.unfinished());
        }
        engines.clear();
    }

    /**
     * Arms a power cut: the given step does not happen, the call that would take it throws {@link PowerCutException}, and so does every
     * later one. Steps are each request submitted, each reap, each refused submission, each call on a directory, each opening of
     * a directory or engine.
     *
     * @param step the step's number, as {@link #steps()} would count it; {@link Long#MAX_VALUE} disarms
     */
    public void crashAtStep(long step) {
        course.enterAnyway();
        course.cutAtStep(step);
        course.leave();
    }

    /**
     * Steps taken.
     *
     * @return the count since the disk was made
     */
    public long steps() {
        course.enterAnyway();
        try {
            return course.steps();
        } finally {
            course.leave();
        }
    }

    /**
     * Whether the machine is down.
     *
     * @return true from the power cut of {@link #crashAtStep} to {@link #crash()} or {@link #kill()}, and for a disk just forked
     */
    public boolean isStopped() {
        course.enterAnyway();
        try {
            return course.isStopped();
        } finally {
            course.leave();
        }
    }

    /**
     * The virtual clock; to be given to programs as theirs.
     *
     * @return nanoseconds from an arbitrary start
     */
    public long nowNs() {
        course.enterAnyway();
        try {
            return course.nowNs();
        } finally {
            course.leave();
        }
    }

    /**
     * What the program holds open: files, directories, locks and engines.
     *
     * @return how many of them were opened in this life of the program and are not closed
     */
    public int openHandles() {
        course.enterAnyway();
        try {
            return course.handles();
        } finally {
            course.leave();
        }
    }

    /**
     * Lets virtual time pass.
     *
     * @param ns how much, from 0
     */
    public void advance(long ns) {
        course.enterAnyway();
        course.advance(ns);
        course.leave();
    }

    /**
     * Sets how much files may have together; less than they have now is allowed.
     *
     * @param bytes the new capacity
     */
    public void capacity(long bytes) {
        course.enterAnyway();
        state.capacity(bytes);
        course.leave();
    }

    /**
     * Errors, lies and hanging requests to come.
     *
     * @return the script
     */
    public FaultScript faults() {
        return faults;
    }

    /**
     * Changes files at rest.
     *
     * @param directory an existing directory
     * @return the means
     * @throws IllegalArgumentException if there is no such directory
     */
    public Damage damage(Path directory) {
        course.enterAnyway();
        try {
            NameTable names = state.find(directory);
            if (names == null) {
                throw new IllegalArgumentException("no directory " + directory);
            }
            return new Damage(course, names, state.settings().blockSize());
        } finally {
            course.leave();
        }
    }

    /**
     * The disk as it is now, with what is in flight.
     *
     * @return an immutable copy; content is shared, not copied
     */
    public DiskSnapshot snapshot() {
        course.enterAnyway();
        try {
            return new DiskSnapshot(copy(), course.nowNs());
        } finally {
            course.leave();
        }
    }

    /**
     * Another disk like this one, whose program has just stopped. This one does not notice.
     *
     * @param seed the other's own source of chance
     * @return a new disk without scripted faults, to be crashed or killed before it is used
     */
    public SimulatedDisk fork(long seed) {
        course.enterAnyway();
        try {
            return stopped(seed, copy(), course.nowNs());
        } finally {
            course.leave();
        }
    }

    private DiskState copy() {
        List<ArrivingWrite> arriving = new ArrayList<>();
        engines.forEach(engine -> arriving.addAll(engine.unfinished()));
        return state.copy(arriving);
    }

    /**
     * The seed the disk was made with.
     *
     * @return the seed
     */
    public long seed() {
        return course.seed();
    }

    /**
     * Everything that happened, folded into one number: equal for equal courses.
     *
     * @return the hash
     */
    public long traceHash() {
        course.enterAnyway();
        try {
            return course.traceHash();
        } finally {
            course.leave();
        }
    }

    /**
     * How often each situation arose that the disk can bring about; a campaign should have met them all.
     *
     * @return counts by name, zeros included
     */
    public Map<String, Long> situations() {
        course.enterAnyway();
        try {
            return course.situations();
        } finally {
            course.leave();
        }
    }

    @Override
    public String toString() {
        return "simulated disk, seed " + seed() + ", step " + steps();
    }
}
