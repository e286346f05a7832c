package dev.varve.engine.simulation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything a simulated disk holds: directories with their files, and what was on its way when the program stopped.
 *
 * <p>Guarded by the course's lock. Directories are apart from each other: a listing names files only. They are durable at once, as
 * opening with {@code create} promises.
 */
final class DiskState {
    private final DiskSettings settings;
    private final Map<Path, NameTable> directories = new TreeMap<>();
    private final List<ArrivingWrite> unfinished = new ArrayList<>();
    private SimulatedContent freed;
    private long capacity;

    DiskState(DiskSettings settings) {
        this.settings = settings;
        this.capacity = settings.capacity();
    }

    DiskSettings settings() {
        return settings;
    }

    private static Path key(Path path) {
        return path.toAbsolutePath().normalize();
    }

    /** A directory, or null. */
    NameTable find(Path path) {
        return directories.get(key(path));
    }

    /** Makes a directory and those above it, as far as they are missing. */
    void make(Path path) {
        for (Path directory = key(path); directory != null; directory = directory.getParent()) {
            directories.computeIfAbsent(directory, _ -> new NameTable());
        }
    }

    /** Whether a path, or one above it, is a file's. */
    boolean isBelowFile(Path path) {
        for (Path file = key(path); file.getParent() != null; file = file.getParent()) {
            NameTable parent = directories.get(file.getParent());
            if (parent != null && parent.find(file.getFileName().toString()) != null) {
                return true;
            }
        }
        return false;
    }

    void capacity(long bytes) {
        capacity = bytes;
    }

    /** Bytes that new files may still have. */
    long free() {
        long used = 0;
        for (NameTable names : directories.values()) {
            used += names.length();
        }
        return capacity - used;
    }

    /** The file whose place on the medium the next new one gets; null if there is none. */
    SimulatedContent freed() {
        return freed;
    }

    /** A file's space is free again; what lies there stays until it is written over. */
    void freed(SimulatedContent content) {
        freed = content;
    }

    void stopped(List<ArrivingWrite> writes) {
        unfinished.addAll(writes);
    }

    /** Loses the cache. */
    void cut(PowerCut cut, Course course) {
        for (ArrivingWrite write : unfinished) {
            write.land(new WriteMark(), _ -> true);
        }
        unfinished.clear();
        directories.values().forEach(names -> names.cut(cut, course));
    }

    /** Loses the program: each write in flight happens, in part, or does not. */
    void kill(Course course) {
        for (ArrivingWrite write : unfinished) {
            int choice = course.below(3);
            int landed = choice == 0 ? 0 : write.land(new WriteMark(), _ -> choice == 1 || course.chance(0.5));
            course.saw(landed == 0 ? Situation.KILLED_WRITE_ABSENT
                : landed == write.sectors() ? Situation.KILLED_WRITE_WHOLE : Situation.KILLED_WRITE_PARTIAL);
        }
        unfinished.clear();
        directories.values().forEach(names -> names.kill(course.steps()));
    }

    /** A copy of the disk as it would be if the program stopped now, with the given writes on their way. */
    DiskState copy(List<ArrivingWrite> arriving) {
        Map<SimulatedContent, SimulatedContent> copies = new HashMap<>();
        DiskState copy = new DiskState(settings);
        copy.capacity = capacity;
        copy.freed = freed == null ? null : copies.computeIfAbsent(freed, SimulatedContent::copy);
        directories.forEach((path, names) -> copy.directories.put(path, names.copy(copies)));
        for (List<ArrivingWrite> writes : List.of(unfinished, arriving)) {
            for (ArrivingWrite write : writes) {
                copy.unfinished.add(write.on(copies.computeIfAbsent(write.content(), SimulatedContent::copy)));
            }
        }
        return copy;
    }
}
