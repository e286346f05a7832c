package dev.varve.wal;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.HeldLock;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * All that a log takes from the world around it, in front of a simulated disk, with a hook before each call: it may count, throw or
 * wait. Any thread; the hook says what that means.
 */
final class BrokenWorld implements Disk {
    private final SimulatedDisk disk;
    private final SplittableRandom random;
    private volatile Runnable hook = () -> { };

    BrokenWorld(SimulatedDisk disk, long seed) {
        this.disk = disk;
        this.random = new SplittableRandom(seed);
    }

    /** What happens before each call from now on. */
    void hook(Runnable newHook) {
        hook = newHook;
    }

    private <T> T call(Supplier<T> call) {
        hook.run();
        return call.get();
    }

    private void run(Runnable call) {
        hook.run();
        call.run();
    }

    Environment environment() {
        return new Environment(this, new Memory(), random, () -> call(disk::nowNs), () -> call(() -> disk.nowNs() / 1_000_000));
    }

    /** Runs callbacks at once, unless the hook throws. */
    Executor executor() {
        return this::run;
    }

    @Override
    public Directory openDirectory(Path path, boolean create) {
        return new HookedDirectory(call(() -> disk.openDirectory(path, create)));
    }

    @Override
    public IoEngine openEngine(int depth) {
        return new HookedEngine(call(() -> disk.openEngine(depth)));
    }

    private final class Memory implements MemorySource {
        @Override
        public MemorySegment allocate(long length, int alignment) {
            return call(() -> MemorySource.collected().allocate(length, alignment));
        }

        @Override
        public void free(MemorySegment memory) {
            MemorySource.collected().free(memory);
        }
    }

    private final class HookedEngine implements IoEngine {
        private final IoEngine engine;

        HookedEngine(IoEngine engine) {
            this.engine = engine;
        }

        @Override
        public int depth() {
            return engine.depth();
        }

        @Override
        public StorageContract contract() {
            return engine.contract();
        }

        @Override
        public int submit(IoRequest[] requests, int from, int to) {
            return call(() -> engine.submit(requests, from, to));
        }

        @Override
        public int reap(IoRequest[] done, int min, long timeoutNs) {
            return call(() -> engine.reap(done, min, timeoutNs));
        }

        @Override
        public void wakeUp() {
            engine.wakeUp();
        }

        @Override
        public void close() {
            engine.close();
        }
    }

    private final class HookedDirectory implements Directory {
        private final Directory directory;

        HookedDirectory(Directory directory) {
            this.directory = directory;
        }

        @Override
        public Path path() {
            return directory.path();
        }

        @Override
        public int blockSize() {
            return directory.blockSize();
        }

        @Override
        public List<String> list() {
            return call(directory::list);
        }

        @Override
        public IoFile create(String name, long length) {
            return call(() -> directory.create(name, length));
        }

        @Override
        public IoFile open(String name, Access access) {
            return call(() -> directory.open(name, access));
        }

        @Override
        public void rename(String from, String to) {
            run(() -> directory.rename(from, to));
        }

        @Override
        public void delete(String name) {
            run(() -> directory.delete(name));
        }

        @Override
        public void sync() {
            run(directory::sync);
        }

        @Override
        public HeldLock tryLock(String name) {
            return call(() -> directory.tryLock(name));
        }

        @Override
        public boolean isLocked(String name) {
            return call(() -> directory.isLocked(name));
        }

        @Override
        public void close() {
            directory.close();
        }
    }
}
