package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.MappedMemory;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.SegmentAllocator.Resources;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files of a log on the real kernel and disk, with a housekeeping thread. */
@Timeout(60)
class KernelSegmentFilesTest {
    private static final int CHUNK = 1 << 20;
    private static final long LENGTH = 4L * CHUNK;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private final ExecutorService housekeeping = Executors.newSingleThreadExecutor();
    private MappedMemory memory;
    private Directory directory;
    private IoQueue queue;

    @BeforeEach
    void open() {
        KernelDisk disk = new KernelDisk();
        directory = disk.openDirectory(path, true);
        queue = new IoQueue(disk.openEngine(8));
        memory = MappedMemory.map(CHUNK, Geometry.BLOCK_SIZE_MAX);
    }

    @AfterEach
    void close() {
        housekeeping.close();
        queue.close();
        directory.close();
        memory.close();
    }

    private SegmentAllocator allocator(int spareTarget) {
        return new SegmentAllocator(new Resources(directory, queue, housekeeping, memory.segment()), LENGTH, spareTarget);
    }

    private void step(SegmentAllocator allocator) {
        if (!allocator.step(System.nanoTime(), false)) {
            queue.submit();
            queue.reap(1, 10_000_000);
        }
    }

    private void awaitIdle(SegmentAllocator allocator) {
        while (allocator.isBusy()) {
            queue.submit();
            queue.reap(1, 10_000_000);
        }
    }

    private byte[] bytes(String name) throws IOException {
        return Files.readAllBytes(path.resolve(name));
    }

    private long openFiles() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(this::isInDirectory).count();
        }
    }

    private boolean isInDirectory(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).startsWith(path);
        } catch (IOException e) {
            // Closed since it was listed.
            return false;
        }
    }

    @Test
    void shouldPrepareAndBeginASegmentAndNameItInAManifest() throws IOException {
        SegmentAllocator allocator = allocator(1);
        allocator.want(1);
        while (!allocator.isReady()) {
            step(allocator);
        }
        assertThat(bytes("0000000000000001.varve")).hasSize((int) LENGTH).containsOnly(0);
        int blockSize = directory.blockSize();
        IoFile file = allocator.takeNext().file();
        SegmentHeader header = SegmentStarter.origin(GoldenLog.ID, new SegmentStarter.NewLife(7, 1,
            new Geometry(blockSize, (int) (LENGTH / blockSize), 4, 8), GoldenLog.FIRST.origin()));
        SegmentStarter starter = new SegmentStarter(queue, memory.segment().asSlice(0, blockSize));
        starter.start(file, header);
        starter.await().close();
        Manifest first = new Manifest(GoldenLog.ID, 1, 1, 1, 1, DurablePlace.NONE, false);
        ManifestFile.create(directory, queue, memory.segment().asSlice(0, blockSize), first).close();

        assertThat(directory.list()).containsExactly("0000000000000001.varve", "0000000000000002.spare", "MANIFEST");
        MemorySegment segment = MemorySegment.ofArray(bytes("0000000000000001.varve"));
        assertThat(SegmentHeaderDescriptor.decode(segment, 0)).isEqualTo(header);
        assertThat(SegmentHeaderDescriptor.decode(segment, LENGTH - blockSize)).isEqualTo(header);
        MemorySegment manifest = MemorySegment.ofArray(bytes("MANIFEST"));
        assertThat(ManifestDescriptor.decode(manifest, ManifestDescriptor.SLOT_DISTANCE)).isEqualTo(first);
        assertThat(ManifestDescriptor.decode(manifest, 0)).isEqualTo(first.withEpoch(1));
        assertThat(Files.getPosixFilePermissions(path.resolve("MANIFEST"))).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        allocator.close();
    }

    @Test
    void shouldCloseEveryFileWhereverPreparingStands() throws IOException {
        for (int steps = 0; steps < 40; steps++) {
            SegmentAllocator allocator = allocator(2);
            allocator.want(steps + 1L);
            for (int i = 0; i < steps; i++) {
                step(allocator);
            }
            awaitIdle(allocator);
            allocator.close();

            // The directory itself is open.
            assertThat(openFiles()).as("after %d steps", steps).isEqualTo(1);
            assertThat(directory.list()).as("after %d steps", steps).noneMatch(SegmentName::isPreparing);
        }
    }

    @Test
    void shouldCloseTheDirectoryOfALogThatIsLocked() throws IOException {
        long before = openFiles();
        try (LockedDirectory locked = LockedDirectory.lock(new KernelDisk(), path)) {
            assertThat(locked.directory().path()).isEqualTo(path);
            long during = openFiles();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> LockedDirectory.lock(new KernelDisk(), path))
                    .isInstanceOf(LogLockedException.class);
            }
            assertThat(openFiles()).isEqualTo(during);
        }
        assertThat(openFiles()).isEqualTo(before);
    }
}
