package dev.varve.engine.segment;

/**
 * The measures of a segment, fixed in its header.
 *
 * @param blockSize      bytes of a block, a power of two from 4096 to 65536
 * @param blockCount     blocks of the file, header and copy included
 * @param unsyncedMax    K: the most batches that may be un-synced at a time
 * @param batchBlocksMax blocks of the largest batch
 */
public record Geometry(int blockSize, int blockCount, int unsyncedMax, int batchBlocksMax) {
    /** Smallest block. */
    public static final int BLOCK_SIZE_MIN = 4096;
    /** Largest block. */
    public static final int BLOCK_SIZE_MAX = 65536;
    /** Largest K. */
    public static final int UNSYNCED_MAX_LIMIT = 1024;
    /** Bytes of the largest batch; keeps every count of blocks and bytes of a batch within 32 bits. */
    public static final int BATCH_LENGTH_MAX = 1 << 30;
    /** Bytes of the longest segment; a file's length and a header's word are believed no further. */
    public static final long LENGTH_MAX = 1L << 34;
    /** Blocks that never hold data: the header, its copy, and the room for one SEAL and one CLOSE batch. */
    public static final int RESERVED_BLOCKS = 4;

    /** Checks the measures. */
    public Geometry {
        if (!isPossible(blockSize, blockCount, unsyncedMax, batchBlocksMax)) {
            throw new IllegalArgumentException("impossible geometry: blockSize=" + blockSize + " blockCount=" + blockCount
                + " unsyncedMax=" + unsyncedMax + " batchBlocksMax=" + batchBlocksMax);
        }
    }

    static boolean isPossible(int blockSize, int blockCount, int unsyncedMax, int batchBlocksMax) {
        return blockSize >= BLOCK_SIZE_MIN && blockSize <= BLOCK_SIZE_MAX && Integer.bitCount(blockSize) == 1
            && blockCount > RESERVED_BLOCKS && blockCount <= LENGTH_MAX / blockSize
            && unsyncedMax >= 1 && unsyncedMax <= UNSYNCED_MAX_LIMIT
            && batchBlocksMax >= 1 && batchBlocksMax <= blockCount - RESERVED_BLOCKS
            && batchBlocksMax <= BATCH_LENGTH_MAX / blockSize;
    }

    /**
     * The file's length.
     *
     * @return bytes
     */
    public long length() {
        return (long) blockSize * blockCount;
    }

    /**
     * The block that holds the copy of the header.
     *
     * @return the last block's number
     */
    public int copyBlock() {
        return blockCount - 1;
    }

    /**
     * The end of the blocks that may hold data batches; behind it lies room for SEAL and CLOSE, then the header's copy.
     *
     * @return a block number, exclusive
     */
    public int dataEndBlock() {
        return blockCount - (RESERVED_BLOCKS - 1);
    }

    /**
     * The blocks that a number of bytes takes.
     *
     * @param bytes from 0
     * @return blocks, rounded up
     */
    public int blocksFor(long bytes) {
        return Math.toIntExact((bytes + blockSize - 1) / blockSize);
    }
}
