package dev.varve.engine.linux;

/**
 * What the kernel tells about a file.
 *
 * @param identity which file it is
 * @param links    how many names it has
 * @param mode     type and permissions, as in stat(2)
 * @param length   bytes
 * @param direct   what direct I/O must be a multiple of
 */
record FileStatus(FileIdentity identity, int links, int mode, long length, DirectAlignment direct) {
    private static final int TYPE_MASK = 0xf000;
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int TYPE_REGULAR = 0x8000;
    private static final int TYPE_LINK = 0xa000;
    private static final int TYPE_BLOCK_DEVICE = 0x6000;

    boolean isRegular() {
        return (mode & TYPE_MASK) == TYPE_REGULAR;
    }

    boolean isSymbolicLink() {
        return (mode & TYPE_MASK) == TYPE_LINK;
    }

    boolean isBlockDevice() {
        return (mode & TYPE_MASK) == TYPE_BLOCK_DEVICE;
    }

    /** Whether others than its owner may write to it. */
    boolean isExposed() {
        return (mode & WRITABLE_BY_OTHERS) != 0;
    }

    /** The permission bits alone. */
    int permissions() {
        return mode & 0xfff;
    }
}
