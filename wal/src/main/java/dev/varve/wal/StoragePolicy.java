package dev.varve.wal;

/** What storage a log is content with. The choice is never made silently: see {@link WriteAheadLog#storage()}. */
public enum StoragePolicy {
    /** Kernel AIO with direct I/O on a file system where both are known to work; anything else is refused. The default. */
    REQUIRE_DIRECT,
    /**
     * Kernel AIO with direct I/O where that is possible, otherwise what {@link #PORTABLE} takes, with a warning. What an acknowledgement
     * survives is then up to the file system: in memory, for instance, not even a restart.
     */
    PREFER_DIRECT,
    /**
     * Channels of the JDK, on any file system and operating system, without native access: with direct I/O where the file system takes it,
     * otherwise through the page cache.
     */
    PORTABLE
}
