package dev.varve.tools;

import java.util.Locale;

/** Numbers as people read them. */
final class Figures {
    private static final String[] BYTE_UNITS = {"byte", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    private static final double KIB = 1024;
    private static final long US_NS = 1_000;
    private static final long MS_NS = 1_000_000;
    private static final long S_NS = 1_000_000_000;

    private Figures() {
    }

    /**
     * A number of bytes.
     *
     * @param count from 0
     * @return with the largest unit that leaves at least 1
     */
    static String bytes(long count) {
        double value = count;
        int unit = 0;
        while (value >= KIB && unit < BYTE_UNITS.length - 1) {
            value /= KIB;
            unit++;
        }
        return unit == 0 ? count(count, "byte") : String.format(Locale.ROOT, "%.1f %s", value, BYTE_UNITS[unit]);
    }

    /**
     * So many of something.
     *
     * @param count how many
     * @param noun  what one of them is called
     * @return for example {@code 1 batch} or {@code 2 batches}
     */
    static String count(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : noun.endsWith("ch") ? "es" : "s");
    }

    /**
     * A duration.
     *
     * @param durationNs nanoseconds, from 0
     * @return in µs, ms or s
     */
    static String duration(long durationNs) {
        if (durationNs < MS_NS) {
            return String.format(Locale.ROOT, "%.1f µs", (double) durationNs / US_NS);
        }
        if (durationNs < S_NS) {
            return String.format(Locale.ROOT, "%.2f ms", (double) durationNs / MS_NS);
        }
        return String.format(Locale.ROOT, "%.2f s", (double) durationNs / S_NS);
    }

    /**
     * How many a second.
     *
     * @param count      how many
     * @param durationNs in how long, in nanoseconds
     * @return rounded; 0 if no time has passed
     */
    static long perSecond(long count, long durationNs) {
        return durationNs <= 0 ? 0 : Math.round((double) count * S_NS / durationNs);
    }
}
