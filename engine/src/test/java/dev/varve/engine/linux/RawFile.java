package dev.varve.engine.linux;

import java.nio.file.Path;

/** A file as no log opens it: through the page cache, appending, on a file system where no log may be written. One thread. */
public final class RawFile implements AutoCloseable {
    private static final int PERMISSIONS = 0600;

    private final FileSyscalls calls = new FileSyscalls();
    private final int descriptor;

    private RawFile(Path path, OpenFlag mode, OpenFlag... flags) {
        OpenFlag[] all = new OpenFlag[flags.length + 2];
        all[0] = mode;
        all[1] = OpenFlag.CREATE;
        System.arraycopy(flags, 0, all, 2, flags.length);
        descriptor = calls.openat(FileSyscalls.WORKING_DIRECTORY, path.toAbsolutePath().toString(), PERMISSIONS, all);
        if (descriptor < 0) {
            throw new IllegalStateException("opening " + path + ": " + descriptor);
        }
    }

    /** Through the page cache. */
    public static RawFile buffered(Path path) {
        return new RawFile(path, OpenFlag.READ_WRITE);
    }

    /** Directly, whatever the file system makes of it. */
    public static RawFile direct(Path path) {
        return new RawFile(path, OpenFlag.READ_WRITE, OpenFlag.DIRECT);
    }

    /** The kernel's number for it. */
    public int descriptor() {
        return descriptor;
    }

    @Override
    public void close() {
        calls.close(descriptor);
    }
}
