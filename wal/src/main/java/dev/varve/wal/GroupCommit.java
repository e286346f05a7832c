package dev.varve.wal;

import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Manifest.DurablePlace;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * The batches that are written but not yet synced, at most K, and D: the longest prefix that is covered.
 *
 * <pre>
 *    D │ covered │ written, in the sync │ written │ being written │ free …  K
 *      └─ advance() moves D over this    └─ the next sync takes these
 * </pre>
 *
 * <p>Owned by the driver. Invariants: a sync covers only batches whose every write was reaped before it was submitted (an FDSYNC does not
 * wait for writes in flight); at most one sync is in flight; D only grows, batch by batch. All un-synced batches lie in one segment.
 */
final class GroupCommit {
    private final IoQueue queue;
    private final UnsyncedBatch[] ring;
    private final IoRequest sync = new IoRequest(this::synced);
    private int first;
    private int count;
    private int told;
    private DurablePlace durable;
    private IoFailureException failure;
    private long syncs;

    GroupCommit(IoQueue queue, int unsyncedMax, DurablePlace durable) {
        this.queue = queue;
        this.durable = durable;
        this.ring = new UnsyncedBatch[unsyncedMax];
        for (int i = 0; i < unsyncedMax; i++) {
            ring[i] = new UnsyncedBatch();
        }
    }

    /** Whether another batch may be submitted. */
    boolean hasRoom() {
        return count < ring.length;
    }

    /** How many batches are un-synced. */
    int unsynced() {
        return count;
    }

    /** D, and where it lies. */
    DurablePlace durable() {
        return durable;
    }

    /** Syncs and durable writes that succeeded. */
    long syncs() {
        return syncs;
    }

    /**
     * Submits a built batch.
     *
     * @param built     buffer, header and end
     * @param file      the segment's file
     * @param bytes     the whole batch, in blocks
     * @param isDurable whether its writes make themselves durable
     */
    void submit(Built built, IoFile file, MemorySegment bytes, boolean isDurable) {
        assert hasRoom();
        UnsyncedBatch batch = at(count);
        count++;
        batch.begin(built.buffer(), built.header(), built.endLsn());
        batch.write(queue, file, bytes, isDurable);
    }

    /**
     * A batch ready to be written.
     *
     * @param buffer its buffer, null if it is the driver's own
     * @param header its header
     * @param endLsn its end
     */
    record Built(BatchBuffer buffer, BatchHeader header, long endLsn) {
    }

    private UnsyncedBatch at(int index) {
        return ring[(first + index) % ring.length];
    }

    /**
     * The next batch, in order, that the device has taken and nobody was told of.
     *
     * @return the batch, null if there is none
     */
    UnsyncedBatch advanceWritten() {
        if (told < count && at(told).isWritten()) {
            return at(told++);
        }
        return null;
    }

    /** Starts a sync for what was written since the last one, if none is in flight. Before the next batch is submitted. */
    boolean startSync(IoFile file) {
        if (sync.isPending()) {
            return false;
        }
        boolean isWanted = false;
        for (int i = 0; i < count; i++) {
            UnsyncedBatch batch = at(i);
            if (!batch.isCovered() && batch.isWritten()) {
                batch.syncing();
                isWanted = true;
            }
        }
        if (isWanted) {
            queue.add(sync.dataSync(file));
        }
        return isWanted;
    }

    private void synced(IoRequest request) {
        if (request.state() == IoRequest.State.FAILED) {
            failure = request.failure();
            return;
        }
        syncs++;
        for (int i = 0; i < count; i++) {
            at(i).synced();
        }
    }

    /**
     * Moves D over the next batch, if it is covered.
     *
     * @return the batch that has become durable, valid until the next {@link #submit}; null if there is none
     */
    UnsyncedBatch advance() {
        if (count == 0 || !at(0).isCovered()) {
            return null;
        }
        UnsyncedBatch batch = at(0);
        syncs += batch.isDurableWrite() ? 1 : 0;
        first = (first + 1) % ring.length;
        count--;
        told = Math.max(0, told - 1);
        BatchHeader header = batch.header();
        assert header.batch() > durable.batch() : header;
        durable = new DurablePlace(header.batch(), header.life().segment(), header.content().block(), header.chain());
        return batch;
    }

    /** The oldest un-synced batch, without moving D, once the log has failed; null if there is none. */
    UnsyncedBatch abandon() {
        if (count == 0 || at(0).isPending()) {
            return null;
        }
        UnsyncedBatch batch = at(0);
        first = (first + 1) % ring.length;
        count--;
        told = Math.max(0, told - 1);
        return batch;
    }

    /** Shows the buffers of all un-synced batches; null for a batch of the driver's own. */
    void forEachBuffer(Consumer<BatchBuffer> consumer) {
        for (int i = 0; i < count; i++) {
            consumer.accept(at(i).buffer());
        }
    }

    /** Why a write or a sync failed; null if none has. */
    IoFailureException failure() {
        for (int i = 0; i < count && failure == null; i++) {
            failure = at(i).failure();
        }
        return failure;
    }
}
