package dev.varve.engine.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel knows about the cache of a block device.
 *
 * @param name       the device's name, empty where the file system has none of its own
 * @param writeCache "write back" if a sync is needed for durability, "write through" if not; empty if that is not known
 * @param fua        whether single writes can bypass the cache: "yes", "no", or empty if that is not known
 * @see <a href="https://docs.kernel.org/block/writeback_cache_control.html">volatile write caches and FUA</a>
 */
public record BlockDevice(String name, String writeCache, String fua) {
    /** Nothing is known. */
    public static final BlockDevice UNKNOWN = new BlockDevice("", "", "");

    private static final Path BLOCK_DEVICES = Path.of("/sys/dev/block");

    /**
     * Looks a device of this machine up.
     *
     * @param facts what is known of the storage
     * @return what is known of its device
     */
    public static BlockDevice of(StorageFacts facts) {
        return of(BLOCK_DEVICES, facts.deviceMajor(), facts.deviceMinor());
    }

    /**
     * Looks a device up.
     *
     * @param blockDevices where the kernel lists them by number
     * @param major        its major number
     * @param minor        its minor number
     * @return what is known
     */
    public static BlockDevice of(Path blockDevices, int major, int minor) {
        try {
            Path device = blockDevices.resolve(major + ":" + minor).toRealPath();
            Path name = device.getFileName();
            // A partition has the queue of the disk it lies on.
            Path queue = Files.isDirectory(device.resolve("queue")) ? device.resolve("queue") : device.resolveSibling("queue");
            String fua = read(queue.resolve("fua"));
            return new BlockDevice(name == null ? "" : name.toString(), read(queue.resolve("write_cache")),
                fua.isEmpty() ? "" : fua.equals("0") ? "no" : "yes");
        } catch (IOException e) {
            return UNKNOWN;
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
