package dev.varve.engine.simulation;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.memory.MemorySource;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;

/** A small program on a simulated disk, for the tests here: it writes blocks of one value each and looks at them again. */
abstract class SimulationTest {
    static final Path PATH = Path.of("/simulated/log");
    static final int BLOCK = 4096;
    static final int SECTOR = 512;
    static final int SEEDS = 1000;
    static final long SECOND_NS = 1_000_000_000L;

    private final MemorySegment memory = MemorySource.collected().allocate(256L * BLOCK, BLOCK);
    SimulatedDisk disk;
    Directory directory;
    IoQueue queue;

    /** Begins on an empty disk. */
    void start(long seed, DiskSettings settings) {
        disk = new SimulatedDisk(seed, settings);
        open();
    }

    /** Begins anew on what is left. */
    void open() {
        directory = disk.openDirectory(PATH, true);
        queue = new IoQueue(disk.openEngine(64));
    }

    /** A file of zeros whose name and length are durable. */
    IoFile durableFile(String name, int blocks) {
        IoFile file = directory.create(name, (long) blocks * BLOCK);
        directory.sync();
        return file;
    }

    /** Block-aligned memory. */
    MemorySegment memory(int block, int blocks) {
        return memory.asSlice((long) block * BLOCK, (long) blocks * BLOCK);
    }

    /** The memory of the block with that number, filled. */
    MemorySegment filled(int block, int value) {
        return memory(block, 1).fill((byte) value);
    }

    IoRequest request() {
        return new IoRequest(_ -> { });
    }

    IoRequest write(IoFile file, int block, int value) {
        return request().write(file, (long) block * BLOCK, filled(block, value));
    }

    /** Does all kinds of things to a file that ends as {@code b}. */
    void randomProgram(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        IoFile file = directory.create("a", 32L * BLOCK);
        directory.rename("a", "b");
        for (int i = 0; i < 40; i++) {
            int at = random.nextInt(28);
            switch (random.nextInt(6)) {
                case 0 -> queue.add(request().dataSync(file));
                case 1 -> queue.add(request().read(file, (long) at * BLOCK, memory(100, 4)));
                case 2 -> queue.add(write(file, at, i));
                case 3 -> queue.add(request().writeDurably(file, (long) at * BLOCK, memory(at, 3)));
                case 4 -> queue.reap(1 + random.nextInt(2), random.nextInt(2_000_000));
                default -> directory.sync();
            }
            queue.submit();
        }
    }

    /** Submits and reaps until nothing is under way. */
    void settle() {
        while (queue.pending() > 0) {
            queue.submit();
            queue.reap(1, SECOND_NS);
        }
    }

    byte[] read(String name) {
        try (IoFile file = directory.open(name, Access.READ)) {
            int blocks = (int) (file.length() / BLOCK);
            queue.run(request().read(file, 0, memory(0, blocks)));
            return memory(0, blocks).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    byte[] bytes(String name) {
        return disk.damage(PATH).bytes(name);
    }

    static byte[] block(byte[] file, int block) {
        return Arrays.copyOfRange(file, block * BLOCK, (block + 1) * BLOCK);
    }

    static byte[] sector(byte[] file, int sector) {
        return Arrays.copyOfRange(file, sector * SECTOR, (sector + 1) * SECTOR);
    }

    static boolean isAll(byte[] bytes, int value) {
        for (byte b : bytes) {
            if (b != (byte) value) {
                return false;
            }
        }
        return true;
    }

    /** In how many of the seeds something is so. */
    static int count(IntPredicate phenomenon) {
        int count = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            count += phenomenon.test(seed) ? 1 : 0;
        }
        return count;
    }
}
