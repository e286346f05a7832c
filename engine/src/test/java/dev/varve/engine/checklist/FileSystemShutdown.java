package dev.varve.engine.checklist;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * Shuts a mounted ext4 or xfs down: from then on it refuses everything with EIO, and what its page cache and its journal have not yet given
 * to the device is lost, as in a crash. Needs to be root. Any thread.
 *
 * @see <a href="https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/fs/ext4/ioctl.c">ext4_force_shutdown</a>
 */
public final class FileSystemShutdown {
    /** {@code _IOR('X', 125, __u32)}. */
    private static final long SHUTDOWN = 0x8004587dL;
    /** The journal is not written out. */
    private static final int NO_LOG_FLUSH = 2;

    private FileSystemShutdown() {
    }

    /**
     * Shuts it down.
     *
     * @param mountPoint where it is mounted
     */
    @SuppressWarnings("restricted") // The ioctl system call is none that Varve makes.
    public static void of(Path mountPoint) throws IOException {
        Linker linker = Linker.nativeLinker();
        var open = linker.downcallHandle(linker.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));
        var ioctl = linker.downcallHandle(linker.defaultLookup().findOrThrow("ioctl"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
            Linker.Option.firstVariadicArg(2));
        var close = linker.downcallHandle(linker.defaultLookup().findOrThrow("close"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flags = arena.allocateFrom(ValueLayout.JAVA_INT, NO_LOG_FLUSH);
            int descriptor = (int) open.invokeExact(arena.allocateFrom(mountPoint.toString()), 0);
            int result = (int) ioctl.invokeExact(descriptor, SHUTDOWN, flags);
            int closed = (int) close.invokeExact(descriptor);
            if (descriptor < 0 || result != 0 || closed != 0) {
                throw new IOException("shutting " + mountPoint + " down: open " + descriptor + ", ioctl " + result + ", close " + closed);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
