package dev.varve.tools;

import org.HdrHistogram.Histogram;

/**
 * How long records took from append to durable. One owner thread.
 *
 * <p>Two significant digits; what takes longer than an hour counts as an hour.
 */
final class LatencySummary {
    private static final long LONGEST_NS = 3_600_000_000_000L;
    private static final int DIGITS = 2;

    private final Histogram histogram = new Histogram(LONGEST_NS, DIGITS);

    void record(long latencyNs) {
        histogram.recordValue(Math.clamp(latencyNs, 0, LONGEST_NS));
    }

    /**
     * Percentiles.
     *
     * @return p50, p99 and the longest, or that there is none
     */
    String text() {
        if (histogram.getTotalCount() == 0) {
            return "none";
        }
        return "p50 " + Figures.duration(histogram.getValueAtPercentile(50))
            + ", p99 " + Figures.duration(histogram.getValueAtPercentile(99))
            + ", max " + Figures.duration(histogram.getMaxValue());
    }
}
