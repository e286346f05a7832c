package dev.varve.recovery;

import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.SegmentHeader;

/**
 * What one segment of a log holds.
 *
 * @param segment   its number
 * @param header    its header, null if none is valid
 * @param state     how it ends, or what is wrong with it
 * @param isReached whether a reader that begins at the lowest segment gets here; false for all that lie behind the first damage
 * @param endLsn    the end of what is valid in it, exclusive; 0 if nothing is known
 * @param content   what was counted up to there; {@link Content#NOTHING} if nothing was walked or checked
 * @param doubt     what speaks against its being whole
 */
public record SegmentSummary(long segment, SegmentHeader header, State state, boolean isReached, long endLsn, Content content,
                             Doubt doubt) {
    /** How a segment ends, or what is wrong with it. */
    public enum State {
        /** A SEAL batch is its last. */
        SEALED(true),
        /** Its successor declares where it ends. */
        ENDED_BY_DECREE(true),
        /** It is the last one. */
        OPEN(true),
        /** It is the last one, and a CLOSE batch is its last. */
        CLOSED(true),
        /** The walk met damage in it. */
        DAMAGED(false),
        /** Everything found in it is intact, but its successor, which would say where it ends, is the one at fault. */
        END_UNCONFIRMED(false),
        /** Neither its header nor the header's copy is valid, or they contradict its neighbours. */
        BAD_HEADER(false),
        /** Its file is not there. */
        MISSING(false),
        /** Its file is another log's or another segment's. */
        FOREIGN(false),
        /** Its header cannot be read at present. */
        UNREADABLE(false),
        /** It was begun, but the manifest does not name it. */
        NOT_IN_MANIFEST(false),
        /** It lies behind damage, and only the damage was of interest. */
        NOT_LOOKED_AT(false);

        private final boolean isWhole;

        State(boolean isWhole) {
            this.isWhole = isWhole;
        }

        /**
         * Whether nothing is wrong with the segment, as far as it was to be checked.
         *
         * @return true for the first four
         */
        public boolean isWhole() {
            return isWhole;
        }
    }

    /**
     * What was counted.
     *
     * @param batches      data batches
     * @param records      records
     * @param payloadBytes bytes of the records' payloads, without what pads them; 0 if the segment was not walked
     * @param usedBlocks   blocks that hold batches of any kind
     */
    public record Content(long batches, long records, long payloadBytes, long usedBlocks) {
        /** Nothing. */
        public static final Content NOTHING = new Content(0, 0, 0, 0);
    }

    /**
     * What speaks against a segment's being whole.
     *
     * @param defect what is wrong where its valid batches end
     * @param later  what lies behind that
     */
    public record Doubt(Defect defect, Evidence.Later later) {
        /** Nothing does. */
        public static final Doubt NONE = new Doubt(Defect.NONE, Evidence.Later.NOTHING);
    }
}
