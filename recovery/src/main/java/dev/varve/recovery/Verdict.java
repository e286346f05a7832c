package dev.varve.recovery;

/** What a log's directory means. The first five are decided by {@link DecisionTable}; the rest are found before it is asked. */
public enum Verdict {
    /** The log was closed cleanly. */
    CLEAN("closed cleanly"),
    /** The log ends where a crash left it; nothing acknowledged is missing. */
    CRASH_TAIL("ends in a crash tail; nothing acknowledged is missing"),
    /** Acknowledged batches are damaged. */
    CORRUPT("acknowledged batches are damaged"),
    /** Acknowledged batches cannot be read at present. */
    UNREADABLE("acknowledged batches cannot be read"),
    /** Something cannot be read where acknowledged batches may lie. */
    UNDECIDABLE("blocks near the end cannot be read, so the end is not known"),
    /** A batch says what no correct writer says. */
    WRITER_BUG("a batch header holds what no correct writer writes"),
    /** Another process is writing; what it has made durable is whole. */
    LIVE("being written; whole up to its durable end"),
    /** There was no log; one was created. */
    CREATED("newly created"),
    /** The manifest is missing or holds no valid slot, or contradicts the segments. */
    BAD_MANIFEST("the manifest is missing, damaged or contradicts the segments"),
    /** A linked segment has no valid header. */
    BAD_HEADER("a segment's header is damaged"),
    /** A linked segment is not there. */
    SEGMENT_MISSING("a segment is missing"),
    /** A linked segment's file belongs to another log or to another number. */
    SEGMENT_FOREIGN("a segment file belongs to another log or another place");

    private final String text;

    Verdict(String text) {
        this.text = text;
    }

    /**
     * The verdict in words.
     *
     * @return a phrase that completes "the log is" or "the log:"
     */
    public String text() {
        return text;
    }

    /**
     * Whether a writer may open the log.
     *
     * @return true if nothing acknowledged is missing or in doubt
     */
    public boolean isOpenable() {
        return this == CLEAN || this == CRASH_TAIL || this == CREATED;
    }

    /**
     * Whether reading again may give another verdict: the device failed to read, which may pass.
     *
     * @return true for {@link #UNREADABLE} and {@link #UNDECIDABLE}
     */
    public boolean isRetryable() {
        return this == UNREADABLE || this == UNDECIDABLE;
    }
}
