package dev.varve.wal;

import dev.varve.engine.segment.BatchHeader;
import java.util.concurrent.atomic.AtomicLongArray;

/** What a log has done, counted by the driver, read by any thread. */
final class Counters {
    private static final int RECORDS = 0;
    private static final int BYTES = 1;
    private static final int BATCHES = 2;
    private static final int SYNCS = 3;
    private static final int BLOCKS = 4;
    private static final int ROLLS = 5;
    private static final int ANCHORS = 6;

    private final AtomicLongArray values = new AtomicLongArray(ANCHORS + 1);

    /** A batch has become durable. */
    void durable(BatchHeader header, long syncs) {
        if (header.kind() == BatchHeader.Kind.DATA) {
            add(RECORDS, header.content().recordCount());
            add(BYTES, header.content().bodyLength());
            add(BATCHES, 1);
        }
        add(BLOCKS, header.content().blocks());
        values.lazySet(SYNCS, syncs);
    }

    /** Sets what others count. */
    void set(long rolls, long anchors) {
        values.lazySet(ROLLS, rolls);
        values.lazySet(ANCHORS, anchors);
    }

    /** Only the driver writes, so a read and a write need not be one step. */
    private void add(int index, long amount) {
        values.lazySet(index, values.get(index) + amount);
    }

    LogStatistics snapshot() {
        return new LogStatistics(values.get(RECORDS), values.get(BYTES), values.get(BATCHES), values.get(SYNCS), values.get(BLOCKS),
            values.get(ROLLS), values.get(ANCHORS));
    }
}
