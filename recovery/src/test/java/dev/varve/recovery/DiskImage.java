package dev.varve.recovery;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.HeldLock;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.StorageContract;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One directory at rest, in memory, made to be examined many thousand times a second: a request is carried out when it is submitted.
 *
 * <p>Only its owner changes it, with {@link #file}, {@link #put} and {@link #remove}. To recovery it can be read and not written: every
 * call that would change it is an {@link AssertionError}, so whatever is done with it has proved that it changes nothing. Owned by one
 * thread.
 */
final class DiskImage implements Disk {
    private static final int BLOCK = 4096;
    private static final int DEPTH = 32;
    private final Path path = Path.of("log");
    private final TreeMap<String, MemorySegment> files = new TreeMap<>();

    /** A directory with the files that a simulated disk has at present. */
    static DiskImage of(LogFixture log) {
        DiskImage image = new DiskImage();
        log.damage().names().forEach(name -> image.put(name, log.damage().bytes(name)));
        return image;
    }

    /** The same files once more, to be changed apart. */
    DiskImage copy() {
        DiskImage copy = new DiskImage();
        files.forEach((name, bytes) -> copy.put(name, bytes.toArray(ValueLayout.JAVA_BYTE)));
        return copy;
    }

    List<String> names() {
        return List.copyOf(files.keySet());
    }

    /** The bytes of a file, to be read and changed in place. */
    MemorySegment file(String name) {
        return files.get(name);
    }

    byte[] bytes(String name) {
        return files.get(name).toArray(ValueLayout.JAVA_BYTE);
    }

    void put(String name, byte[] bytes) {
        files.put(name, Arena.ofAuto().allocate(Math.max(1, bytes.length), BLOCK).asSlice(0, bytes.length)
            .copyFrom(MemorySegment.ofArray(bytes)));
    }

    void remove(String name) {
        files.remove(name);
    }

    /** Makes the files of one directory those of another. */
    void become(DiskImage other) {
        files.keySet().retainAll(other.files.keySet());
        other.files.forEach((name, bytes) -> {
            MemorySegment own = files.get(name);
            if (own != null && own.byteSize() == bytes.byteSize()) {
                own.copyFrom(bytes);
            } else {
                put(name, bytes.toArray(ValueLayout.JAVA_BYTE));
            }
        });
    }

    /** Makes these the only files of a real directory; blocks of zeros become holes. */
    void writeTo(Path directory) throws IOException {
        try (DirectoryStream<Path> there = Files.newDirectoryStream(directory)) {
            for (Path file : there) {
                Files.delete(file);
            }
        }
        for (Map.Entry<String, MemorySegment> file : files.entrySet()) {
            ByteBuffer bytes = file.getValue().asByteBuffer();
            try (RandomAccessFile sparse = new RandomAccessFile(directory.resolve(file.getKey()).toFile(), "rw")) {
                sparse.setLength(bytes.capacity());
                for (int at = 0; at < bytes.capacity(); at += BLOCK) {
                    ByteBuffer block = bytes.slice(at, Math.min(BLOCK, bytes.capacity() - at));
                    if (block.mismatch(ByteBuffer.allocate(block.capacity())) >= 0) {
                        sparse.getChannel().write(block, at);
                    }
                }
            }
        }
    }

    @Override
    public Directory openDirectory(Path ignored, boolean create) {
        return new ImageDirectory();
    }

    @Override
    public IoEngine openEngine(int depth) {
        return new ImageEngine();
    }

    private record ImageFile(String path, MemorySegment content) implements IoFile {
        @Override
        public long length() {
            return content.byteSize();
        }

        @Override
        public int blockSize() {
            return BLOCK;
        }

        @Override
        public void close() {
            assert path != null;
        }
    }

    /** Reads at once. */
    private static final class ImageEngine implements IoEngine {
        private final ArrayDeque<IoRequest> done = new ArrayDeque<>();

        @Override
        public int depth() {
            return DEPTH;
        }

        @Override
        public int submit(IoRequest[] requests, int from, int to) {
            int count = Math.min(to - from, DEPTH - done.size());
            for (int i = from; i < from + count; i++) {
                IoRequest request = requests[i];
                if (request.kind() != IoRequest.Kind.READ) {
                    throw changed(request.toString());
                }
                request.taken(0);
                MemorySegment content = ((ImageFile) request.file()).content();
                long at = request.offset() + request.progress();
                long bytes = Math.clamp(content.byteSize() - at, 0, request.length() - request.progress());
                MemorySegment.copy(content, at, request.memory(), request.progress(), bytes);
                request.transferred(bytes);
                done.add(request);
            }
            return count == 0 && to > from ? -Errno.EAGAIN : count;
        }

        @Override
        public int reap(IoRequest[] into, int min, long timeoutNs) {
            int count = 0;
            while (count < into.length && !done.isEmpty()) {
                into[count++] = done.poll();
            }
            return count;
        }

        @Override
        public void wakeUp() {
            assert done.size() <= DEPTH;
        }

        @Override
        public StorageContract contract() {
            return StorageContract.DIRECT_AIO;
        }

        @Override
        public void close() {
            done.clear();
        }
    }

    private static AssertionError changed(String what) {
        return new AssertionError("something that may only be looked at would have been changed: " + what);
    }

    private final class ImageDirectory implements Directory {
        @Override
        public Path path() {
            return path;
        }

        @Override
        public int blockSize() {
            return BLOCK;
        }

        @Override
        public List<String> list() {
            return names();
        }

        @Override
        public IoFile create(String name, long length) {
            throw changed("create " + name);
        }

        @Override
        public IoFile open(String name, Access access) {
            if (access != Access.READ) {
                throw changed("open for writing " + name);
            }
            MemorySegment content = files.get(name);
            if (content == null) {
                throw IoFailureException.of("open of " + path.resolve(name), Errno.ENOENT);
            }
            return new ImageFile(path.resolve(name).toString(), content);
        }

        @Override
        public void rename(String from, String to) {
            throw changed("rename " + from);
        }

        @Override
        public void delete(String name) {
            throw changed("delete " + name);
        }

        @Override
        public void sync() {
            throw changed("sync");
        }

        @Override
        public HeldLock tryLock(String name) {
            throw changed("lock " + name);
        }

        @Override
        public boolean isLocked(String name) {
            return false;
        }

        @Override
        public void close() {
            assert path != null;
        }
    }
}
