package dev.varve.engine.io;

import java.util.Locale;

/**
 * What was known of the storage under a segment when it was begun, in one number for its header. For people; no rule depends on it.
 *
 * <pre>
 *   31           15 14        13 12          8 7        6 5        4 3                0
 *   +--------------+------------+-------------+----------+----------+------------------+
 *   |      0       | asynchrony |log2 of align|   FUA    |  cache   |   file system    |
 *   +--------------+------------+-------------+----------+----------+------------------+
 * </pre>
 *
 * @param code the number; 0 if nothing was known
 */
public record StorageSummary(int code) {
    private static final String[] KINDS = {"unknown", "disk", "memory", "network", "user space"};
    private static final String[] CACHES = {"unknown", "write back", "write through"};
    private static final String[] FUAS = {"unknown", "no", "yes"};
    private static final int KIND_MASK = 0xf;
    private static final int CACHE_SHIFT = 4;
    private static final int FUA_SHIFT = 6;
    private static final int PAIR_MASK = 0x3;
    private static final int ALIGNMENT_SHIFT = 8;
    private static final int ALIGNMENT_MASK = 0x1f;
    private static final int ASYNCHRONY_SHIFT = 13;
    private static final int END_SHIFT = 15;

    /** Nothing is known. Stands behind the words, which its check needs. */
    public static final StorageSummary UNKNOWN = new StorageSummary(0);

    /** Checks the number. */
    public StorageSummary {
        if (!isValid(code)) {
            throw new IllegalArgumentException("no storage summary: 0x" + Integer.toHexString(code));
        }
    }

    /**
     * Whether a stored number means something.
     *
     * @param code the stored number
     * @return false if a part of it has no meaning
     */
    public static boolean isValid(int code) {
        return (code & KIND_MASK) < KINDS.length && (code >>> CACHE_SHIFT & PAIR_MASK) < CACHES.length
            && (code >>> FUA_SHIFT & PAIR_MASK) < FUAS.length && Asynchrony.of(code >>> ASYNCHRONY_SHIFT & PAIR_MASK) != null
            && code >>> END_SHIFT == 0;
    }

    /**
     * Makes a summary; words that have no code count as unknown.
     *
     * @param kind      disk, memory, network or user space
     * @param cache     write back or write through
     * @param fua       yes or no
     * @param alignment of direct I/O, in bytes, a power of two; 0 if there is none or it is not known
     * @return the summary
     */
    public static StorageSummary of(String kind, String cache, String fua, int alignment) {
        int log2 = alignment <= 0 ? 0 : Integer.numberOfTrailingZeros(alignment);
        return new StorageSummary(index(KINDS, kind) | index(CACHES, cache) << CACHE_SHIFT | index(FUAS, fua) << FUA_SHIFT
            | log2 << ALIGNMENT_SHIFT);
    }

    /**
     * The same storage, with what is known of kernel AIO there.
     *
     * @param asynchrony whether requests were seen to run asynchronously
     * @return a summary
     */
    public StorageSummary with(Asynchrony asynchrony) {
        return new StorageSummary(known() | asynchrony.code() << ASYNCHRONY_SHIFT);
    }

    /**
     * The same storage, with what an earlier summary knows of kernel AIO, if it was made of storage that looks alike.
     *
     * @param earlier an earlier summary
     * @return this summary if it knows itself, or the earlier one cannot tell
     */
    public StorageSummary remembering(StorageSummary earlier) {
        return asynchrony() == Asynchrony.UNKNOWN && known() == earlier.known() ? earlier : this;
    }

    /**
     * Whether requests were seen to run asynchronously.
     *
     * @return what was seen
     */
    public Asynchrony asynchrony() {
        return Asynchrony.of(code >>> ASYNCHRONY_SHIFT & PAIR_MASK);
    }

    /** The code of what is known without trying. */
    private int known() {
        return code & (1 << ASYNCHRONY_SHIFT) - 1;
    }

    private static int index(String[] words, String word) {
        for (int i = 1; i < words.length; i++) {
            if (words[i].equals(word)) {
                return i;
            }
        }
        return 0;
    }

    @Override
    public String toString() {
        int log2 = code >>> ALIGNMENT_SHIFT & ALIGNMENT_MASK;
        return "file system " + KINDS[code & KIND_MASK] + ", write cache " + CACHES[code >>> CACHE_SHIFT & PAIR_MASK] + ", FUA "
            + FUAS[code >>> FUA_SHIFT & PAIR_MASK] + ", direct I/O " + (log2 == 0 ? "unknown" : "in " + (1 << log2) + " bytes")
            + ", kernel AIO " + asynchrony().toString().toLowerCase(Locale.ROOT);
    }
}
