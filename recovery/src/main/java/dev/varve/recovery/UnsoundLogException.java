package dev.varve.recovery;

/** Ends an examination before there is anything to decide: the files do not make up a log. Becomes the report's verdict and detail. */
final class UnsoundLogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Verdict verdict;
    private final long segment;

    /**
     * Makes an exception.
     *
     * @param verdict what it means
     * @param segment the segment that is at fault, 0 if none is
     * @param detail  what, where, and what to do
     */
    UnsoundLogException(Verdict verdict, long segment, String detail) {
        super(detail, null, false, false);
        this.verdict = verdict;
        this.segment = segment;
    }

    Verdict verdict() {
        return verdict;
    }

    long segment() {
        return segment;
    }
}
