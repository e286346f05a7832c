package dev.varve.wal;

import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageSummary;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.FooterBuilder;
import dev.varve.engine.segment.FooterDescriptor;
import dev.varve.engine.segment.PreparedSegment;
import dev.varve.engine.segment.SegmentFile;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentStarter;
import java.lang.foreign.MemorySegment;

/**
 * The change from one segment to the next: two durable writes in series, a SEAL batch and the next header.
 *
 * <pre>
 *   NONE ── first batch of the next segment is ready ──► SEALING ── SEAL durable ──► STARTING ── header durable ──► NONE
 *     └── a decree that was left to do, nothing to seal ─────────────────────────────────►┘
 * </pre>
 *
 * <p>Owned by the driver. Invariant: no batch of the next segment is submitted before its header is durable, and no header before
 * everything in the sealed segment is; so only the last segment ever holds un-synced batches. No header is written by a writer that has
 * lost its lock.
 */
final class Roll {
    private enum State { NONE, SEALING, STARTING }

    private final BatchBuilder builder;
    private final GroupCommit commit;
    private final Ownership ownership;
    private final SegmentStarter starter;
    private final MemorySegment sealMemory;
    private State state = State.NONE;
    private SegmentPlace offered;
    private PreparedSegment target;
    private BatchHeader seal;
    private long rolls;

    Roll(BatchBuilder builder, GroupCommit commit, Ownership ownership, Blocks blocks) {
        this.builder = builder;
        this.commit = commit;
        this.ownership = ownership;
        this.starter = new SegmentStarter(blocks.queue(), blocks.header());
        this.sealMemory = blocks.seal();
    }

    /**
     * Memory of one block each, and what carries it to disk.
     *
     * @param queue  carries writes
     * @param header for segment headers
     * @param seal   for SEAL batches
     */
    record Blocks(IoQueue queue, MemorySegment header, MemorySegment seal) {
    }

    boolean isActive() {
        return state != State.NONE;
    }

    /** Remembers what appenders were told about the next segment, so that its header will say the same. */
    void offered(SegmentPlace place) {
        assert offered == null : offered;
        offered = place;
    }

    /** What appenders were told about the next segment; null if they were told nothing. */
    SegmentPlace offered() {
        return offered;
    }

    long rolls() {
        return rolls;
    }

    /** Seals the segment, to go on in a prepared one. There must be room for one un-synced batch. */
    void start(PreparedSegment prepared) {
        assert state == State.NONE && offered != null && prepared.segment() == offered.segment() : prepared;
        target = prepared;
        Footer footer = builder.footer().build();
        FooterDescriptor.encode(footer, sealMemory, BatchHeaderDescriptor.LENGTH);
        int end = BatchHeaderDescriptor.LENGTH + FooterDescriptor.length(footer);
        seal = builder.build(BatchHeader.Kind.SEAL, sealMemory, new BatchBuilder.Body(end, 0), commit.durable().batch());
        boolean isAlone = commit.unsynced() == 0;
        commit.submit(new GroupCommit.Built(null, seal, builder.endLsn()), builder.segment().file(), sealMemory, isAlone);
        ownership.look();
        state = State.SEALING;
    }

    /** Begins a segment behind one that recovery has declared ended. Nothing is un-synced. */
    void startByDecree(PreparedSegment prepared, SegmentHeader header, SegmentPlace place) {
        assert state == State.NONE && prepared.segment() == header.segment() : prepared;
        offered(place);
        target = prepared;
        starter.start(target.file(), header);
        state = State.STARTING;
    }

    /**
     * Goes on as far as possible without waiting.
     *
     * @param contract how the next segment's bytes get to disk
     * @param storage  what is known of the storage below
     * @return the new segment's header once it has been begun, otherwise null
     */
    SegmentHeader step(StorageContract contract, StorageSummary storage) {
        if (state == State.SEALING && commit.unsynced() == 0 && ownership.isLooked()) {
            ownership.check();
            assert commit.durable().batch() == seal.batch() : seal;
            SegmentHeader.Origin origin = new SegmentHeader.Origin(contract, target.preparation(), storage);
            SegmentHeader header = SegmentStarter.afterSeal(builder.header(), seal,
                new SegmentStarter.NewLife(offered.salt(), seal.epoch(), offered.geometry(), origin));
            assert header.baseLsn() == offered.baseLsn() : header;
            starter.start(target.file(), header);
            state = State.STARTING;
        } else if (state == State.STARTING && starter.isDone()) {
            SegmentFile sealed = builder.segment();
            SegmentFile begun = starter.take();
            builder.begin(begun, BatchRule.Position.startOf(begun.header()), new FooterBuilder(begun.header()));
            sealed.close();
            offered = null;
            target = null;
            rolls += seal == null ? 0 : 1;
            seal = null;
            state = State.NONE;
            return begun.header();
        }
        return null;
    }

    /** Closes the file of a segment that was not begun. Nothing may be in flight. */
    void close() {
        if (target != null) {
            target.file().close();
        }
    }
}
