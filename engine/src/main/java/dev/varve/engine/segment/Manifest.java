package dev.varve.engine.segment;

/**
 * What the log says of itself outside its segments.
 *
 * @param logId          the log
 * @param generation     grows by one with every write of a slot
 * @param epoch          the writer's incarnation
 * @param lowestSegment  number of the oldest segment
 * @param highestSegment number of the highest segment in which a place may have been given out
 * @param durable        a batch known durable
 * @param cleanClose     whether the writer closed cleanly and nothing was written since
 */
public record Manifest(LogId logId, long generation, long epoch, long lowestSegment, long highestSegment,
                       DurablePlace durable, boolean cleanClose) {
    /**
     * A batch known durable, and where it lies.
     *
     * @param batch   its number, 0 for none
     * @param segment the segment it lies in
     * @param block   the block where it starts
     * @param chain   its chain value
     */
    public record DurablePlace(long batch, long segment, int block, long chain) {
        /** No batch yet. */
        public static final DurablePlace NONE = new DurablePlace(0, 0, 0, 0);
    }

    /**
     * The next generation, in the same incarnation of the writer.
     *
     * @param highest    number of the highest segment in which a place may be given out
     * @param place      a batch known durable
     * @param isClean    whether the writer closed cleanly
     * @return the manifest to write
     */
    public Manifest next(long highest, DurablePlace place, boolean isClean) {
        return new Manifest(logId, generation + 1, epoch, lowestSegment, highest, place, isClean);
    }

    /**
     * The same generation, of a log that begins later.
     *
     * @param lowest number of the oldest segment that is retained
     * @return the manifest to write
     */
    public Manifest withLowest(long lowest) {
        return new Manifest(logId, generation, epoch, lowest, highestSegment, durable, cleanClose);
    }

    /**
     * The next generation, for another incarnation of the writer.
     *
     * @param newEpoch the epoch
     * @return the manifest to write
     */
    public Manifest withEpoch(long newEpoch) {
        return new Manifest(logId, generation + 1, newEpoch, lowestSegment, highestSegment, durable, cleanClose);
    }
}
