package dev.varve.wal;

import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.memory.BufferPool;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.LockedDirectory;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.SegmentAllocator;
import dev.varve.engine.segment.SegmentRecycler;
import dev.varve.recovery.LogTail;
import dev.varve.recovery.OutstandingDecree;
import dev.varve.recovery.Recovered;
import dev.varve.recovery.Recovery;
import dev.varve.recovery.RecoveryOptions;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import org.agrona.CloseHelper;

/**
 * The parts of an open log, put together from what recovery returned. Starts no thread.
 *
 * <p>What is shared between threads is {@link #placement()}, {@link #position()}, {@link #space()}, {@link #segments()}, {@link
 * #counters()}, {@link #full()}, and the door of {@link #truncation()}; all else is the driver's.
 */
final class LogParts {
    /** Requests in flight at most; each log reserves as many of fs.aio-max-nr, and one more. */
    static final int DEPTH = 64;
    private static final int ZEROS_LENGTH = 256 * 1024;

    private final Recovered recovered;
    private final LogConfig config;
    private final Environment environment;
    private final Geometry geometry;
    private final IoQueue queue;
    private final BatchBuffers buffers;
    private final DriverSeat seat;
    private final Placement placement;
    private final DurablePosition position;
    private final SpaceWaiters space = new SpaceWaiters();
    private final SegmentList segments;
    private final Counters counters = new Counters();
    private final Callbacks callbacks;
    private final BatchBuilder builder;
    private final GroupCommit commit;
    private final SegmentAllocator allocator;
    private final Roll roll;
    private final ManifestKeeper manifest;
    private final Truncation truncation;
    private final MemorySegment driverMemory;
    private final StallWatch stalls;
    private volatile NoSpaceException full;

    /**
     * What a log is opened with.
     *
     * @param config       how it works
     * @param environment  the world around it
     * @param queue        carries its requests; it becomes the driver's
     * @param housekeeping runs calls that block in the kernel, one at a time
     * @param memory       the driver's own: zeros, blocks for headers and batches without records, and the manifest's slots
     */
    record Setting(LogConfig config, Environment environment, IoQueue queue, Executor housekeeping, MemorySegment memory) {
    }

    LogParts(Recovered recovered, Setting setting) {
        this.recovered = recovered;
        this.config = setting.config();
        this.environment = setting.environment();
        this.queue = setting.queue();
        this.callbacks = environment.isThreaded() ? new Callbacks(config.executor()) : Callbacks.afterSteps(config.executor());
        LogTail tail = recovered.tail();
        OutstandingDecree decree = recovered.decree();
        this.geometry = geometry(recovered, config);
        int blockSize = geometry.blockSize();
        this.driverMemory = setting.memory();
        // Before memory is obtained: it looks into the directory, which may fail.
        SegmentAllocator.Resources resources = new SegmentAllocator.Resources(recovered.directory().directory(), queue,
            setting.housekeeping(), driverMemory.asSlice(0, ZEROS_LENGTH));
        this.allocator = new SegmentAllocator(resources, config.segments().length(), config.segments().spareTarget());
        int batchLength = Math.max(config.commit().batchLength(), blockSize);
        this.buffers = new BatchBuffers(new BufferPool(environment.memory(),
            new BufferPool.Limits(blockSize, batchLength, Math.max(config.limits().buffers(), batchLength))));
        this.seat = new DriverSeat(queue.engine());
        SegmentPlace last = SegmentPlace.of(tail.segment().header());
        this.placement = decree == null ? new Placement(buffers, seat, last, tail.next().block())
            : Placement.behind(buffers, seat, last, tail.next().block());
        this.position = new DurablePosition(tail.endLsn());
        this.segments = new SegmentList(recovered.segments(), position);
        this.builder = new BatchBuilder(environment.millis(), tail.next().epoch());
        builder.begin(tail.segment(), tail.next(), tail.footer());
        this.stalls = new StallWatch(recovered.directory().directory().path(), queue, builder,
            new StallWatch.Time(environment.nanos(), config.commit().stallLimitNs()));
        DurablePlace anchored = recovered.manifest().current().durable();
        this.commit = new GroupCommit(queue, geometry.unsyncedMax(),
            decree == null ? durablePlace(tail.next(), anchored) : LateDecree.durable(decree.base(), anchored));
        MemorySegment slots = driverMemory.asSlice(ZEROS_LENGTH + 3L * blockSize, 2L * recovered.manifest().file().blockSize());
        Ownership ownership = new Ownership(queue, recovered.directory(), recovered.manifest().file(),
            new Ownership.Slots(slots, tail.next().epoch()));
        recovered.spares().forEach(spare -> allocator.adopt(spare.name(), spare.file(), spare.preparation()));
        this.roll = new Roll(builder, commit, ownership, new Roll.Blocks(queue, block(0, blockSize), block(1, blockSize)));
        this.manifest = new ManifestKeeper(recovered.manifest(), ownership::checkLock);
        this.truncation = new Truncation(segments, manifest, new SegmentRecycler(resources, allocator), seat);
    }

    /**
     * Locks and recovers a log, and puts together what is needed to go on.
     *
     * @param directory    where it lies
     * @param config       how it works
     * @param environment  the world around it
     * @param housekeeping runs calls that block in the kernel, one at a time
     * @return the parts of the recovered log
     */
    static LogParts open(Path directory, LogConfig config, Environment environment, Executor housekeeping) {
        // The engine first: a machine that refuses it is left without a new file.
        IoQueue queue = new IoQueue(environment.disk().openEngine(DEPTH));
        LockedDirectory locked = null;
        Recovered recovered = null;
        try {
            locked = LockedDirectory.lock(environment.disk(), directory);
            RecoveryOptions options = new RecoveryOptions(config.geometry(locked.directory().blockSize()), queue.engine().contract(),
                config.opening().verifyAtOpen(), config.opening().minDurableLsn(), RecoveryOptions.Progress.NONE);
            recovered = Recovery.recover(locked,
                new Recovery.Resources(queue, environment.memory(), environment.random(), environment.nanos()), options);
        } finally {
            if (recovered == null) {
                queue.close();
                CloseHelper.close(locked);
            }
        }
        MemorySegment memory = null;
        LogParts parts = null;
        try {
            memory = driverMemory(recovered, config, environment);
            parts = new LogParts(recovered, new Setting(config, environment, queue, housekeeping, memory));
            return parts;
        } finally {
            if (parts == null) {
                abandon(recovered, queue, environment);
                if (memory != null) {
                    environment.memory().free(memory);
                }
            }
        }
    }

    /** Releases what recovery returned, when no log can be made of it. */
    private static void abandon(Recovered recovered, IoQueue queue, Environment environment) {
        queue.close();
        CloseHelper.closeAll(recovered.tail().segment(), () -> recovered.spares().forEach(spare -> spare.file().close()),
            recovered.manifest(), () -> environment.memory().free(recovered.manifest().block()), recovered.directory());
    }

    private static Geometry geometry(Recovered recovered, LogConfig config) {
        return recovered.decree() == null ? recovered.tail().segment().header().geometry()
            : config.geometry(recovered.directory().directory().blockSize());
    }

    /** Zeros, three blocks of the log, and both slots of the manifest. */
    private static MemorySegment driverMemory(Recovered recovered, LogConfig config, Environment environment) {
        int block = geometry(recovered, config).blockSize();
        int manifestBlock = recovered.manifest().file().blockSize();
        return environment.memory().allocate(ZEROS_LENGTH + 3L * block + 2L * manifestBlock, Math.max(block, manifestBlock));
    }

    /** D to begin with: the batch before the next one, wherever the last one lies. */
    private static DurablePlace durablePlace(BatchRule.Position next, DurablePlace last) {
        return new DurablePlace(next.lastBatch(), last.segment(), last.block(), last.chain());
    }

    private MemorySegment block(int index, int blockSize) {
        return driverMemory.asSlice(ZEROS_LENGTH + (long) index * blockSize, blockSize);
    }

    MemorySegment closeMemory() {
        return block(2, geometry.blockSize());
    }

    Recovered recovered() {
        return recovered;
    }

    /** The measures of the segment to go on in, begun or still to be. */
    Geometry geometry() {
        return geometry;
    }

    LogConfig config() {
        return config;
    }

    Environment environment() {
        return environment;
    }

    /** What listeners and futures are told on. */
    Callbacks executor() {
        return callbacks;
    }

    IoQueue queue() {
        return queue;
    }

    BatchBuffers buffers() {
        return buffers;
    }

    DriverSeat seat() {
        return seat;
    }

    Placement placement() {
        return placement;
    }

    DurablePosition position() {
        return position;
    }

    SpaceWaiters space() {
        return space;
    }

    SegmentList segments() {
        return segments;
    }

    Counters counters() {
        return counters;
    }

    BatchBuilder builder() {
        return builder;
    }

    GroupCommit commit() {
        return commit;
    }

    SegmentAllocator allocator() {
        return allocator;
    }

    Roll roll() {
        return roll;
    }

    StallWatch stalls() {
        return stalls;
    }

    ManifestKeeper manifest() {
        return manifest;
    }

    Truncation truncation() {
        return truncation;
    }

    /** Why places are refused although memory is free; null if it is not for lack of space. */
    NoSpaceException full() {
        return full;
    }

    /** Says whether places are refused for lack of space. By the driver. */
    void full(NoSpaceException refusal) {
        boolean isNew = refusal != null && full == null;
        full = refusal;
        if (isNew) {
            space.wakeAll();
        }
    }

    /** How the log is, if it is not closed. Any thread. */
    LogHealth health() {
        LogFailedException failure = position.failure();
        String stalled = stalls.reason();
        if (failure != null) {
            return new LogHealth(LogHealth.State.FAILED, failure.getMessage() + (stalled.isEmpty() ? "" : "; " + stalled));
        }
        NoSpaceException lacking = full;
        return !stalled.isEmpty() ? new LogHealth(LogHealth.State.STALLED, stalled)
            : lacking != null ? new LogHealth(LogHealth.State.FULL, lacking.getMessage()) : LogHealth.OPEN;
    }

    /** Makes a failure known. */
    void fail(Throwable cause) {
        position.fail(new LogFailedException("the log in " + recovered.directory().directory().path() + " has failed: "
            + (cause.getMessage() == null ? cause : cause.getMessage())
            + "; nothing is acknowledged any more, close it and open it anew", cause));
        space.wakeAll();
    }

    /** Releases everything, the lock last. If requests in flight cannot be waited for, nothing is released: the kernel may still use it. */
    void close() {
        truncation.refuse(new LogClosedException(recovered.directory().directory().path()));
        queue.close();
        CloseHelper.closeAll(truncation::close, allocator::close, roll::close, builder.segment(), manifest::close, buffers::close,
            () -> environment.memory().free(driverMemory), () -> environment.memory().free(recovered.manifest().block()),
            recovered.directory());
    }
}
