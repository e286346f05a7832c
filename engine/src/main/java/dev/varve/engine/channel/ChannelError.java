package dev.varve.engine.channel;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * Error numbers for what the JDK throws. It gives the operating system's number only as words, which differ between systems and languages;
 * words that are not known here count as EIO. No state.
 */
final class ChannelError {
    /** What Linux says when a file system is full. */
    static final String NO_SPACE = "No space left on device";

    private ChannelError() {
    }

    /**
     * The error number of something thrown.
     *
     * @param thrown what a channel or a call on names threw
     * @return a positive errno
     */
    static int errno(Exception thrown) {
        return switch (thrown) {
            case NoSuchFileException _ -> Errno.ENOENT;
            case FileAlreadyExistsException _ -> Errno.EEXIST;
            case AccessDeniedException _ -> Errno.EACCES;
            case NotDirectoryException _ -> Errno.ENOTDIR;
            case ClosedChannelException _ -> Errno.EBADF;
            case NonWritableChannelException _ -> Errno.EBADF;
            case NonReadableChannelException _ -> Errno.EBADF;
            case UnsupportedOperationException _ -> Errno.EOPNOTSUPP;
            case FileSystemException e -> errno(e.getReason());
            default -> errno(thrown.getMessage());
        };
    }

    private static int errno(String words) {
        return switch (words == null ? "" : words) {
            case NO_SPACE, "There is not enough space on the disk" -> Errno.ENOSPC;
            case "Disk quota exceeded" -> Errno.EDQUOT;
            case "Not a directory" -> Errno.ENOTDIR;
            case "Is a directory" -> Errno.EISDIR;
            case "Read-only file system" -> Errno.EROFS;
            case "Operation not permitted" -> Errno.EPERM;
            case "Invalid argument" -> Errno.EINVAL;
            case "File too large" -> Errno.EFBIG;
            case "Too many levels of symbolic links", "Too many levels of symbolic links or unable to access attributes of symbolic link" ->
                Errno.ELOOP;
            case "Cannot allocate memory" -> Errno.ENOMEM;
            case "No such device" -> Errno.ENODEV;
            case "No such device or address" -> Errno.ENXIO;
            default -> Errno.EIO;
        };
    }

    /**
     * The exception for a failed call.
     *
     * @param what  the operation and its object
     * @param cause what was thrown
     * @return the exception to throw instead
     */
    static IoFailureException failure(String what, IOException cause) {
        IoFailureException failure = IoFailureException.of(what, errno(cause));
        failure.initCause(cause);
        return failure;
    }
}
