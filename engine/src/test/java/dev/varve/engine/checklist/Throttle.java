package dev.varve.engine.checklist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A limit on how fast a loop disk takes what this JVM writes; syncs are not slowed down. So what is in flight stays in flight, and a sync
 * that does not wait for it is found out. Needs to be root, and the control group that this process is in to offer the limit.
 */
public final class Throttle implements AutoCloseable {
    private final Path control;
    private final String withoutLimit;

    private Throttle(Path control, String withoutLimit) {
        this.control = control;
        this.withoutLimit = withoutLimit;
    }

    /** Why nothing can be throttled here; null if nothing is known against it. */
    public static String obstacle() throws IOException {
        String obstacle = LoopDisk.obstacle();
        return obstacle != null || control() != null ? obstacle : "no control group here limits writes";
    }

    /** The file that takes limits: of the first version of control groups, else of the second; null if there is neither. */
    private static Path control() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
            String[] parts = line.split(":", 3);
            String group = parts[2].substring(1);
            Path file = parts[1].isEmpty() ? Path.of("/sys/fs/cgroup", group, "io.max")
                : Path.of("/sys/fs/cgroup", parts[1], group, "blkio.throttle.write_bps_device");
            if (Files.isWritable(file)) {
                return file;
            }
        }
        return null;
    }

    /**
     * Limits writes.
     *
     * @param disk           what is written to
     * @param bytesPerSecond how fast
     * @return the limit, until it is closed
     */
    public static Throttle of(LoopDisk disk, long bytesPerSecond) throws IOException {
        Path control = control();
        String number = Files.readString(Path.of("/sys/block", Path.of(disk.device()).getFileName().toString(), "dev")).strip();
        boolean isSecondVersion = control.endsWith("io.max");
        Throttle throttle = new Throttle(control, number + (isSecondVersion ? " wbps=max" : " 0"));
        throttle.set(number + (isSecondVersion ? " wbps=" : " ") + bytesPerSecond);
        return throttle;
    }

    private void set(String line) throws IOException {
        Files.writeString(control, line, StandardOpenOption.WRITE);
    }

    @Override
    public void close() throws IOException {
        set(withoutLimit);
    }
}
