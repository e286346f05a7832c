package dev.varve.engine.segment;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Executor;

/**
 * Prepares segments ahead: allocates files, fills them with zeros in chunks that yield to the log's own writes, and gives the next one its
 * final name, so that a roll never waits for any of it.
 *
 * <pre>
 *   create ──► zeros, chunk by chunk ──► SYNC ──► rename to .spare, directory sync ──► spare ──┐
 *                    │ the writer is in a hurry                                                ▼
 *                    └──────────────────► SYNC ────────────────────────────────► rename to its number, directory sync ──► next
 * </pre>
 *
 * <p>Owned by the driver, one {@link #step} at a time; blocking calls run on the housekeeping executor. Invariants: at most one file is
 * worked on at a time; a file has a {@code .spare} or a segment's name only when its content and then its name were synced; a failed
 * creation or write costs the file, never the log; a failed sync fails the log.
 */
public final class SegmentAllocator {
    private enum Work { NONE, CREATE, ZERO, SYNC, MAKE_SPARE, NAME, DISCARD }

    /**
     * What the allocator works with.
     *
     * @param directory    where
     * @param queue        carries zeros and syncs
     * @param housekeeping runs blocking calls, one at a time
     * @param zeros        block-aligned memory full of zeros, at least a block; its length is the chunk length
     */
    public record Resources(Directory directory, IoQueue queue, Executor housekeeping, MemorySegment zeros) {
    }

    private final Resources resources;
    private final long length;
    private final HousekeepingTask<IoFile> task;
    private final IoRequest request = new IoRequest(this::ioDone);
    private final SpareFiles spares;
    private final SpaceRefusal refusal;
    private Work work = Work.NONE;
    private long fileNumber;
    private IoFile file;
    private long zeroed;
    private Preparation preparation = Preparation.ZEROED;
    private boolean hurry;
    private boolean isFirst;
    private long wanted;
    private PreparedSegment next;
    private SpareFiles.Spare naming;
    private IoFailureException writeFailure;

    /**
     * Makes an allocator with nothing prepared.
     *
     * @param resources   what it works with
     * @param length      bytes of each segment
     * @param spareTarget spares to keep besides the next segment
     */
    public SegmentAllocator(Resources resources, long length, int spareTarget) {
        this.resources = resources;
        this.length = length;
        this.spares = new SpareFiles(resources.directory(), length, spareTarget);
        this.refusal = new SpaceRefusal(resources.directory().path());
        this.task = new HousekeepingTask<>(resources.housekeeping(), resources.queue().engine()::wakeUp);
    }

    /**
     * Takes over a file that was made ready before.
     *
     * @param name        its {@code .spare} name
     * @param adopted     the open file, of the right length
     * @param preparation how it was made ready
     */
    public void adopt(String name, IoFile adopted, Preparation preparation) {
        assert adopted.length() == length : adopted.length();
        spares.add(new SpareFiles.Spare(adopted, name, preparation));
    }

    /**
     * Takes over a segment file that already has its final name and was never begun.
     *
     * @param prepared the file
     */
    public void adopt(PreparedSegment prepared) {
        assert next == null;
        next = prepared;
        wanted = prepared.segment();
    }

    /**
     * Says which number the next segment will have.
     *
     * @param segment the number
     */
    public void want(long segment) {
        assert next == null || next.segment() == segment : next;
        assert work != Work.NAME || wanted == segment : wanted;
        wanted = segment;
    }

    /** The writer is about to run out of room: the next segment need only be allocated. */
    public void hurry() {
        hurry = true;
    }

    /**
     * The next segment's file under its final name, name and content durable.
     *
     * @return the file, or null if it is not ready
     */
    public PreparedSegment next() {
        return next;
    }

    /**
     * Whether the next segment may be begun: it is ready and a spare remains for recovery.
     *
     * @return true if {@link #takeNext()} may be called
     */
    public boolean isReady() {
        return next != null && (isFirst || spares.count() >= Math.min(1, spares.target()));
    }

    /**
     * Says that recovery itself found no space for a segment: until one is had, none need remain.
     *
     * @param reason why
     * @param nowNs  the driver's clock
     */
    public void refused(NoSpaceException reason, long nowNs) {
        isFirst = true;
        refusal.begin(reason, nowNs);
    }

    /**
     * Hands out the next segment's file.
     *
     * @return the file, owned by the caller
     */
    public PreparedSegment takeNext() {
        assert isReady();
        PreparedSegment taken = next;
        next = null;
        // Nothing is named until the next number is said: it would take this one's name.
        wanted = 0;
        hurry = false;
        isFirst = false;
        return taken;
    }

    /** {@return why nothing is being prepared although something is wanted; null while there is space} */
    public NoSpaceException noSpace() {
        return refusal.reason();
    }

    /** {@return how far the file in work is filled: bytes of zeros written to it; 0 if none is in work} */
    public long zeroed() {
        return work == Work.ZERO ? zeroed : 0;
    }

    /** {@return spares ready now} */
    public int spares() {
        return spares.count();
    }

    /**
     * Whether a request or a blocking call is under way.
     *
     * @return true until it is over
     */
    public boolean isBusy() {
        return request.isPending() || task.isRunning();
    }

    /**
     * Whether a file is being worked on, so that a step has something to do now or as soon as what is under way is over.
     *
     * @return false if only {@link #want} or {@link #wakeAtNs} gives it something to do
     */
    public boolean isWorking() {
        return work != Work.NONE;
    }

    /**
     * When a step has something to do although nothing completes.
     *
     * @return nanoseconds of the step's clock, or {@link Long#MAX_VALUE}
     */
    public long wakeAtNs() {
        return work == Work.NONE && refusal.reason() != null && isWorkWanted() ? refusal.retryAtNs() : Long.MAX_VALUE;
    }

    /** Whether there are fewer spares than wanted, counting one that the next segment is to be made of. */
    boolean isSpareWanted() {
        return spares.count() < spares.target() + (next == null && naming == null ? 1 : 0);
    }

    private boolean isWorkWanted() {
        return (wanted != 0 && next == null) || spares.count() < spares.target();
    }

    /** The files that are ready, to which others may add. */
    SpareFiles spareFiles() {
        return spares;
    }

    /** Space has been given back: what was refused for lack of it is tried again at once. */
    void spaceReturned() {
        refusal.end();
    }

    /**
     * Goes on as far as possible without waiting.
     *
     * @param nowNs   the driver's clock
     * @param yielding whether the log has writes of its own under way, so that zeros should wait
     * @return whether anything was done
     * @throws IoFailureException if a sync failed: nothing in the directory may be trusted any more
     */
    public boolean step(long nowNs, boolean yielding) {
        if (isBusy()) {
            return false;
        }
        return switch (work) {
            case NONE -> choose(nowNs);
            case CREATE -> created(nowNs);
            case ZERO -> zero(nowNs, yielding);
            case SYNC -> synced();
            case MAKE_SPARE -> spareMade();
            case NAME -> named();
            case DISCARD -> discarded();
        };
    }

    private boolean choose(long nowNs) {
        if (wanted != 0 && next == null && spares.count() > 0) {
            naming = spares.poll();
            name();
            return true;
        }
        if (next != null && spares.count() > spares.target()) {
            SpareFiles.Spare surplus = spares.poll();
            discard(surplus.file(), surplus.name());
            return true;
        }
        if (!isWorkWanted() || refusal.isInForce(nowNs)) {
            return false;
        }
        fileNumber = spares.newNumber();
        String name = SegmentName.preparing(fileNumber);
        work = Work.CREATE;
        task.start(() -> resources.directory().create(name, length));
        return true;
    }

    private boolean created(long nowNs) {
        try {
            file = task.take();
        } catch (IoFailureException e) {
            // Nothing was made that could be half durable, so nothing is in doubt; it is tried again.
            work = Work.NONE;
            refusal.begin(e, neededBytes(), nowNs);
            return false;
        }
        refusal.end();
        zeroed = 0;
        preparation = Preparation.ZEROED;
        work = Work.ZERO;
        return true;
    }

    private boolean zero(long nowNs, boolean yielding) {
        if (writeFailure != null || !isWorkWanted()) {
            // It cannot be written, or files of dropped segments have come in its place.
            if (writeFailure != null) {
                refusal.begin(writeFailure, neededBytes(), nowNs);
            }
            writeFailure = null;
            discard(file, SegmentName.preparing(fileNumber));
            file = null;
            return true;
        }
        boolean inHurry = hurry && (next == null || spares.count() == 0);
        if (zeroed == length || inHurry) {
            preparation = zeroed == length ? Preparation.ZEROED : Preparation.ALLOCATED;
            work = Work.SYNC;
            resources.queue().add(request.sync(file));
            return true;
        }
        if (yielding) {
            return false;
        }
        long chunk = Math.min(resources.zeros().byteSize(), length - zeroed);
        resources.queue().add(request.write(file, zeroed, resources.zeros().asSlice(0, chunk)));
        return true;
    }

    private void ioDone(IoRequest done) {
        if (done.state() != IoRequest.State.FAILED) {
            zeroed += done.kind() == IoRequest.Kind.WRITE ? done.length() : 0;
        } else {
            writeFailure = done.failure();
        }
    }

    private void discard(IoFile discarded, String name) {
        work = Work.DISCARD;
        task.start(() -> {
            discarded.close();
            spares.delete(name);
            return null;
        });
    }

    /** What lacks until a segment can be begun. */
    private long neededBytes() {
        int files = (next == null ? 1 : 0) + (isFirst ? 0 : Math.min(1, spares.target()));
        return length * Math.max(1, files - spares.count());
    }

    private boolean discarded() {
        work = Work.NONE;
        task.take();
        return true;
    }

    private boolean synced() {
        if (writeFailure != null) {
            throw writeFailure;
        }
        String name = SegmentName.preparing(fileNumber);
        if (wanted != 0 && next == null) {
            naming = new SpareFiles.Spare(file, name, preparation);
            file = null;
            name();
            return true;
        }
        String spareName = SegmentName.spare(fileNumber);
        IoFile spare = file;
        work = Work.MAKE_SPARE;
        task.start(() -> spares.rename(spare, name, spareName));
        return true;
    }

    private boolean spareMade() {
        task.take();
        spares.add(new SpareFiles.Spare(file, SegmentName.spare(fileNumber), preparation));
        file = null;
        work = Work.NONE;
        return true;
    }

    private void name() {
        SpareFiles.Spare spare = naming;
        String target = SegmentName.of(wanted);
        work = Work.NAME;
        task.start(() -> spares.rename(spare.file(), spare.name(), target));
    }

    private boolean named() {
        task.take();
        next = new PreparedSegment(wanted, naming.file(), naming.preparation());
        naming = null;
        work = Work.NONE;
        return true;
    }

    /** Closes the files that nobody took and deletes the one that is not ready. Nothing may be under way. */
    public void close() {
        assert !isBusy();
        IoFile result = task.takeOrNull();
        if (work == Work.CREATE) {
            file = result;
        }
        if (work == Work.CREATE || work == Work.ZERO || work == Work.SYNC) {
            spares.delete(SegmentName.preparing(fileNumber));
        }
        if (file != null) {
            file.close();
        }
        if (naming != null) {
            naming.file().close();
        }
        if (next != null) {
            next.file().close();
        }
        spares.close();
        next = null;
    }
}
