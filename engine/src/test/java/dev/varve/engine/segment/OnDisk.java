package dev.varve.engine.segment;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A directory and a queue on a simulated disk, opened anew after each power cut. */
final class OnDisk implements AutoCloseable {
    static final Path PATH = Path.of("log");
    static final int BLOCK = 4096;

    private final SimulatedDisk disk;
    private Directory directory;
    private IoQueue queue;

    OnDisk(long seed) {
        this(new SimulatedDisk(seed, DiskSettings.quiet()));
    }

    OnDisk(SimulatedDisk disk) {
        this.disk = disk;
        reopen();
    }

    void reopen() {
        directory = disk.openDirectory(PATH, true);
        queue = new IoQueue(disk.openEngine(8));
    }

    SimulatedDisk disk() {
        return disk;
    }

    Directory directory() {
        return directory;
    }

    IoQueue queue() {
        return queue;
    }

    /** What a file holds at an offset, read past every engine. */
    MemorySegment bytes(String name, long offset, int length) {
        return MemorySegment.ofArray(disk.damage(PATH).bytes(name)).asSlice(offset, length);
    }

    IoRequest request() {
        return new IoRequest(_ -> { });
    }

    static MemorySegment memory(int length) {
        return Arena.ofAuto().allocate(length, BLOCK);
    }

    @Override
    public void close() {
        queue.close();
        directory.close();
    }
}
