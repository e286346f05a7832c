package dev.varve.engine.checklist;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A limit on how fast a loop disk takes what this process writes. The kernel's own threads are not slowed down, and they do the syncs; so what
 * is in flight stays in flight, and a sync that does not wait for it is found out. Needs to be root.
 *
 * <pre>
 *   control group of the process ──► group of its own, with the limit ──► back, and the group is removed
 * </pre>
 */
public final class Throttle implements AutoCloseable {
    private static final String PREFIX = "varve-throttle-";

    private final Hierarchy hierarchy;
    private final Path group;
    private final Path groupBefore;

    /** Where control groups are to be seen, and the file that takes the limit; of the first version and of the second. */
    private enum Hierarchy {
        FIRST(":blkio:", "/sys/fs/cgroup/blkio", "blkio.throttle.write_bps_device"),
        SECOND("0::", "/sys/fs/cgroup", "io.max");

        private final String mark;
        private final Path root;
        private final String limit;

        Hierarchy(String mark, String root, String limit) {
            this.mark = mark;
            this.root = Path.of(root);
            this.limit = limit;
        }

        boolean isHere() throws IOException {
            return this == FIRST ? Files.isWritable(root.resolve(limit))
                : Files.exists(root.resolve("cgroup.controllers")) && Files.readString(root.resolve("cgroup.controllers")).contains("io");
        }

        Path groupOfThisProcess() throws IOException {
            String line = Files.readAllLines(Path.of("/proc/self/cgroup")).stream().filter(each -> each.contains(mark)).findFirst().orElseThrow();
            return root.resolve(line.substring(line.indexOf(mark) + mark.length() + 1));
        }
    }

    private Throttle(Hierarchy hierarchy, Path group, Path groupBefore) {
        this.hierarchy = hierarchy;
        this.group = group;
        this.groupBefore = groupBefore;
    }

    private static Hierarchy hierarchy() throws IOException {
        for (Hierarchy each : Hierarchy.values()) {
            if (each.isHere()) {
                return each;
            }
        }
        return null;
    }

    /** Why nothing can be throttled here; null if nothing is known against it. */
    public static String obstacle() throws IOException {
        String obstacle = LoopDisk.obstacle();
        return obstacle != null || hierarchy() != null ? obstacle : "no control groups here limit writes";
    }

    /**
     * Limits writes.
     *
     * @param disk           what is written to
     * @param bytesPerSecond how fast
     * @return the limit, until it is closed
     */
    public static Throttle of(LoopDisk disk, long bytesPerSecond) throws IOException {
        Hierarchy hierarchy = hierarchy();
        sweep(hierarchy);
        Path group = hierarchy.root.resolve(PREFIX + ProcessHandle.current().pid());
        Throttle throttle = new Throttle(hierarchy, group, hierarchy.groupOfThisProcess());
        boolean isDone = false;
        try {
            if (hierarchy == Hierarchy.SECOND) {
                write(hierarchy.root.resolve("cgroup.subtree_control"), "+io");
            }
            Files.createDirectories(group);
            String number = Files.readString(Path.of("/sys/block", Path.of(disk.device()).getFileName().toString(), "dev")).strip();
            write(group.resolve(hierarchy.limit), number + (hierarchy == Hierarchy.SECOND ? " wbps=" : " ") + bytesPerSecond);
            throttle.moveTo(group);
            isDone = true;
            return throttle;
        } finally {
            if (!isDone) {
                throttle.close();
            }
        }
    }

    /** Takes away the groups of dead processes. */
    private static void sweep(Hierarchy hierarchy) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(hierarchy.root, PREFIX + "[0-9]*")) {
            for (Path each : left) {
                if (ProcessHandle.of(Long.parseLong(each.getFileName().toString().substring(PREFIX.length()))).isEmpty()) {
                    Files.delete(each);
                }
            }
        }
    }

    private void moveTo(Path to) throws IOException {
        write(to.resolve("cgroup.procs"), Long.toString(ProcessHandle.current().pid()));
    }

    private static void write(Path file, String line) throws IOException {
        Files.writeString(file, line, StandardOpenOption.WRITE);
    }

    @Override
    public void close() throws IOException {
        moveTo(groupBefore);
        if (Files.exists(group)) {
            Files.delete(group);
        }
    }

    @Override
    public String toString() {
        return hierarchy + " " + group;
    }
}
