package dev.varve.engine.simulation;

/**
 * Content of one sector that is in the volatile cache and not yet durable; older ones of the same sector hang behind it.
 *
 * <p>Invariant: the bytes never change, so that versions, images and copies of disks may share them.
 */
final class SectorVersion {
    private final byte[] bytes;
    private final WriteMark mark;
    private SectorVersion older;
    private boolean isDoomed;

    SectorVersion(byte[] bytes, WriteMark mark, SectorVersion older) {
        this.bytes = bytes;
        this.mark = mark;
        this.older = older;
    }

    byte[] bytes() {
        return bytes;
    }

    WriteMark mark() {
        return mark;
    }

    SectorVersion older() {
        return older;
    }

    void forgetOlder() {
        older = null;
    }

    /** Whether a sync that should have covered it failed: no later sync makes it durable. */
    boolean isDoomed() {
        return isDoomed;
    }

    void doomed(boolean doomed) {
        isDoomed = doomed;
    }

    int count() {
        int count = 1;
        for (SectorVersion version = older; version != null; version = version.older) {
            count++;
        }
        return count;
    }

    /** A copy of the chain for a disk whose program is gone; marks are new, since nothing is reaped there any more. */
    SectorVersion copy() {
        SectorVersion copy = new SectorVersion(bytes, new WriteMark(), older == null ? null : older.copy());
        copy.isDoomed = isDoomed;
        return copy;
    }
}
