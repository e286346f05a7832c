package dev.varve.engine.segment;

import java.util.ArrayList;
import java.util.List;

/**
 * Gathers a segment's footer batch by batch, in bounded memory: when its list is full, every second entry is dropped and from then on
 * only every second, fourth, eighth … batch is listed.
 *
 * <p>Owned by the driver; recovery fills one while it walks a segment that will be continued.
 */
public final class FooterBuilder {
    private final List<Footer.Entry> entries = new ArrayList<>(FooterDescriptor.ENTRY_COUNT_MAX);
    private int stride = 1;
    private int batchCount;
    private long recordCount;
    private long firstTimeMs;
    private long lastTimeMs;
    private long digest;

    /**
     * Starts the footer of a segment.
     *
     * @param header the segment's header
     */
    public FooterBuilder(SegmentHeader header) {
        digest = header.predecessor().chain();
    }

    /**
     * Takes the next batch of the segment.
     *
     * @param header a valid batch's header
     */
    public void add(BatchHeader header) {
        digest = header.chain();
        if (header.kind() != BatchHeader.Kind.DATA) {
            return;
        }
        if (batchCount % stride == 0) {
            if (entries.size() == FooterDescriptor.ENTRY_COUNT_MAX) {
                thinOut();
            }
            if (batchCount % stride == 0) {
                entries.add(new Footer.Entry(header.content().block(), header.batch(), header.content().firstSequence(),
                    header.timeMs()));
            }
        }
        if (batchCount == 0) {
            firstTimeMs = header.timeMs();
        }
        lastTimeMs = header.timeMs();
        batchCount++;
        recordCount += header.content().recordCount();
    }

    private void thinOut() {
        for (int i = 0; i * 2 < entries.size(); i++) {
            entries.set(i, entries.get(i * 2));
        }
        entries.subList((entries.size() + 1) / 2, entries.size()).clear();
        stride *= 2;
    }

    /**
     * The footer of all batches taken so far.
     *
     * @return the footer
     */
    public Footer build() {
        return new Footer(List.copyOf(entries), batchCount, recordCount, digest, firstTimeMs, lastTimeMs);
    }
}
