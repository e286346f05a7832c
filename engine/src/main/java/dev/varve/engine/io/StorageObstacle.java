package dev.varve.engine.io;

/**
 * What stands between a log and the storage it asks for: for programs, which should not read the message of a
 * {@link StorageContractException} to find out. The message says the same to people, with what mends it.
 */
public enum StorageObstacle {
    /** The operating system or its processor is none of those that kernel AIO is spoken to on. */
    PLATFORM,
    /** The processor is big-endian. */
    BIG_ENDIAN,
    /** The JVM does not let Varve call the kernel. */
    NATIVE_ACCESS,
    /** The kernel was built without AIO, or a sandbox says so (ENOSYS). */
    NO_KERNEL_AIO,
    /** A seccomp profile or a security module forbids AIO (EPERM). */
    FORBIDDEN,
    /** All processes of the machine together have reserved as many requests as it allows, fs.aio-max-nr (EAGAIN). */
    REQUEST_LIMIT,
    /** More requests were asked for than any kernel takes (EINVAL of io_setup). */
    DEPTH,
    /** The kernel has no memory for the requests. */
    MEMORY,
    /** The kernel has AIO, but none that waits for a descriptor. */
    NO_POLL,
    /** The process or the machine has no file descriptor left. */
    DESCRIPTORS,
    /** The file system refuses direct I/O, or does not say how it must be aligned (EINVAL of O_DIRECT). */
    NO_DIRECT_IO,
    /** The file system cannot keep a log's promise, whatever it takes. */
    FILE_SYSTEM,
    /** A sync of this log has failed, and the page cache may hold bytes that its device does not. */
    FAILED_SYNC,
    /** None of these; the error number tells. */
    OTHER
}
