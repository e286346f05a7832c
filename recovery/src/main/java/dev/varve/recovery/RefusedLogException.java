package dev.varve.recovery;

/** The log may not be opened for writing: acknowledged records are damaged, missing or in doubt. Its report says which and why. */
public final class RefusedLogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient RecoveryReport report;

    /**
     * Makes an exception.
     *
     * @param report what was found
     */
    public RefusedLogException(RecoveryReport report) {
        super(report.verdict() + ": " + report.detail());
        this.report = report;
    }

    /**
     * What was found.
     *
     * @return the report
     */
    public RecoveryReport report() {
        return report;
    }
}
