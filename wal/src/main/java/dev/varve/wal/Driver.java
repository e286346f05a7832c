package dev.varve.wal;

import dev.varve.engine.io.IoQueue;
import dev.varve.engine.segment.BatchHeader;
import java.lang.foreign.MemorySegment;

/**
 * The log's one worker: closes, builds, submits, reaps, acknowledges, rolls, prepares, anchors, truncates. Single-threaded and free of
 * waiting: each {@link #step} does what can be done now.
 *
 * <pre>
 *   reap ──► acknowledge ──► roll ──► sync what is written ──► close and build ──► prepare, manifest ──► submit, in one call
 * </pre>
 *
 * <p>Owned by one thread at a time. Invariants: nothing is acknowledged beyond {@link GroupCommit#durable()}; a batch's buffer goes back
 * only after its sync; after a failure nothing is submitted and nothing acknowledged.
 */
final class Driver {
    private final LogParts parts;
    private final LogConfig config;
    private final IoQueue queue;
    private final Placement placement;
    private final GroupCommit commit;
    private final StallWatch stalls;
    private final BatchBuilder builder;
    private final ClosingRule rule;
    private final Acknowledger acknowledger;
    private final Closing closing;
    private final SegmentsAhead ahead;
    private final BatchChain chain;
    /** The oldest batch is open and holds a record. */
    private final Stopwatch filling = new Stopwatch();
    /** The oldest batch is closed and a place in it is not filled. */
    private final Stopwatch stalling = new Stopwatch();
    private boolean isUnreapable;

    Driver(LogParts parts) {
        this.parts = parts;
        this.config = parts.config();
        this.queue = parts.queue();
        this.placement = parts.placement();
        this.commit = parts.commit();
        this.stalls = parts.stalls();
        this.builder = parts.builder();
        this.rule = new ClosingRule(config.commit().batchDelayNs());
        this.acknowledger = new Acknowledger(parts.position(), parts.executor(), rule);
        LateDecree decree = new LateDecree(parts);
        this.closing = new Closing(parts, decree);
        this.ahead = new SegmentsAhead(parts, decree);
        this.chain = new BatchChain(parts.buffers(), placement.open());
    }

    /**
     * Goes on as far as possible without waiting.
     *
     * @param nowNs the clock
     * @return whether anything was done; if not, wait for a completion, a call, or {@link #wakeAtNs}
     */
    boolean step(long nowNs) {
        try {
            stalls.enter(nowNs);
            boolean isReaped = reap();
            if (parts.position().failure() != null) {
                queue.abandonWaiting();
                return sweep() || isReaped;
            }
            boolean isWorked = work(nowNs);
            queue.submit();
            return isWorked || isReaped;
        } catch (RuntimeException | Error e) {
            fail(e);
            return true;
        } finally {
            stalls.leave();
        }
    }

    private boolean reap() {
        if (isUnreapable) {
            return reapAfterLoss();
        }
        try {
            return queue.reap(0, 0) > 0;
        } catch (RuntimeException | Error e) {
            lose(e);
            throw e;
        }
    }

    /** What could not be collected for want of memory, say, may be once there is some; until then nothing can be released. */
    private boolean reapAfterLoss() {
        try {
            boolean isReaped = queue.reap(0, 0) > 0;
            isUnreapable = !isReaped;
            return isReaped;
        } catch (RuntimeException | Error e) {
            // Told when it happened first; the agent sleeps before it tries again.
            return false;
        }
    }

    /**
     * Completions could not be collected. Once may be a completion's own trouble, and others follow. Twice, and the engine is lost; there
     * is still everybody to be told, and nobody to be waited for.
     */
    void lose(Throwable cause) {
        isUnreapable = parts.position().failure() != null;
        fail(cause);
    }

    /** Whether completions cannot be collected any more, so that it is of no use to wait for them. */
    boolean isUnreapable() {
        return isUnreapable;
    }

    private boolean work(long nowNs) {
        if (commit.failure() != null) {
            throw commit.failure();
        }
        boolean isWorked = acknowledge(nowNs);
        isWorked |= !closing.isBegun() && ahead.offer();
        isWorked |= reopen();
        isWorked |= ahead.roll();
        isWorked |= commit.startSync(builder.segment().file());
        isWorked |= build(nowNs);
        isWorked |= parts.truncation().step();
        isWorked |= closing.step(isDrained());
        isWorked |= anchor(nowNs);
        isWorked |= !closing.isBegun() && ahead.prepare(nowNs, commit.unsynced() > 0);
        isWorked |= parts.manifest().step();
        parts.counters().set(parts.roll().rolls(), parts.manifest().writes());
        return isWorked;
    }

    private boolean acknowledge(long nowNs) {
        boolean isWorked = false;
        for (UnsyncedBatch batch = commit.advanceWritten(); batch != null; batch = commit.advanceWritten()) {
            acknowledger.written(batch);
        }
        for (UnsyncedBatch batch = commit.advance(); batch != null; batch = commit.advance()) {
            // Counted first: whoever learns that a record is durable finds it counted.
            parts.counters().durable(batch.header(), commit.syncs());
            acknowledger.durable(batch, nowNs);
            if (batch.buffer() != null) {
                chain.recycle(batch.buffer());
            }
            isWorked = true;
        }
        acknowledger.protect(parts.manifest().anchoredBatch());
        if (isWorked) {
            // Memory has come back, which a record that travels alone may wait for.
            parts.space().wakeAll();
        }
        return isWorked;
    }

    private boolean reopen() {
        boolean isOpened = placement.reopen();
        if (isOpened) {
            parts.space().wakeAll();
        }
        return isOpened;
    }

    /** Builds and submits what is ready, as far as K allows. */
    private boolean build(long nowNs) {
        boolean isWorked = false;
        while (commit.hasRoom() && !parts.roll().isActive() && chain.moveToNext()) {
            BatchBuffer head = chain.head();
            if (!head.isClosed() && isToBeClosed(head, nowNs)) {
                placement.closeOpen();
                reopen();
            }
            if (!head.isComplete()) {
                checkStall(head, nowNs);
                return isWorked;
            }
            filling.stop();
            stalling.stop();
            if (head.isVoid()) {
                chain.passUnwritten();
            } else if (head.segment().segment() != builder.header().segment()) {
                ahead.startRoll();
            } else {
                submit(head, nowNs);
            }
            isWorked = true;
        }
        return isWorked;
    }

    private boolean isToBeClosed(BatchBuffer head, long nowNs) {
        if (head.isEmpty()) {
            return false;
        }
        filling.start(nowNs);
        return rule.isToBeClosed(commit.unsynced(), head.places(), filling.sinceNs(), nowNs);
    }

    private void checkStall(BatchBuffer head, long nowNs) {
        if (!head.isSettled()) {
            return;
        }
        filling.stop();
        stalling.start(nowNs);
        long stalledNs = nowNs - stalling.sinceNs();
        if (stalledNs >= config.commit().stallLimitNs()) {
            throw new IllegalStateException("an appender has held its place in the batch at LSN " + head.lsn() + " for "
                + stalledNs / 1_000_000 + " ms without filling it");
        }
    }

    private void submit(BatchBuffer batch, long nowNs) {
        MemorySegment memory = batch.memory().memory();
        BatchBuilder.Body body = new BatchBuilder.Body(batch.length(), batch.recordCount());
        assert batch.lsn() == builder.endLsn() : batch + " where " + builder.next() + " of " + builder.header() + " is next";
        batch.memory().close();
        BatchHeader header = builder.build(BatchHeader.Kind.DATA, memory, body, commit.durable().batch());
        chain.pass();
        long length = (long) header.content().blocks() * builder.header().geometry().blockSize();
        BatchBuffer following = chain.head();
        boolean isAlone = commit.unsynced() == 0 && (following == null || !following.isSettled() || following.isVoid());
        batch.memory().lend();
        batch.submitted(nowNs);
        commit.submit(new GroupCommit.Built(batch, header, builder.endLsn()), builder.segment().file(),
            memory.asSlice(0, length), isAlone && UnsyncedBatch.isOneWrite(length));
    }

    /** Whether every batch is built and durable, and none can follow. */
    private boolean isDrained() {
        return chain.isPassed() && commit.unsynced() == 0 && !parts.roll().isActive();
    }

    private boolean anchor(long nowNs) {
        long atNs = anchorAtNs();
        if (atNs == Long.MAX_VALUE || nowNs - atNs < 0) {
            return false;
        }
        parts.manifest().anchor(commit.durable());
        return !parts.manifest().isBusy();
    }

    private long anchorAtNs() {
        boolean isDue = acknowledger.isUsed() && commit.unsynced() == 0 && !parts.roll().isActive()
            && commit.durable().batch() > parts.manifest().anchoredBatch();
        if (!isDue) {
            return Long.MAX_VALUE;
        }
        return acknowledger.lastNs() + (acknowledger.isProtectionWanted() ? 0 : config.commit().anchorDelayNs());
    }

    /**
     * When a step has something to do although nothing completes and nobody calls.
     *
     * @return nanoseconds of the step's clock, {@link Long#MAX_VALUE} for never
     */
    long wakeAtNs() {
        if (parts.position().failure() != null) {
            return Long.MAX_VALUE;
        }
        long at = Math.min(stalls.wakeAtNs(), parts.manifest().isBusy() ? Long.MAX_VALUE : anchorAtNs());
        if (!closing.isBegun()) {
            at = Math.min(at, parts.allocator().wakeAtNs());
        }
        if (commit.hasRoom() && !parts.roll().isActive()) {
            at = Math.min(at, Math.min(filling.dueNs(rule.batchDelayNs()), stalling.dueNs(config.commit().stallLimitNs())));
        }
        return at;
    }

    /** Whether appenders have done something since the last step that a step can act on. */
    boolean hasWork() {
        BatchBuffer next = chain.oldest();
        if (parts.position().failure() != null) {
            return parts.truncation().isAsked() || (next != null && next.isComplete() && commit.unsynced() == 0);
        }
        if (parts.truncation().isAsked() && !parts.truncation().isActive()) {
            return true;
        }
        if (next == null || !commit.hasRoom() || parts.roll().isActive()) {
            return false;
        }
        if (next.isClosed()) {
            return next.isComplete() && !(next.isVoid() && next.next() == null);
        }
        return !next.isEmpty() && commit.unsynced() == 0;
    }

    /**
     * Whether appenders are expected back so soon that sleeping would only make them late.
     *
     * @param nowNs the clock
     * @return true if the caller should yield and step again
     */
    boolean isLingering(long nowNs) {
        BatchBuffer next = chain.oldest();
        return commit.unsynced() == 0 && next != null && !next.isClosed() && !parts.roll().isActive()
            && rule.isLingering(next.places(), nowNs);
    }

    /** Whether there is nothing to do, and appenders come one at a time, if at all: then one of them may drive. */
    boolean isAtRest() {
        BatchBuffer next = chain.oldest();
        return parts.position().failure() == null && !closing.isBegun() && rule.isLone() && queue.pending() == 0
            && commit.unsynced() == 0 && !parts.roll().isActive() && !parts.allocator().isWorking() && parts.truncation().isIdle()
            && next != null && next.isUntouched();
    }

    /** The oldest batch that is not built; at rest it is the open one. */
    BatchBuffer oldest() {
        return chain.oldest();
    }

    /** Whether nothing is un-synced, so that any record is worth waking for. */
    boolean isIdle() {
        return commit.unsynced() == 0;
    }

    /** No place is given out any more; the log ends when all is durable. */
    void beginClosing() {
        closing.begin();
    }

    /** Any thread. */
    boolean isClosing() {
        return closing.isBegun();
    }

    /** Whether the log has ended, cleanly or by failure, and nothing is in flight. */
    boolean isEnded() {
        if (parts.position().failure() != null) {
            return closing.isBegun() && queue.pending() == 0 && !parts.allocator().isBusy() && !parts.truncation().isBusy()
                && isSwept();
        }
        return closing.isEnded();
    }

    /** Fails the log: nothing is submitted or acknowledged from now on. */
    void fail(Throwable cause) {
        parts.fail(cause);
        placement.end();
    }

    /** The log's thread ends before the log has: everybody who waits is told, and nothing more is done. */
    void abandon() {
        fail(new IllegalStateException("its thread was stopped"));
        queue.abandonWaiting();
        sweep();
    }

    /** Tells everybody who waits that the log has failed, at once; takes memory back as it becomes free. */
    private boolean sweep() {
        placement.closeOpen();
        parts.space().wakeAll();
        acknowledger.failedUnprotected();
        parts.truncation().refuse(parts.position().failure());
        commit.forEachBuffer(acknowledger::failed);
        BatchBuffer next = chain.oldest();
        while (next != null && next.isSettled()) {
            acknowledger.failed(next);
            next = next.next();
        }
        return release();
    }

    private boolean release() {
        boolean isWorked = false;
        for (UnsyncedBatch batch = commit.abandon(); batch != null; batch = commit.abandon()) {
            if (batch.buffer() != null) {
                batch.buffer().acks().recycle();
                batch.buffer().memory().takeBack();
                chain.recycle(batch.buffer());
            }
            isWorked = true;
        }
        while (commit.unsynced() == 0 && chain.moveToNext() && chain.head().isComplete()) {
            acknowledger.failed(chain.head());
            chain.passUnwritten();
            isWorked = true;
        }
        return isWorked;
    }

    private boolean isSwept() {
        return commit.unsynced() == 0 && chain.oldest() == null;
    }
}
