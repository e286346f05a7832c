package dev.varve.engine.linux;

import dev.varve.engine.io.IoFailureException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the names of an open directory, through its descriptor, so that it is this directory even if its path means
 * another by now.
 */
final class DirectoryListing {
    private DirectoryListing() {
    }

    /**
     * The names, sorted, without {@code .} and {@code ..}.
     *
     * @param calls       the caller's system calls
     * @param directoryFd the open directory; its position is not moved
     * @param path        its path, for messages
     * @return an immutable list
     * @throws IoFailureException if the directory cannot be read
     */
    static List<String> names(FileSyscalls calls, int directoryFd, String path) {
        int fd = calls.openat(directoryFd, ".", 0, OpenFlag.READ_ONLY, OpenFlag.DIRECTORY);
        if (fd < 0) {
            throw IoFailureException.of("listing directory " + path, -fd);
        }
        try {
            List<String> names = new ArrayList<>();
            int result = calls.list(fd, names);
            if (result < 0) {
                throw IoFailureException.of("listing directory " + path, -result);
            }
            names.removeIf(name -> name.equals(".") || name.equals(".."));
            names.sort(null);
            return List.copyOf(names);
        } finally {
            calls.close(fd);
        }
    }
}
