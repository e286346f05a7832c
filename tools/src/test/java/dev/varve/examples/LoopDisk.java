package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** An ext4 file system in a file, on a loop device with sectors of a size that is asked for. Needs to be root. */
final class LoopDisk implements AutoCloseable {
    private static final long LENGTH = 96 << 20;

    private final Path folder;
    private final Path mountPoint;
    private final String device;

    private LoopDisk(Path folder, Path mountPoint, String device) {
        this.folder = folder;
        this.mountPoint = mountPoint;
        this.device = device;
    }

    /** Why no loop device can be made here; null if nothing is known against it. */
    static String obstacle() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "only root may make loop devices";
        }
        if (!ChildProcess.works("losetup", "--find")) {
            return "losetup finds no free loop device";
        }
        return ChildProcess.works("mkfs.ext4", "-V") ? null : "mkfs.ext4 is not installed";
    }

    static LoopDisk mount(Path folder, int sectorSize) throws IOException {
        Path image = folder.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(LENGTH);
        }
        String sector = Integer.toString(sectorSize);
        String device = done(folder, "losetup", "--find", "--show", "--sector-size", sector, image.toString()).strip();
        boolean isMounted = false;
        try {
            done(folder, "mkfs.ext4", "-q", "-b", "4096", device);
            Path mountPoint = Files.createDirectory(folder.resolve("mounted"));
            done(folder, "mount", device, mountPoint.toString());
            isMounted = true;
            return new LoopDisk(folder, mountPoint, device);
        } finally {
            if (!isMounted) {
                done(folder, "losetup", "--detach", device);
            }
        }
    }

    private static String done(Path folder, String... command) throws IOException {
        ChildProcess process = ChildProcess.run(folder, command);
        assertThat(process.status()).as("%s: %s", String.join(" ", command), process.errors()).isZero();
        return process.output();
    }

    Path mountPoint() {
        return mountPoint;
    }

    /** What the device says of itself. */
    int sectorSize() throws IOException {
        return Integer.parseInt(done(folder, "blockdev", "--getss", device).strip());
    }

    @Override
    public void close() throws IOException {
        try {
            done(folder, "umount", mountPoint.toString());
        } finally {
            done(folder, "losetup", "--detach", device);
        }
    }
}
