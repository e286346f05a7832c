package dev.varve.recovery;

import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeaderDescriptor;

/**
 * The numbers up to which a log may be continued. All numbers of the format go up to 2^62; a log that is opened counts on from the highest
 * ones, so half of that is left for the opening and for everything that is appended until the next. No writer gets there: at a gigabyte a
 * second it takes seventy years.
 *
 * <p>Has no state.
 */
final class NumberLimit {
    /** The highest number that a log may have reached when it is opened. */
    static final long REACHED_MAX = SegmentHeaderDescriptor.NUMBER_MAX / 2;

    private NumberLimit() {
    }

    /**
     * Looks for a number that is too high.
     *
     * @param inventory the segments
     * @param walk      the walk along the last one
     * @param scan      what lies behind it
     * @return what is too high, in words; null if nothing is
     */
    static String excess(Inventory inventory, SegmentWalk walk, EvidenceScan scan) {
        Manifest manifest = inventory.manifest();
        long epoch = Math.max(manifest.epoch(), Math.max(walk.epochMax(), scan.epochMax()));
        for (SegmentHeader segment : inventory.segments()) {
            epoch = Math.max(epoch, segment.epoch());
        }
        long batch = Math.max(Math.max(walk.lastBatch(), scan.later().highestBatch()), manifest.durable().batch());
        String found = excess("epoch", epoch);
        found = found == null ? excess("generation", manifest.generation()) : found;
        found = found == null ? excess("segment", manifest.highestSegment()) : found;
        found = found == null ? excess("batch", batch) : found;
        found = found == null ? excess("sequence", walk.end().sequence()) : found;
        found = found == null ? excess("LSN", walk.segment().limitLsn()) : found;
        return found == null ? excess("length", inventory.ahead().fileLength()) : found;
    }

    private static String excess(String name, long number) {
        return number > REACHED_MAX ? name + " " + number : null;
    }
}
