package dev.varve.engine.aio;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many AIO requests all processes of this machine have reserved, and how many they may. Each context counts with
 * the depth it was made for, from {@code io_setup} until {@code io_destroy} or the end of the process; containers share
 * the limit.
 *
 * @param used reserved requests, {@code /proc/sys/fs/aio-nr}; -1 if that cannot be read
 * @param max  the limit, {@code /proc/sys/fs/aio-max-nr}; -1 if that cannot be read
 * @see <a href="https://docs.kernel.org/admin-guide/sysctl/fs.html">aio-nr and aio-max-nr</a>
 */
public record AioLimits(long used, long max) {
    private static final long MAX_ADVISED = 1L << 20;
    private static final int LENGTH_MAX = 64;

    /**
     * The limits at this moment. Any thread.
     *
     * @return the limits
     */
    public static AioLimits current() {
        return new AioLimits(read("/proc/sys/fs/aio-nr"), read("/proc/sys/fs/aio-max-nr"));
    }

    private static long read(String path) {
        // In one large read: the kernel gives such a file's content to the first read only, however short that is.
        try (InputStream file = Files.newInputStream(Path.of(path))) {
            return Long.parseLong(new String(file.readNBytes(LENGTH_MAX), StandardCharsets.US_ASCII).strip());
        } catch (IOException | NumberFormatException e) {
            return -1;
        }
    }

    /**
     * The command that makes room for some more requests.
     *
     * @param more how many
     * @return a command line for root
     */
    public String remedy(int more) {
        return "sysctl -w fs.aio-max-nr=" + Math.max(MAX_ADVISED, 2 * (Math.max(used, max) + more));
    }
}
