package dev.varve.engine.segment;

/**
 * What a segment's header says of the segment before it: which one, and where it ends. Records at or behind that end do not exist.
 *
 * @param kind        why it ends there
 * @param segment     its number, 0 for none
 * @param batch       number of its last batch
 * @param block       the block where that batch starts, 0 if the segment ends without any batch of its own
 * @param chain       chain value of that batch
 * @param endLsn      its end, exclusive
 * @param endSequence sequence of the next record
 */
public record Predecessor(Kind kind, long segment, long batch, int block, long chain, long endLsn, long endSequence) {
    /** Why a segment ends where it ends. */
    public enum Kind {
        /** There is no predecessor: the log begins here. */
        ORIGIN(1),
        /** The predecessor was sealed: a SEAL batch is its last. */
        SEAL(2),
        /**
         * Recovery declared the end: after a crash, when later batches in the predecessor were never acknowledged, or because a segment
         * that was closed cleanly could not be continued.
         */
        CRASH(3),
        /** A truncation cut the predecessor. */
        TRUNCATE(4),
        /** An operator declared the end: what lay behind it is lost, and its LSNs and sequences are not given again. */
        OPERATOR(5);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        /**
         * The value stored on disk.
         *
         * @return from 1
         */
        public int code() {
            return code;
        }

        static Kind of(int code) {
            return code >= 1 && code <= values().length ? values()[code - 1] : null;
        }
    }

    /** The link of a log's first segment: base LSN 0 is not used, so the first segment starts where {@code endLsn} says. */
    public static final Predecessor NONE = new Predecessor(Kind.ORIGIN, 0, 0, 0, 0, 0, 1);

    /**
     * Whether there is a segment before.
     *
     * @return false for the log's first segment
     */
    public boolean exists() {
        return kind != Kind.ORIGIN;
    }

    /**
     * Whether records are missing behind the end, whose LSNs and sequences stay theirs: then the next segment's base sequence may leap, and
     * its base LSN need only lie at or behind the end.
     *
     * @return true for {@link Kind#OPERATOR}
     */
    public boolean isHoleBehind() {
        return kind == Kind.OPERATOR;
    }

    /**
     * Whether the predecessor's batches may end with this sequence.
     *
     * @param sequence the sequence behind its last record
     * @return true if it is the declared one, or at most that if a hole follows
     */
    public boolean isEndSequence(long sequence) {
        return isHoleBehind() ? sequence <= endSequence : sequence == endSequence;
    }
}
