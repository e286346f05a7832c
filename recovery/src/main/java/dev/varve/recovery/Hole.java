package dev.varve.recovery;

import java.util.List;

/**
 * What is missing between two islands, before the first one, or behind the last one.
 *
 * @param island       index of the island behind it; the number of islands for what lies behind the last one
 * @param fromLsn      where it begins
 * @param toLsn        where it ends, exclusive
 * @param fromSequence sequence of the first record that is missing, 0 if unknown
 * @param toSequence   sequence of the next record that is there, or would be; 0 if unknown
 * @param parts        which bytes of which files, and why
 */
public record Hole(int island, long fromLsn, long toLsn, long fromSequence, long toSequence, List<Part> parts) {
    /**
     * Bytes of one segment's file.
     *
     * @param segment  the segment's number
     * @param fromByte where in the file
     * @param toByte   the end, exclusive; 0 if the file is not there
     * @param reason   why nothing could be taken from there
     */
    public record Part(long segment, long fromByte, long toByte, String reason) {
    }

    /**
     * How many records are missing.
     *
     * @return the number; negative if it is not known
     */
    public long records() {
        return fromSequence == 0 || toSequence == 0 ? -1 : toSequence - fromSequence;
    }
}
