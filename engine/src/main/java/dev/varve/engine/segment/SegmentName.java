package dev.varve.engine.segment;

/** Names of the files in a log's directory. Names are made from numbers, never taken from a file's content. */
public final class SegmentName {
    /** The manifest's name. */
    public static final String MANIFEST = "MANIFEST";
    /** The manifest's name while it is being made. */
    public static final String MANIFEST_NEW = "MANIFEST.preparing";
    /** The lock file's name. */
    public static final String LOCK = "LOCK";
    /** The name of the mark that a salvage leaves in its target until that is whole. */
    public static final String SALVAGE = "SALVAGE";
    private static final String SEGMENT_SUFFIX = ".varve";
    private static final String SPARE_SUFFIX = ".spare";
    private static final String PREPARING_SUFFIX = ".preparing";
    private static final int DIGITS = 16;

    private SegmentName() {
    }

    /**
     * The name of a segment.
     *
     * @param segment its number, from 1
     * @return 16 hexadecimal digits and {@code .varve}
     */
    public static String of(long segment) {
        return hex(segment) + SEGMENT_SUFFIX;
    }

    /**
     * The name of a file that is ready to become a segment.
     *
     * @param number any number that makes it unique
     * @return 16 hexadecimal digits and {@code .spare}
     */
    public static String spare(long number) {
        return hex(number) + SPARE_SUFFIX;
    }

    /**
     * The name of a file that is being made ready.
     *
     * @param number any number that makes it unique
     * @return 16 hexadecimal digits and {@code .preparing}
     */
    public static String preparing(long number) {
        return hex(number) + PREPARING_SUFFIX;
    }

    /**
     * The number in a segment's name.
     *
     * @param name a file name
     * @return the number, or 0 if the name is no segment's
     */
    public static long segmentIn(String name) {
        return numberIn(name, SEGMENT_SUFFIX);
    }

    /**
     * The number in a spare's name.
     *
     * @param name a file name
     * @return the number, or 0 if the name is no spare's
     */
    public static long spareIn(String name) {
        return numberIn(name, SPARE_SUFFIX);
    }

    /**
     * Whether a name is that of a file whose preparation was not finished.
     *
     * @param name a file name
     * @return true if it may be deleted when nobody is preparing it
     */
    public static boolean isPreparing(String name) {
        return numberIn(name, PREPARING_SUFFIX) > 0 || name.equals(MANIFEST_NEW);
    }

    private static String hex(long number) {
        if (number <= 0) {
            throw new IllegalArgumentException("file numbers start at 1: number=" + number);
        }
        return String.format("%016x", number);
    }

    private static long numberIn(String name, String suffix) {
        if (name.length() != DIGITS + suffix.length() || !name.endsWith(suffix)) {
            return 0;
        }
        for (int i = 0; i < DIGITS; i++) {
            char c = name.charAt(i);
            if ("0123456789abcdef".indexOf(c) < 0) {
                return 0;
            }
        }
        return Math.max(0, Long.parseUnsignedLong(name, 0, DIGITS, 16));
    }
}
