package dev.varve.recovery;

/**
 * The rule of recovery: a pure, total function from what was observed to what it means. The rows stand in the order in which they count.
 *
 * <p>Any thread. The same table, in prose with its proof, is in {@code docs/recovery.md}; a test runs that table against this class.
 */
public final class DecisionTable {
    /** Where blocks could not be read. */
    public enum ReadErrors {
        /** Nowhere. */
        NONE,
        /** Only so far behind the end that nothing acknowledged can lie there. */
        FAR,
        /** Behind the end, where an acknowledged batch could lie. */
        NEAR,
        /** In the very batch at which the walk stopped. */
        AT_STOP
    }

    /** What the last valid batch is. */
    public enum LastBatch {
        /** There is none. */
        NONE,
        /** It holds records. */
        DATA,
        /** It seals the segment. */
        SEAL,
        /** A clean close wrote it. */
        CLOSE
    }

    /**
     * What was observed.
     *
     * @param writerBug           a header says what no correct writer writes
     * @param acknowledgedMissing E &gt; n: a batch that is known to be synced was not reached
     * @param readErrors          where blocks could not be read
     * @param lastBatch           what the last valid batch is
     * @param validLater          a header valid in itself lies behind the stop
     * @param cleanClose          the manifest's clean-close flag is set
     */
    public record Facts(boolean writerBug, boolean acknowledgedMissing, ReadErrors readErrors, LastBatch lastBatch,
                        boolean validLater, boolean cleanClose) {
    }

    private DecisionTable() {
    }

    /**
     * Decides.
     *
     * @param facts what was observed
     * @return what it means
     */
    public static Verdict decide(Facts facts) {
        if (facts.writerBug()) {
            return Verdict.WRITER_BUG;
        }
        if (facts.readErrors() == ReadErrors.AT_STOP && facts.acknowledgedMissing()) {
            return Verdict.UNREADABLE;
        }
        if (facts.acknowledgedMissing()) {
            return Verdict.CORRUPT;
        }
        if (facts.readErrors() == ReadErrors.AT_STOP || facts.readErrors() == ReadErrors.NEAR) {
            return Verdict.UNDECIDABLE;
        }
        if (facts.lastBatch() == LastBatch.CLOSE && !facts.validLater() && facts.cleanClose()) {
            return Verdict.CLEAN;
        }
        return Verdict.CRASH_TAIL;
    }
}
