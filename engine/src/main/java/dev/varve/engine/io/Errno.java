package dev.varve.engine.io;

/**
 * The error numbers that a log meets, with the words for them. Linux numbers, equal on x86-64 and aarch64.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/errno.3.html">errno(3)</a>
 */
public final class Errno {
    /** Operation not permitted. */
    public static final int EPERM = 1;
    /** No such file or directory. */
    public static final int ENOENT = 2;
    /** Interrupted by a signal. */
    public static final int EINTR = 4;
    /** Input/output error. */
    public static final int EIO = 5;
    /** No such device or address. */
    public static final int ENXIO = 6;
    /** Bad file descriptor. */
    public static final int EBADF = 9;
    /** Try again. */
    public static final int EAGAIN = 11;
    /** Out of memory. */
    public static final int ENOMEM = 12;
    /** Permission denied. */
    public static final int EACCES = 13;
    /** Bad address. */
    public static final int EFAULT = 14;
    /** File exists. */
    public static final int EEXIST = 17;
    /** No such device. */
    public static final int ENODEV = 19;
    /** Not a directory. */
    public static final int ENOTDIR = 20;
    /** Is a directory. */
    public static final int EISDIR = 21;
    /** Invalid argument. */
    public static final int EINVAL = 22;
    /** Too many open files in the system. */
    public static final int ENFILE = 23;
    /** Too many open files. */
    public static final int EMFILE = 24;
    /** File too large. */
    public static final int EFBIG = 27;
    /** No space left on device. */
    public static final int ENOSPC = 28;
    /** Read-only file system. */
    public static final int EROFS = 30;
    /** Function not implemented. */
    public static final int ENOSYS = 38;
    /** Too many levels of symbolic links. */
    public static final int ELOOP = 40;
    /** Operation not supported. */
    public static final int EOPNOTSUPP = 95;
    /** Under way. */
    public static final int EINPROGRESS = 115;
    /** Quota exceeded. */
    public static final int EDQUOT = 122;

    private Errno() {
    }

    /**
     * Whether an error number says that space is lacking, which may come back.
     *
     * @param errno a positive errno
     * @return true for a full file system and a quota used up
     */
    public static boolean isNoSpace(int errno) {
        return errno == ENOSPC || errno == EDQUOT;
    }

    /**
     * Whether an error number says that nothing more can be written there: the device is gone, the file system read-only, or the
     * permission lost.
     *
     * @param errno a positive errno
     * @return true if trying again is of no use
     */
    public static boolean isWritingOver(int errno) {
        return errno == EROFS || errno == EACCES || errno == EPERM || errno == ENODEV || errno == ENXIO;
    }

    /**
     * The symbol of an error number.
     *
     * @param errno a positive errno
     * @return for example {@code EIO}; {@code errno 99} for one that is not listed here
     */
    public static String name(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM";
            case ENOENT -> "ENOENT";
            case EINTR -> "EINTR";
            case EIO -> "EIO";
            case ENXIO -> "ENXIO";
            case EBADF -> "EBADF";
            case EAGAIN -> "EAGAIN";
            case ENOMEM -> "ENOMEM";
            case EACCES -> "EACCES";
            case EFAULT -> "EFAULT";
            case EEXIST -> "EEXIST";
            case ENODEV -> "ENODEV";
            case ENOTDIR -> "ENOTDIR";
            case EISDIR -> "EISDIR";
            case EINVAL -> "EINVAL";
            case ENFILE -> "ENFILE";
            case EMFILE -> "EMFILE";
            case EFBIG -> "EFBIG";
            case ENOSPC -> "ENOSPC";
            case EROFS -> "EROFS";
            case ENOSYS -> "ENOSYS";
            case ELOOP -> "ELOOP";
            case EOPNOTSUPP -> "EOPNOTSUPP";
            case EINPROGRESS -> "EINPROGRESS";
            case EDQUOT -> "EDQUOT";
            default -> "errno " + errno;
        };
    }

    /**
     * An error number in an operator's words.
     *
     * @param errno a positive errno
     * @return the symbol and what it means for a log
     */
    public static String describe(int errno) {
        String meaning = switch (errno) {
            case EPERM -> "not permitted (a seccomp profile or missing capability?)";
            case ENOENT -> "no such file or directory";
            case EIO -> "the device reported an error";
            case EBADF -> "the file is not open for this";
            case EAGAIN -> "no free request slot";
            case ENOMEM -> "the kernel is out of memory";
            case EACCES -> "permission denied";
            case EEXIST -> "it exists already";
            case ENODEV, ENXIO -> "the device is gone";
            case ENOTDIR -> "not a directory";
            case EISDIR -> "is a directory";
            case EINVAL -> "not accepted by the file system (no O_DIRECT, or misaligned)";
            case ENFILE -> "too many open files on this machine (sysctl fs.file-max)";
            case EMFILE -> "too many open files in this process (ulimit -n)";
            case EFBIG -> "larger than the file system or the limit of the process allows (ulimit -f)";
            case ENOSPC -> "no space left on the device";
            case EROFS -> "the file system is read-only";
            case ENOSYS -> "not offered by this kernel or sandbox";
            case ELOOP -> "a symbolic link where none is followed";
            case EOPNOTSUPP -> "not supported by this file system";
            case EINPROGRESS -> "being cancelled";
            case EDQUOT -> "the disk quota is used up";
            default -> "see errno(3)";
        };
        return name(errno) + ": " + meaning;
    }
}
