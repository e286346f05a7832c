package dev.varve.examples;

import dev.varve.engine.aio.AioBatch;
import dev.varve.engine.aio.AioEvents;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.request.AioRequest;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.aio.request.RequestMemory;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.linux.LinuxFile;
import dev.varve.engine.linux.MappedSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/**
 * What one request costs through each layer: reads of 4 KiB by O_DIRECT, one at a time, from a file that was written before.
 *
 * <pre>
 *   FileChannel        one pread
 *   SharedContext      io_submit, io_getevents: the kernel's interface as it is; iocb, batch and events are used again
 *   IoQueue            an engine behind what copes with partial submission and short transfers: the log's way
 *   AsyncIo, kept      requests with states, callbacks and a thread that reaps; an operation for each place, made before
 *   AsyncIo            the same, but each operation is made for its request
 * </pre>
 *
 * <p>The layers take turns; the figures are medians over rounds.
 */
public final class RequestCost {
    private static final int LENGTH = 4096;
    private static final long FILE_LENGTH = 16 << 20;
    private static final String FILE_NAME = "cost-data";
    private static final int ROUNDS = 9;
    private static final int REQUESTS = 20_000;
    private static final int WARM_UP_ROUNDS = 2;
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final ReapLimits ONE = new ReapLimits(1, 1, 1_000_000_000);

    /** What the last column consists of. */
    private static final String ALLOCATED = """

        By the collector's account, in compiled code. Before C2 has compiled it, the JDK's native call makes an object of 40 bytes
        for each system call, and now and then C2 leaves it there.
        SharedContext and IoQueue: nothing. Iocb, batch, events and request are used again.
        AsyncIo, kept: 56 bytes, the AioRequest, which can be asked for its result as long as anybody has it; 32 for a thread that
        has to wait for it, in the JDK's condition.
        AsyncIo: besides those, 264 for the Operation, with its iocb and its part of the memory.""";

    private final Path folder;
    private final int requests;
    private final MappedSource source = new MappedSource();
    private final List<Layer> layers = new ArrayList<>();
    private final AioBatch<MemorySegment> batch = new AioBatch<>();
    private final AioEvents<MemorySegment> events = new AioEvents<>();
    /** The one request that is waited for. */
    private final AioRequest[] awaited = new AioRequest[1];
    private final List<AioRequest> awaitedList = Arrays.asList(awaited);

    /** A way to read, and what it cost, round by round. */
    private record Layer(String name, LongConsumer read, List<Double> wallMicros, List<Double> cpuMicros, List<Double> allocated) {
        Layer(String name, LongConsumer read) {
            this(name, read, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    private RequestCost(Path folder, int requests) {
        this.folder = folder;
        this.requests = requests;
    }

    /**
     * Measures.
     *
     * @param arguments the folder; how many rounds, if not 9; how many requests a layer makes in each, if not 20,000
     * @throws IOException if the file cannot be opened
     */
    public static void main(String[] arguments) throws IOException {
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : ROUNDS;
        int requests = arguments.length > 2 ? Integer.parseInt(arguments[2]) : REQUESTS;
        new RequestCost(Path.of(arguments[0]), requests).measure(rounds);
    }

    private void measure(int rounds) throws IOException {
        KernelDisk disk = new KernelDisk();
        try (Directory directory = disk.openDirectory(folder, true); SharedContext<MemorySegment> context = SharedContext.open(1);
             IoQueue queue = new IoQueue(disk.openEngine(1)); AsyncIo requestIo = AsyncIo.open(1, Runnable::run);
             IoFile file = write(directory, queue); AsyncFile async = requestIo.file(directory.open(FILE_NAME, Directory.Access.READ));
             RequestMemory own = RequestMemory.allocate(LENGTH, directory.blockSize());
             FileChannel channel = FileChannel.open(folder.resolve(FILE_NAME), StandardOpenOption.READ,
                 direct())) {
            MemorySegment memory = source.allocate(LENGTH, directory.blockSize());
            ByteBuffer buffer = memory.asByteBuffer();
            layers.add(new Layer("FileChannel", at -> read(channel, at, buffer)));
            Iocb iocb = Iocb.pread(((LinuxFile) file).descriptor(), memory, 0);
            layers.add(new Layer("SharedContext", at -> read(context, iocb.moveTo(memory, at), memory)));
            IoRequest request = new IoRequest(_ -> { });
            layers.add(new Layer("IoQueue", at -> queue.run(request.read(file, at, memory))));
            Operation[] kept = LongStream.range(0, FILE_LENGTH / LENGTH).mapToObj(i -> Operation.read(async, i * LENGTH, own.whole()))
                .toArray(Operation[]::new);
            layers.add(new Layer("AsyncIo, kept", at -> read(requestIo, kept[(int) (at / LENGTH)])));
            layers.add(new Layer("AsyncIo", at -> read(requestIo, Operation.read(async, at, own.whole()))));
            for (int i = -WARM_UP_ROUNDS; i < rounds; i++) {
                for (Layer layer : layers) {
                    round(layer, i >= 0);
                }
            }
            source.free(memory);
        }
        print();
    }

    private IoFile write(Directory directory, IoQueue queue) {
        if (directory.list().contains(FILE_NAME)) {
            directory.delete(FILE_NAME);
        }
        IoFile file = directory.create(FILE_NAME, FILE_LENGTH);
        MemorySegment all = source.allocate(FILE_LENGTH, directory.blockSize()).fill((byte) 'v');
        queue.run(new IoRequest(_ -> { }).write(file, 0, all));
        queue.run(new IoRequest(_ -> { }).sync(file));
        source.free(all);
        return file;
    }

    private void round(Layer layer, boolean isCounted) {
        long startNs = System.nanoTime();
        long cpuNs = cpuNs();
        long allocated = allocated();
        for (int i = 0; i < requests; i++) {
            layer.read.accept((long) i * LENGTH % FILE_LENGTH);
        }
        if (isCounted) {
            layer.wallMicros.add((System.nanoTime() - startNs) / 1e3 / requests);
            layer.cpuMicros.add((cpuNs() - cpuNs) / 1e3 / requests);
            layer.allocated.add((double) (allocated() - allocated) / requests);
        }
    }

    private void print() {
        System.out.println("| layer | µs a request | CPU µs | bytes allocated |");
        System.out.println("|---|---|---|---|");
        for (Layer layer : layers) {
            System.out.println(String.format(Locale.ROOT, "| %s | %.1f | %.1f | %.1f |", layer.name, median(layer.wallMicros),
                median(layer.cpuMicros), median(layer.allocated)));
        }
        System.out.println(ALLOCATED);
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    /** Of the whole process, since a layer may have threads of its own. */
    private static long cpuNs() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getTotalThreadAllocatedBytes();
    }

    // ---- layers ------------------------------------------------------------------------------------------------------------------

    /** The JDK's option for O_DIRECT, by name: its class is no part of the platform's own interface. */
    private static OpenOption direct() {
        try {
            return (OpenOption) Class.forName("com.sun.nio.file.ExtendedOpenOption").getField("DIRECT").get(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JDK opens no file for direct I/O", e);
        }
    }

    private static void read(FileChannel channel, long at, ByteBuffer buffer) {
        try {
            checkLength(channel.read(buffer.clear(), at));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(SharedContext<MemorySegment> context, Iocb iocb, MemorySegment memory) {
        batch.add(iocb, memory);
        if (context.submit(batch) != 1) {
            throw new IllegalStateException("not taken");
        }
        while (context.reap(events, ONE) < 1) {
            Thread.onSpinWait();
        }
        checkLength(events.result(0));
    }

    private void read(AsyncIo io, Operation operation) {
        try {
            awaited[0] = io.submit(operation);
            checkLength(io.awaitAny(awaitedList, LONG).result());
        } catch (InterruptedException | TimeoutException e) {
            throw new IllegalStateException("a read that does not end", e);
        }
    }

    private static void checkLength(long length) {
        if (length != LENGTH) {
            throw new IllegalStateException(length + " bytes of " + LENGTH);
        }
    }
}
