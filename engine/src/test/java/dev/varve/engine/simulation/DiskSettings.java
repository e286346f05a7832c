package dev.varve.engine.simulation;

/**
 * The measures and manners of a simulated disk.
 *
 * @param blockSize      unit of direct I/O, bytes, a power of two from 4096
 * @param capacity       bytes that files may have together; creating more fails with ENOSPC
 * @param unfriendliness what its engines do to their callers
 * @param isThreaded     whether a wait for which nothing is in flight really waits for {@code wakeUp} or the timeout, as programs with
 *                       threads of their own need it; otherwise the virtual clock jumps and the wait is over
 */
public record DiskSettings(int blockSize, long capacity, Unfriendliness unfriendliness, boolean isThreaded) {
    private static final int BLOCK_SIZE_MIN = 4096;

    /** Checks the measures. */
    public DiskSettings {
        if (blockSize < BLOCK_SIZE_MIN || Integer.bitCount(blockSize) != 1 || capacity < 0) {
            throw new IllegalArgumentException("impossible disk: blockSize=" + blockSize + " capacity=" + capacity);
        }
    }

    /**
     * A disk without limits.
     *
     * @param unfriendliness what its engines do to their callers
     * @return settings with blocks of 4096 bytes
     */
    public static DiskSettings of(Unfriendliness unfriendliness) {
        return new DiskSettings(BLOCK_SIZE_MIN, Long.MAX_VALUE, unfriendliness, false);
    }

    /**
     * A disk whose engines are on their best behaviour; power cuts are as cruel as ever.
     *
     * @return quiet settings
     */
    public static DiskSettings quiet() {
        return of(Unfriendliness.quiet());
    }

    /**
     * The same disk with another block size.
     *
     * @param bytes unit of direct I/O, a power of two from 4096
     * @return the changed settings
     */
    public DiskSettings withBlockSize(int bytes) {
        return new DiskSettings(bytes, capacity, unfriendliness, isThreaded);
    }

    /**
     * The same disk with another capacity.
     *
     * @param bytes what files may have together
     * @return the changed settings
     */
    public DiskSettings withCapacity(long bytes) {
        return new DiskSettings(blockSize, bytes, unfriendliness, isThreaded);
    }

    /**
     * The same disk for a program with threads of its own.
     *
     * @return the changed settings
     */
    public DiskSettings threaded() {
        return new DiskSettings(blockSize, capacity, unfriendliness, true);
    }
}
