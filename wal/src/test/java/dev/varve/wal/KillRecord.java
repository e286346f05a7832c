package dev.varve.wal;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * A record whose every byte follows from who appended it, so that whoever reads it back can tell it from anything invented.
 *
 * @param round  which process
 * @param thread which of its threads, -1 for the test itself
 * @param number how many that thread had appended before
 */
record KillRecord(int round, int thread, long number) {
    private static final int LENGTH_MAX = 16_384;
    private static final int LARGE_LENGTH_MAX = 3 << 20;
    private static final int HEADER_LENGTH = 2 * Integer.BYTES + Long.BYTES;
    /** No divisor of a block's length, so that no two blocks of a record are alike. */
    private static final int TILE_LENGTH = 4099;
    private static final int USUAL_MAX = 300;
    private static final int RARELY = 50;

    /**
     * Whether a round appends records of several writes each, through an engine that takes only one write at a time. Death then meets
     * batches that are only partly with the kernel. What the kernel was given it finishes, so other rounds leave no torn batches.
     */
    static boolean isLarge(int round) {
        return round % 3 != 0;
    }

    /** The longest payload of a round. */
    static int lengthMax(int round) {
        return isLarge(round) ? LARGE_LENGTH_MAX : LENGTH_MAX;
    }

    /** The payload. */
    byte[] content() {
        SplittableRandom random = new SplittableRandom(((long) round << 40 ^ (long) thread << 32) + number);
        boolean isLong = (isLarge(round) && thread >= 0) || random.nextInt(RARELY) == 0;
        int more = isLong ? random.nextInt(lengthMax(round) - HEADER_LENGTH) : random.nextInt(USUAL_MAX);
        byte[] tile = new byte[Math.min(more, TILE_LENGTH)];
        random.nextBytes(tile);
        byte[] bytes = new byte[HEADER_LENGTH + more];
        for (int at = HEADER_LENGTH; at < bytes.length; at += TILE_LENGTH) {
            System.arraycopy(tile, 0, bytes, at, Math.min(TILE_LENGTH, bytes.length - at));
        }
        ByteBuffer.wrap(bytes).putInt(round).putInt(thread).putLong(number);
        return bytes;
    }

    /** Who says to have appended a payload; its other bytes are not looked at. */
    static KillRecord claimedBy(byte[] content) {
        ByteBuffer buffer = ByteBuffer.wrap(content);
        return new KillRecord(buffer.getInt(), buffer.getInt(), buffer.getLong());
    }
}
