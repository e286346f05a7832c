package dev.varve.engine.checklist;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An ext4 on a loop device that takes so many bytes a second, with a file whose every block was written before, so that direct writes to it
 * are asynchronous. The image lies in memory where that is possible, so that the device's syncs take no time. One thread.
 */
public final class SlowDisk implements AutoCloseable {
    /** The file's name. */
    public static final String FILE = "slow";

    private static final long DISK_LENGTH = 96L << 20;
    private static final int SECTOR_SIZE = 512;
    private static final Path MEMORY = Path.of("/dev/shm");

    private final Path place;
    private final LoopDisk disk;
    private Throttle throttle;

    private SlowDisk(Path place) throws IOException {
        this.place = place;
        this.disk = LoopDisk.ext4(place, DISK_LENGTH, SECTOR_SIZE);
    }

    /** Why there can be none here; null if nothing is known against it. */
    public static String obstacle() {
        try {
            return Throttle.obstacle();
        } catch (IOException e) {
            return "no loop device: " + e.getMessage();
        }
    }

    /**
     * Makes one.
     *
     * @param folder         where image and mount point go if there is no file system in memory
     * @param fileLength     bytes of the file
     * @param bytesPerSecond what the device takes once the file is written
     * @return the disk
     */
    public static SlowDisk open(Path folder, int fileLength, long bytesPerSecond) throws IOException {
        boolean isMemory = Files.isWritable(MEMORY) && "tmpfs".equals(Files.getFileStore(MEMORY).type());
        SlowDisk slow = new SlowDisk(Files.createTempDirectory(isMemory ? MEMORY : folder, "varve-slow"));
        boolean isReady = false;
        try {
            if (fileLength > 0) {
                try (RandomAccessFile file = new RandomAccessFile(slow.file().toFile(), "rw")) {
                    file.write(new byte[fileLength]);
                    file.getFD().sync();
                }
            }
            slow.throttle = Throttle.of(slow.disk, bytesPerSecond);
            isReady = true;
            return slow;
        } finally {
            if (!isReady) {
                slow.unmount();
            }
        }
    }

    /** Where the file system is to be seen. */
    public Path mountPoint() {
        return disk.mountPoint();
    }

    /** The file that was written before. */
    public Path file() {
        return disk.mountPoint().resolve(FILE);
    }

    @Override
    public void close() throws IOException {
        // The limit goes first, or unmounting would write slowly.
        try {
            throttle.close();
        } finally {
            unmount();
        }
    }

    private void unmount() throws IOException {
        disk.close();
        Files.delete(disk.mountPoint());
        Files.delete(place);
    }
}
