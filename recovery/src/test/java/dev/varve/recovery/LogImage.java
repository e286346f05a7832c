package dev.varve.recovery;

import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.Damage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The files of a log at rest, to be changed and put back. Owned by one thread. */
final class LogImage {
    private final Map<String, byte[]> files = new TreeMap<>();
    /** Names of the files that are not those of the image it was copied from. */
    private final Set<String> changed = new HashSet<>();

    /** What a directory holds. */
    static LogImage of(Damage directory) {
        LogImage image = new LogImage();
        directory.names().forEach(name -> image.files.put(name, directory.bytes(name)));
        image.files.remove(SegmentName.LOCK);
        return image;
    }

    /** An image with the same files; a file is copied when it is changed. */
    LogImage copy() {
        LogImage copy = new LogImage();
        copy.files.putAll(files);
        return copy;
    }

    List<String> names() {
        return List.copyOf(files.keySet());
    }

    /** Names of the files that are named as segments, lowest first. */
    List<String> segments() {
        return files.keySet().stream().filter(name -> SegmentName.segmentIn(name) > 0).toList();
    }

    /** A file's bytes, not to be changed. */
    byte[] bytes(String name) {
        return files.get(name);
    }

    /** A file's bytes, to be read at will and changed only by {@link #changed}. */
    ByteBuffer buffer(String name) {
        return ByteBuffer.wrap(files.get(name)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A file's bytes as a copy that is the image's from now on and may be changed. */
    ByteBuffer changed(String name) {
        put(name, files.get(name).clone());
        return buffer(name);
    }

    void put(String name, byte[] bytes) {
        files.put(name, bytes);
        changed.add(name);
    }

    void remove(String name) {
        files.remove(name);
    }

    long length() {
        return files.values().stream().mapToLong(bytes -> bytes.length).sum();
    }

    /** Makes a directory hold these files and no others, the lock excepted. It held those of the image from which this one was copied. */
    void restore(Damage directory, LogImage before) {
        for (String name : before.names()) {
            if (!files.containsKey(name)) {
                directory.remove(name);
            }
        }
        files.forEach((name, bytes) -> {
            if (changed.contains(name)) {
                directory.restore(name, bytes);
            }
        });
    }

    /** The salt that a segment's block 0 names, valid or not. */
    long salt(String name) {
        return bytes(name).length < SegmentHeaderDescriptor.LENGTH ? 0 : buffer(name).getLong(SegmentHeaderDescriptor.SALT_OFFSET);
    }
}
