package dev.varve.engine.aio.request;

import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.IoPriority;
import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.aio.RwFlag;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

/** A program for tests that look at a process from outside: under a tracer, a limit, a signal. */
final class RequestLoad {
    private static final int BLOCK = 4096;
    private static final int COUNT = 64;

    private RequestLoad() {
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[1]);
        try (ExecutorService executor = Executors.newSingleThreadExecutor();
            Directory directory = new KernelDisk().openDirectory(folder, true);
            RequestMemory memory = RequestMemory.allocate((long) COUNT * BLOCK, BLOCK);
            AsyncIo io = AsyncIo.open(COUNT, executor);
            AsyncFile file = io.file(directory.open("file", Access.WRITE))) {
            switch (arguments[0]) {
                case "rounds" -> rounds(io, file, memory, Integer.parseInt(arguments[2]));
                case "seconds" -> seconds(io, file, memory, Integer.parseInt(arguments[2]));
                case "options" -> options(io, file, memory);
                case "short" -> cutShort(io, file, memory);
                case "forever" -> forever(io);
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    private static Operation write(AsyncFile file, RequestMemory memory, int index) {
        return Operation.write(file, (long) index * BLOCK, memory.part((long) index * BLOCK, BLOCK));
    }

    private static int round(AsyncIo io, AsyncFile file, RequestMemory memory) throws InterruptedException {
        List<Operation> all = new ArrayList<>(IntStream.range(0, COUNT).mapToObj(i -> write(file, memory, i)).toList());
        RequestGroup group = io.submitAll(all, Waiting.WAIT);
        return (int) group.requests().stream().filter(request -> request.result() == BLOCK).count();
    }

    private static void rounds(AsyncIo io, AsyncFile file, RequestMemory memory, int rounds) throws InterruptedException, IOException {
        int done = 0;
        for (int i = 0; i < rounds; i++) {
            done += round(io, file, memory);
        }
        System.out.println("done " + done + " pending " + io.pending());
        System.out.println("libaio " + Files.readString(Path.of("/proc/self/maps")).contains("libaio"));
    }

    private static void seconds(AsyncIo io, AsyncFile file, RequestMemory memory, int seconds) throws InterruptedException {
        long endNs = System.nanoTime() + seconds * 1_000_000_000L;
        long rounds = 0;
        long done = 0;
        System.out.println("ready");
        while (System.nanoTime() < endNs) {
            rounds++;
            done += round(io, file, memory);
        }
        System.out.println("done " + (done == rounds * COUNT ? "all" : done + " of " + rounds * COUNT) + " pending " + io.pending());
    }

    private static void options(AsyncIo io, AsyncFile file, RequestMemory memory) throws InterruptedException, TimeoutException {
        List<Operation> all = List.of(
            write(file, memory, 2).withFlags(RwFlag.DSYNC).withPriority(IoPriority.NORMAL),
            Operation.write(file, 0, memory.part(0, BLOCK), memory.part(BLOCK, BLOCK)),
            Operation.read(file, 4L * BLOCK, memory.part(4L * BLOCK, BLOCK)),
            Operation.read(file, 5L * BLOCK, memory.part(5L * BLOCK, BLOCK), memory.part(6L * BLOCK, BLOCK)),
            Operation.nothing());
        System.out.println("failed " + io.submitAll(all, Waiting.WAIT).failures());
        AioRequest sync = io.submit(Operation.sync(file));
        io.awaitAny(List.of(sync), Duration.ofSeconds(30));
        AioRequest dataSync = io.submit(Operation.dataSync(file));
        io.awaitAny(List.of(dataSync), Duration.ofSeconds(30));
        try (EventCounter counter = EventCounter.open()) {
            AioRequest poll = io.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN | Iocb.POLLOUT));
            io.awaitAny(List.of(poll), Duration.ofSeconds(30));
        }
    }

    /** Under a limit of 20 KiB. */
    private static void cutShort(AsyncIo io, AsyncFile file, RequestMemory memory) throws InterruptedException, TimeoutException {
        for (long offset : new long[] {0, 8L * BLOCK}) {
            AioRequest request = file.write(offset, memory.part(0, 8L * BLOCK));
            io.awaitAny(List.of(request), Duration.ofSeconds(30));
            System.out.println(request.state() + " " + request.errno() + " " + (request.errno() == 0 ? request.result() : 0));
        }
    }

    private static void forever(AsyncIo io) throws InterruptedException {
        try (AsyncIo large = AsyncIo.open(5000, Runnable::run)) {
            System.out.println("ready " + large.pending() + io.pending());
            Thread.sleep(60_000);
        }
    }
}
