package dev.varve.defects;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a named test ended.
 *
 * @param kind    what counts
 * @param reason  the failure or the reason of the skip, in one line
 * @param seconds how long its JVM ran
 */
record TestOutcome(Kind kind, String reason, double seconds) {
    private static final Pattern SEED = Pattern.compile("\\bseed (\\d+):");

    /** What counts about it. */
    enum Kind {
        /** It passed. */
        PASSED,
        /** It failed by an assertion of its own. */
        REJECTED,
        /** It was skipped. */
        SKIPPED,
        /** It failed in another way, or its JVM ended before it. */
        BROKEN,
        /** It did not end in time. */
        HUNG
    }

    /**
     * The first random seed that showed the defect.
     *
     * @return the seed; empty if the failure names none
     */
    String firstSeed() {
        Matcher matcher = SEED.matcher(reason);
        return matcher.find() ? matcher.group(1) : "";
    }
}
