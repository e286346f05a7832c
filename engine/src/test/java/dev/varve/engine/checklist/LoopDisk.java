package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file system in a file, on a loop device with sectors of a size that is asked for. Needs to be root.
 *
 * <p>Invariant: what was set up is undone in reverse order by {@link #close}, also if only a part of it came about; and what a test left
 * behind whose JVM died is undone by the next that makes such a disk, found by the dead process's number in the image's name.
 */
public final class LoopDisk implements AutoCloseable {
    private static final Pattern IMAGE = Pattern.compile("(?<device>/dev/loop\\d+) .*/varve-checklist-(?<process>\\d+)-\\d+\\.img.*");
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Deque<String[]> undoing = new ArrayDeque<>();
    private final Path image;
    private final Path mountPoint;
    private final String device;

    private LoopDisk(Path folder, long length, int sectorSize, String[] formatter) throws IOException {
        String name = "varve-checklist-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
        image = folder.resolve(name + ".img");
        mountPoint = Files.createDirectory(folder.resolve(name));
        boolean isMounted = false;
        try {
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.setLength(length);
            }
            device = run("losetup", "--find", "--show", "--sector-size", Integer.toString(sectorSize), image.toString()).strip();
            undoing.push(new String[] {"losetup", "--detach", device});
            String[] format = Stream.concat(Stream.of(formatter), Stream.of(device)).toArray(String[]::new);
            run(format);
            run("mount", device, mountPoint.toString());
            undoing.push(new String[] {"umount", mountPoint.toString()});
            isMounted = true;
        } finally {
            if (!isMounted) {
                close();
            }
        }
    }

    /** Why no loop device can be made here; null if nothing is known against it. */
    public static String obstacle() throws IOException {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "only root may make loop devices";
        }
        for (List<String> command : List.of(List.of("losetup", "--find"), List.of("mkfs.ext4", "-V"))) {
            try {
                if (new Run(command.toArray(String[]::new)).status != 0) {
                    return String.join(" ", command) + " does not work";
                }
            } catch (IOException e) {
                return command.getFirst() + " is not installed: " + e.getMessage();
            }
        }
        return null;
    }

    /**
     * Makes and mounts an ext4.
     *
     * @param folder     where the image and the mount point go
     * @param length     of the disk, in bytes
     * @param sectorSize 512 or 4096
     * @return the disk
     */
    public static LoopDisk ext4(Path folder, long length, int sectorSize) throws IOException {
        return formatted(folder, length, sectorSize, "mkfs.ext4", "-q", "-b", "4096");
    }

    /** The same with another file system, made by a command that takes the device as its last word. */
    public static LoopDisk formatted(Path folder, long length, int sectorSize, String... formatter) throws IOException {
        sweep();
        return new LoopDisk(folder, length, sectorSize, formatter);
    }

    /** Takes away what dead processes have left. */
    private static void sweep() throws IOException {
        for (String line : run("losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE").lines().toList()) {
            Matcher left = IMAGE.matcher(line);
            if (left.matches() && ProcessHandle.of(Long.parseLong(left.group("process"))).isEmpty()) {
                // Either may be undone already, so neither has to succeed.
                Run unmounted = new Run("umount", left.group("device"));
                Run detached = new Run("losetup", "--detach", left.group("device"));
                System.out.println("swept " + line + ": " + unmounted.status + ", " + detached.status);
            }
        }
    }

    /** A command that was run to its end. */
    private static final class Run {
        final int status;
        final String output;

        Run(String... command) throws IOException {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            try {
                status = process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }
    }

    /** Runs a command that must succeed; what it said. */
    public static String run(String... command) throws IOException {
        Run run = new Run(command);
        assertThat(run.status).as("%s: %s", String.join(" ", command), run.output).isZero();
        return run.output;
    }

    /** Where the file system is to be seen. */
    public Path mountPoint() {
        return mountPoint;
    }

    /** The loop device. */
    public String device() {
        return device;
    }

    /** The file that holds the disk. */
    public Path image() {
        return image;
    }

    /** What the device says of itself. */
    public int sectorSize() throws IOException {
        return Integer.parseInt(run("blockdev", "--getss", device).strip());
    }

    @Override
    public void close() throws IOException {
        try {
            while (!undoing.isEmpty()) {
                run(undoing.pop());
            }
        } finally {
            Files.deleteIfExists(image);
        }
    }
}
