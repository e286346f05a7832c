package dev.varve.engine.checklist;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A disk with a volatile cache, of which a power cut leaves some blocks and takes the others: the page cache of the file system that its
 * image lies in. A sync of the disk syncs the image; the cut shuts that file system down. Needs to be root. One thread.
 *
 * <pre>
 *   log ─ ext4 ─ loop device ─► image ─ page cache: volatile ─► ext4, shut down by the cut ─ loop device ─► memory
 *                     └── sync ───────── fsync ────────────────────►
 * </pre>
 *
 * <p>All of it is the kernel's own but for who survives: before the cut, blocks that were not synced are written back at random.
 */
public final class VolatileDisk implements AutoCloseable {
    /** Bytes of the disk. */
    public static final long LENGTH = 64L << 20;

    private static final long OUTER_LENGTH = 128L << 20;
    private static final int SECTOR_SIZE = 512;
    private static final int BLOCK = 4096;
    private static final Path MEMORY = Path.of("/dev/shm");
    /** Starts writing back what is dirty in a range, and waits for it. */
    private static final int WRITE_AND_WAIT = 1 | 2 | 4;

    private final Path place;
    private final LoopDisk outer;
    private LoopDisk disk;

    private VolatileDisk(Path place) throws IOException {
        this.place = place;
        this.outer = LoopDisk.ext4(place, OUTER_LENGTH, SECTOR_SIZE);
    }

    /**
     * Makes one, formatted and mounted.
     *
     * @param folder where it lies if there is no file system in memory
     * @return the disk
     */
    public static VolatileDisk open(Path folder) throws IOException {
        boolean isMemory = Files.isWritable(MEMORY) && "tmpfs".equals(Files.getFileStore(MEMORY).type());
        VolatileDisk made = new VolatileDisk(Files.createTempDirectory(isMemory ? MEMORY : folder, "varve-volatile"));
        boolean isReady = false;
        try {
            // Every block of the image exists, so that one that is written back is there without anything else.
            made.disk = LoopDisk.formatted(made.outer.mountPoint(), LENGTH, SECTOR_SIZE, "sh", "-c",
                "dd if=/dev/zero of=\"$0\" bs=1M count=64 conv=fsync 2>&1 && mkfs.ext4 -q -b 4096 -E nodiscard \"$0\" && sync \"$0\"");
            LoopDisk.run("sync", "--file-system", made.outer.mountPoint().toString());
            isReady = true;
            return made;
        } finally {
            if (!isReady) {
                made.close();
            }
        }
    }

    /** The disk as it is now. */
    public LoopDisk disk() {
        return disk;
    }

    /**
     * Cuts the power: of the blocks that were written and not synced, each survives by chance. Whoever writes should have been stopped.
     *
     * @param random decides
     */
    public void cut(Random random) throws IOException {
        writeBack(random);
        FileSystemShutdown.of(outer.mountPoint());
    }

    @SuppressWarnings("restricted") // The system call sync_file_range is none that Varve makes.
    private void writeBack(Random random) throws IOException {
        Linker linker = Linker.nativeLinker();
        MethodHandle open = linker.downcallHandle(linker.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));
        MethodHandle range = linker.downcallHandle(linker.defaultLookup().findOrThrow("sync_file_range"), FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
        MethodHandle close = linker.downcallHandle(linker.defaultLookup().findOrThrow("close"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        double chance = random.nextDouble();
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = (int) open.invokeExact(arena.allocateFrom(disk.image().toString()), 0);
            for (long at = 0; at < LENGTH; at += BLOCK) {
                if (random.nextDouble() < chance && (int) range.invokeExact(descriptor, at, (long) BLOCK, WRITE_AND_WAIT) != 0) {
                    throw new IOException("sync_file_range of " + disk.image() + " failed");
                }
            }
            int closed = (int) close.invokeExact(descriptor);
            assert closed == 0 : closed;
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** After a cut, and when nobody uses the disk any more: mounts what has survived. */
    public void restart() throws IOException {
        Path image = disk.image();
        // Its image cannot be deleted, since the file system around it is down; so it is there again below.
        disk.close();
        disk = null;
        LoopDisk.run("umount", outer.mountPoint().toString());
        LoopDisk.run("mount", outer.device(), outer.mountPoint().toString());
        Path content = place.resolve("content");
        try {
            Files.copy(image, content);
            disk = LoopDisk.formatted(place, LENGTH, SECTOR_SIZE, "sh", "-c", "dd if=" + content + " of=\"$0\" bs=1M conv=notrunc 2>&1");
        } finally {
            Files.deleteIfExists(content);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            if (disk != null) {
                disk.close();
            }
        } finally {
            outer.close();
            LoopDisk.run("rm", "-r", place.toString());
        }
    }
}
