package dev.varve.engine.checklist;

import dev.varve.engine.aio.KernelAioEngine;
import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.aio.request.AioRequest;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.aio.request.RequestMemory;
import dev.varve.engine.aio.request.Waiting;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.linux.LinuxFile;
import dev.varve.engine.linux.MappedMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** What can only be seen of a whole process: what engines leave behind, what forks and interrupts do to requests in flight. */
final class ProcessProgram {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 256;
    private static final int THREADS = 100;

    private ProcessProgram() {
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[1]);
        switch (arguments[0]) {
            case "cycles" -> cycles(folder, Integer.parseInt(arguments[2]));
            case "forks" -> forks(folder, Integer.parseInt(arguments[2]));
            case "interrupts" -> interrupts(folder, Integer.parseInt(arguments[2]));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Opens an engine, writes a block, closes it, again and again; in many threads, since each io_destroy waits for all processors. */
    private static void cycles(Path folder, int count) throws Exception {
        // What the JVM itself grows by at first is not counted.
        someCycles(folder, count / 10);
        System.out.println("before " + footprint());
        long before = MachineShare.used();
        someCycles(folder, count);
        System.out.println("after " + footprint());
        System.out.println(MachineShare.said(before));
    }

    private static void someCycles(Path folder, int count) throws Exception {
        List<Future<?>> all = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(THREADS)) {
            for (int t = 0; t < THREADS; t++) {
                int thread = t;
                all.add(executor.submit(() -> cyclesOfOneThread(folder, thread, count / THREADS)));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }

    private static void cyclesOfOneThread(Path folder, int thread, int count) {
        try (Directory directory = new KernelDisk().openDirectory(folder, true); MappedMemory memory = MappedMemory.map(BLOCK, BLOCK);
            LinuxFile file = (LinuxFile) directory.create("file" + thread, BLOCK)) {
            IoRequest request = new IoRequest(_ -> { });
            for (int i = 0; i < count; i++) {
                try (IoQueue queue = new IoQueue(KernelAioEngine.open(64))) {
                    queue.run(request.write(file, 0, memory.segment()));
                }
            }
            directory.delete("file" + thread);
        }
    }

    /** Descriptors, AIO rings, kibibytes in memory, and kibibytes of address space. */
    private static String footprint() throws IOException, InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(100);
        }
        long descriptors;
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            descriptors = list.count();
        }
        long rings = Files.readAllLines(Path.of("/proc/self/maps")).stream().filter(line -> line.contains("[aio]")).count();
        List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
        return String.join(" ", Long.toString(descriptors), Long.toString(rings), field(status, "VmRSS:"), field(status, "VmSize:"));
    }

    private static String field(List<String> status, String name) {
        return status.stream().filter(line -> line.startsWith(name)).findFirst().orElseThrow().replaceAll("\\D", "");
    }

    /** Reads and writes while this process forks: what is read must be what was written. */
    private static void forks(Path folder, int rounds) throws Exception {
        // A real fork, which shares every page with the child for a moment; the usual way does not.
        System.setProperty("jdk.lang.Process.launchMechanism", "FORK");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (Directory directory = new KernelDisk().openDirectory(folder, true); RequestMemory memory = RequestMemory.allocate(
            2L * BLOCKS * BLOCK, BLOCK); AsyncIo io = AsyncIo.open(64, Runnable::run);
            AsyncFile file = io.file(directory.create("forks", (long) BLOCKS * BLOCK))) {
            Thread forker = Thread.ofPlatform().daemon().start(ProcessProgram::forkForever);
            MemorySegment written = memory.segment().asSlice(0, (long) BLOCKS * BLOCK);
            MemorySegment read = memory.segment().asSlice((long) BLOCKS * BLOCK);
            byte[] content = new byte[BLOCKS * BLOCK];
            int mistakes = 0;
            for (int round = 0; round < rounds; round++) {
                random.nextBytes(content);
                written.copyFrom(MemorySegment.ofArray(content));
                mistakes += io.submitAll(IntStream.range(0, BLOCKS).mapToObj(i -> Operation.write(file, (long) i * BLOCK,
                    memory.part((long) i * BLOCK, BLOCK))).toList(), Waiting.WAIT).failures().size();
                read.fill((byte) 0);
                mistakes += io.submitAll(IntStream.range(0, BLOCKS).mapToObj(i -> Operation.read(file, (long) i * BLOCK,
                    memory.part((long) (BLOCKS + i) * BLOCK, BLOCK))).toList(), Waiting.WAIT).failures().size();
                mistakes += read.mismatch(MemorySegment.ofArray(content)) == -1 ? 0 : 1;
            }
            forker.interrupt();
            forker.join();
            System.out.println("mistakes " + mistakes + " seed " + seed);
        }
    }

    private static void forkForever() {
        int forks = 0;
        try {
            while (!Thread.currentThread().isInterrupted()) {
                new ProcessBuilder("/bin/true").start().waitFor();
                forks++;
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        System.out.println("forks " + forks);
    }

    /** Threads that wait for groups of requests are interrupted all the time. */
    private static void interrupts(Path folder, int rounds) throws Exception {
        try (Directory directory = new KernelDisk().openDirectory(folder, true); RequestMemory memory = RequestMemory.allocate(
            (long) BLOCKS * BLOCK, BLOCK); AsyncIo io = AsyncIo.open(16, Runnable::run);
            AsyncFile file = io.file(directory.create("interrupts", (long) BLOCKS * BLOCK))) {
            Thread waiter = Thread.currentThread();
            Thread interrupter = Thread.ofPlatform().daemon().start(() -> interruptForever(waiter));
            int interrupted = 0;
            int done = 0;
            for (int round = 0; round < rounds; round++) {
                List<AioRequest> all = IntStream.range(0, BLOCKS).mapToObj(i -> io.submit(Operation.write(file, (long) i * BLOCK,
                    memory.part((long) i * BLOCK, BLOCK)))).toList();
                for (AioRequest request : all) {
                    while (!request.state().isOver()) {
                        try {
                            io.awaitAny(List.of(request), Duration.ofSeconds(30));
                        } catch (InterruptedException _) {
                            interrupted++;
                        }
                    }
                    done += request.result() == BLOCK ? 1 : 0;
                }
            }
            interrupter.interrupt();
            while (interrupter.isAlive()) {
                // It may still interrupt this very thread, which therefore cannot join it.
                Thread.onSpinWait();
            }
            System.out.println("interrupted " + interrupted + " asked " + rounds * BLOCKS + " done " + done + " pending " + io.pending());
        }
    }

    private static void interruptForever(Thread waiter) {
        while (!Thread.currentThread().isInterrupted()) {
            waiter.interrupt();
            LockSupport.parkNanos(1000);
        }
    }
}
