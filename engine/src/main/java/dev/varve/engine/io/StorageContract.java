package dev.varve.engine.io;

/** How a segment's bytes reached the disk: what the writer asked of the operating system. Stored in every segment header. */
public enum StorageContract {
    /** Linux kernel AIO on files opened with O_DIRECT, on a file system where that is known to be direct. */
    DIRECT_AIO(1),
    /** A channel of the JDK on files opened for direct I/O. */
    CHANNEL_DIRECT(2),
    /** A channel of the JDK through the page cache, made durable by forcing it. */
    CHANNEL_BUFFERED(3);

    private final int code;

    StorageContract(int code) {
        this.code = code;
    }

    /**
     * The value stored on disk.
     *
     * @return 1 to 255
     */
    public int code() {
        return code;
    }

    /**
     * Finds a contract by its stored value.
     *
     * @param code the stored value
     * @return the contract, or null if this version knows none with that value
     */
    public static StorageContract of(int code) {
        for (StorageContract contract : values()) {
            if (contract.code == code) {
                return contract;
            }
        }
        return null;
    }
}
