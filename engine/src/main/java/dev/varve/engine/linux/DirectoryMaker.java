package dev.varve.engine.linux;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import java.nio.file.Path;

/**
 * Makes a directory whose own name survives a power cut: each name made is followed by a sync of the directory it
 * stands in.
 *
 * <p>Used by one thread.
 */
final class DirectoryMaker {
    private static final int DIRECTORY_PERMISSIONS = 0700;

    private final FileSyscalls calls;

    DirectoryMaker(FileSyscalls calls) {
        this.calls = calls;
    }

    /**
     * Makes a directory and those above it, as far as they are missing.
     *
     * @param directory an absolute path
     * @throws IoFailureException if it cannot be made or its name not be made durable
     */
    void make(Path directory) {
        Path parent = directory.getParent();
        int result = calls.mkdir(directory.toString(), DIRECTORY_PERMISSIONS);
        if (result == -Errno.ENOENT && parent != null) {
            make(parent);
            result = calls.mkdir(directory.toString(), DIRECTORY_PERMISSIONS);
        }
        if (result < 0 && result != -Errno.EEXIST) {
            throw IoFailureException.of("creating directory " + directory, -result);
        }
        if (parent != null) {
            // Also if it was there: whoever made it may have died before the sync.
            sync(parent, result == 0);
        }
    }

    private void sync(Path parent, boolean isNew) {
        // The slash lets a parent be a symbolic link; only the log's directory itself may not.
        int fd = calls.openat(FileSyscalls.WORKING_DIRECTORY, parent + "/", 0, OpenFlag.READ_ONLY, OpenFlag.DIRECTORY);
        if (fd == -Errno.EACCES && !isNew) {
            // A directory may be entered without being readable; then its administrator has made ours long ago.
            return;
        }
        if (fd < 0) {
            throw IoFailureException.of("opening directory " + parent + " to sync it", -fd);
        }
        int result = calls.fsync(fd);
        calls.close(fd);
        if (result < 0 && (isNew || (result != -Errno.EROFS && result != -Errno.EINVAL))) {
            throw IoFailureException.of("syncing directory " + parent, -result);
        }
    }
}
