package dev.varve.engine.checklist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Has this process write slowly to a loop disk, which syncs as fast as ever: requests stay in flight long enough to be looked at, and
 * whoever believes that a sync waits for writes in flight is found out. By the throttle of control groups; needs to be root.
 *
 * <pre>
 *   /sys/fs/cgroup/blkio ── varve-checklist-PID-N ── this process and its children      the kernel's own thread, which syncs, stays outside
 * </pre>
 *
 * <p>Any thread, one limit at a time. Invariant: {@link #close} takes the process out and the group away; the groups of dead processes go
 * with the next limit.
 */
public final class Throttle implements AutoCloseable {
    private static final Path FIRST_VERSION = Path.of("/sys/fs/cgroup/blkio");
    private static final Path SECOND_VERSION = Path.of("/sys/fs/cgroup");
    private static final boolean IS_FIRST = Files.exists(FIRST_VERSION);
    private static final Path GROUPS = IS_FIRST ? FIRST_VERSION : SECOND_VERSION;
    private static final String LIMIT = IS_FIRST ? "blkio.throttle.write_bps_device" : "io.max";
    private static final String PROCESSES = "cgroup.procs";
    private static final Pattern OWN = Pattern.compile("varve-checklist-(\\d+)-\\d+");
    private static final Pattern MEMBERSHIP = Pattern.compile(IS_FIRST ? "\\d+:(?:\\w+,)*blkio(?:,\\w+)*:/(.*)" : "0::/(.*)");
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Path group;
    private final Path before;

    private Throttle(Path group, Path before) {
        this.group = group;
        this.before = before;
    }

    /** Why nothing can be slowed down here; null if nothing is known against it. */
    public static String obstacle() throws IOException {
        String obstacle = LoopDisk.obstacle();
        if (obstacle != null) {
            return obstacle;
        }
        boolean isThere = IS_FIRST ? Files.isWritable(GROUPS.resolve(LIMIT))
            : Files.isWritable(GROUPS.resolve(PROCESSES)) && Files.readString(GROUPS.resolve("cgroup.subtree_control")).contains("io");
        return isThere ? null : "no control group here limits writes";
    }

    /**
     * Limits writes.
     *
     * @param disk           what is written to
     * @param bytesPerSecond how fast
     * @return the limit, until it is closed
     */
    public static Throttle of(LoopDisk disk, long bytesPerSecond) throws IOException {
        sweep();
        String number = Files.readString(Path.of("/sys/block", Path.of(disk.device()).getFileName().toString(), "dev")).strip();
        Path group = GROUPS.resolve("varve-checklist-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet());
        Throttle throttle = new Throttle(Files.createDirectory(group), present());
        boolean isLimited = false;
        try {
            Files.writeString(group.resolve(LIMIT), number + (IS_FIRST ? " " : " wbps=") + bytesPerSecond + "\n");
            enter(group);
            isLimited = true;
            return throttle;
        } finally {
            if (!isLimited) {
                throttle.close();
            }
        }
    }

    /** The group that this process is in. */
    private static Path present() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
            Matcher membership = MEMBERSHIP.matcher(line);
            if (membership.matches()) {
                return GROUPS.resolve(membership.group(1));
            }
        }
        return GROUPS;
    }

    private static void enter(Path group) throws IOException {
        Files.writeString(group.resolve(PROCESSES), ProcessHandle.current().pid() + "\n");
    }

    private static void sweep() throws IOException {
        List<Path> all;
        try (var groups = Files.list(GROUPS)) {
            all = groups.toList();
        }
        for (Path group : all) {
            Matcher own = OWN.matcher(group.getFileName().toString());
            if (own.matches() && ProcessHandle.of(Long.parseLong(own.group(1))).isEmpty()
                && Files.readString(group.resolve(PROCESSES)).isBlank()) {
                Files.delete(group);
            }
        }
    }

    @Override
    public void close() throws IOException {
        enter(before);
        // A child that is just ending may still be in it; then the next sweep deletes it.
        if (Files.readString(group.resolve(PROCESSES)).isBlank()) {
            Files.delete(group);
        }
    }
}
