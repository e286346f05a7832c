package dev.varve.examples;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.linux.MappedSource;
import dev.varve.engine.memory.MemorySource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What the engine makes of a device, beside fio's libaio engine and a synchronous FileChannel: the same file, the same flags, the same
 * bytes, in one run, in turn.
 *
 * <p>fio runs twice: as it comes, where each request has a call of its own for submitting and one for reaping, and batching as the engine
 * does: whatever is over is reaped by one call, and as many are submitted anew by another.
 *
 * <p>Every request goes to the next place in a file that was written before, by O_DIRECT. A round runs every contestant once; the figures
 * are medians over rounds, a ratio is the median of the rounds' own ratios.
 */
public final class EngineAgainstFio {
    private static final long FILE_LENGTH = 512L << 20;
    private static final int CHUNK_LENGTH = 1 << 20;
    private static final String FILE_NAME = "data";
    private static final int ROUNDS = 9;
    private static final double SECONDS = 2;

    /** What is done: how long each request is, how many are in flight, and whether it reads. */
    private record Workload(int length, int depth, boolean isRead) {
        String name() {
            return (isRead ? "read" : "write") + " of " + length / 1024 + " KiB, depth " + depth;
        }
    }

    /** What one run of a contestant gave. */
    private record Run(double perSecond, double cpuMicros, double bytesAllocated) {
    }

    private static final List<Workload> WORKLOADS = List.of(new Workload(4096, 1, false), new Workload(4096, 8, false),
        new Workload(4096, 32, false), new Workload(262_144, 8, false), new Workload(262_144, 8, true));

    private final Path folder;
    private final double seconds;
    private final MemorySource source = new MappedSource();

    private EngineAgainstFio(Path folder, double seconds) {
        this.folder = folder;
        this.seconds = seconds;
    }

    /**
     * Runs the comparison.
     *
     * @param arguments the folder, with 512 MiB free; how many rounds, if not 9; the seconds that a contestant has in each, if not 2
     */
    public static void main(String[] arguments) {
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : ROUNDS;
        double seconds = arguments.length > 2 ? Double.parseDouble(arguments[2]) : SECONDS;
        EngineAgainstFio comparison = new EngineAgainstFio(Path.of(arguments[0]), seconds);
        comparison.prepareFile();
        System.out.println("| | fio /s | fio, batching /s | engine /s | engine : fio (quartiles) | engine : fio, batching (quartiles) "
            + "| FileChannel /s | CPU µs fio | CPU µs fio, batching | CPU µs engine | bytes allocated |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|---|");
        for (Workload workload : WORKLOADS) {
            comparison.compare(workload, rounds);
        }
        System.out.println();
        Workload last = WORKLOADS.getLast();
        System.out.println("fio, for the last: " + String.join(" ", comparison.command(last)));
        System.out.println("fio, batching, for the last: the same with " + String.join(" ", batching(last)));
    }

    /** A file whose every block has been written, so that no contestant makes the file system allocate. */
    private void prepareFile() {
        try (Directory directory = new KernelDisk().openDirectory(folder, true);
             IoQueue queue = new IoQueue(new KernelDisk().openEngine(1))) {
            if (directory.list().contains(FILE_NAME)) {
                return;
            }
            MemorySegment chunk = source.allocate(CHUNK_LENGTH, directory.blockSize()).fill((byte) 'v');
            try (IoFile file = directory.create(FILE_NAME, FILE_LENGTH)) {
                IoRequest request = new IoRequest(_ -> { });
                for (long at = 0; at < FILE_LENGTH; at += CHUNK_LENGTH) {
                    queue.run(request.write(file, at, chunk));
                }
                queue.run(request.sync(file));
            }
            source.free(chunk);
        }
    }

    private void compare(Workload workload, int rounds) {
        List<Run> fio = new ArrayList<>();
        List<Run> fioBatching = new ArrayList<>();
        List<Run> engine = new ArrayList<>();
        List<Run> channel = new ArrayList<>();
        engine(workload, seconds);
        for (int i = 0; i < rounds; i++) {
            fio.add(fio(workload, List.of()));
            engine.add(engine(workload, seconds));
            fioBatching.add(fio(workload, batching(workload)));
            channel.add(channel(workload));
        }
        System.out.println(String.format(Locale.ROOT, "| %s | %s | %s | %s | %s | %s | %s | %.1f | %.1f | %.1f | %.1f |", workload.name(),
            spread(fio), spread(fioBatching), spread(engine), ratio(engine, fio), ratio(engine, fioBatching), spread(channel),
            median(fio, Run::cpuMicros), median(fioBatching, Run::cpuMicros), median(engine, Run::cpuMicros),
            median(engine, Run::bytesAllocated)));
    }

    /** Median and quartiles of the rounds' own ratios. */
    private static String ratio(List<Run> runs, List<Run> others) {
        double[] ratios = IntStream.range(0, runs.size()).mapToDouble(i -> runs.get(i).perSecond / others.get(i).perSecond).sorted()
            .toArray();
        int quarter = ratios.length / 4;
        return String.format(Locale.ROOT, "%.2f (%.2f to %.2f)", ratios[ratios.length / 2], ratios[quarter],
            ratios[ratios.length - 1 - quarter]);
    }

    private static double median(List<Run> runs, ToDoubleFunction<Run> figure) {
        return median(runs.stream().mapToDouble(figure).toArray());
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private static String spread(List<Run> runs) {
        double[] values = runs.stream().mapToDouble(Run::perSecond).toArray();
        double middle = median(values);
        return String.format(Locale.ROOT, "%,.0f (%,.0f to %,.0f)", middle, values[0], values[values.length - 1]);
    }

    // ---- the engine --------------------------------------------------------------------------------------------------------------

    private Run engine(Workload workload, double forSeconds) {
        try (Directory directory = new KernelDisk().openDirectory(folder, false);
             IoQueue queue = new IoQueue(new KernelDisk().openEngine(workload.depth));
             IoFile file = directory.open(FILE_NAME, Directory.Access.WRITE)) {
            return new EngineLoop(workload, queue, file).run(forSeconds);
        }
    }

    /** Keeps as many requests in flight as the workload says. One thread. */
    private final class EngineLoop {
        private final Workload workload;
        private final IoQueue queue;
        private final IoFile file;
        private long offset;
        private long count;

        EngineLoop(Workload workload, IoQueue queue, IoFile file) {
            this.workload = workload;
            this.queue = queue;
            this.file = file;
        }

        Run run(double forSeconds) {
            MemorySegment memory = source.allocate((long) workload.length * workload.depth, file.blockSize()).fill((byte) 'v');
            for (int i = 0; i < workload.depth; i++) {
                MemorySegment own = memory.asSlice((long) i * workload.length, workload.length);
                next(new IoRequest(request -> {
                    count++;
                    next(request, own);
                }), own);
            }
            queue.submit();
            long startNs = System.nanoTime();
            long cpuNs = cpuNs();
            long allocated = allocated();
            long nowNs = startNs;
            while (nowNs - startNs < forSeconds * 1e9) {
                queue.reap(1, 1_000_000_000L);
                queue.submit();
                nowNs = System.nanoTime();
            }
            Run run = new Run(count * 1e9 / (nowNs - startNs), (cpuNs() - cpuNs) / 1e3 / count, (double) (allocated() - allocated) / count);
            workEnds();
            source.free(memory);
            return run;
        }

        private void next(IoRequest request, MemorySegment own) {
            if (offset < 0) {
                return;
            }
            queue.add(workload.isRead ? request.read(file, offset, own) : request.write(file, offset, own));
            offset += workload.length;
            if (offset == FILE_LENGTH) {
                offset = 0;
            }
        }

        private void workEnds() {
            offset = -1;
            while (queue.pending() > 0) {
                queue.submit();
                queue.reap(1, 1_000_000_000L);
            }
        }
    }

    /** Of the whole process: what its compiler and its collector take is part of the price. */
    private static long cpuNs() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    // ---- the others --------------------------------------------------------------------------------------------------------------

    /** The JDK's option for O_DIRECT, by name: its class is no part of the platform's own interface. */
    private static OpenOption direct() {
        try {
            return (OpenOption) Class.forName("com.sun.nio.file.ExtendedOpenOption").getField("DIRECT").get(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JDK opens no file for direct I/O", e);
        }
    }

    /** One request at a time, as a FileChannel has it. */
    private Run channel(Workload workload) {
        try (FileChannel channel = FileChannel.open(folder.resolve(FILE_NAME), StandardOpenOption.READ, StandardOpenOption.WRITE,
            direct())) {
            MemorySegment memory = source.allocate(workload.length, 4096).fill((byte) 'v');
            var buffer = memory.asByteBuffer();
            long startNs = System.nanoTime();
            long cpuNs = cpuNs();
            long count = 0;
            long nowNs = startNs;
            for (long offset = 0; nowNs - startNs < seconds * 1e9; offset = (offset + workload.length) % FILE_LENGTH) {
                buffer.clear();
                int moved = workload.isRead ? channel.read(buffer, offset) : channel.write(buffer, offset);
                if (moved != workload.length) {
                    throw new IllegalStateException(moved + " bytes of " + workload.length);
                }
                count++;
                nowNs = System.nanoTime();
            }
            source.free(memory);
            return new Run(count * 1e9 / (nowNs - startNs), (cpuNs() - cpuNs) / 1e3 / count, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> command(Workload workload) {
        return List.of("fio", "--name=peer", "--ioengine=libaio", "--direct=1", "--thread=1", "--filename=" + folder.resolve(FILE_NAME),
            "--size=" + FILE_LENGTH, "--rw=" + (workload.isRead ? "read" : "write"), "--bs=" + workload.length,
            "--iodepth=" + workload.depth, "--time_based=1", "--runtime=" + Math.round(seconds * 1000) + "ms", "--overwrite=1",
            "--allow_file_create=0", "--output-format=json");
    }

    /** What makes fio reap all that is over by one call and submit as many by another. */
    private static List<String> batching(Workload workload) {
        return List.of("--iodepth_batch_submit=" + workload.depth, "--iodepth_batch_complete_min=1",
            "--iodepth_batch_complete_max=" + workload.depth);
    }

    private Run fio(Workload workload, List<String> options) {
        List<String> command = new ArrayList<>(command(workload));
        command.addAll(options);
        try {
            Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            String json = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException("fio ended with " + process.exitValue() + ": " + json);
            }
            String part = json.substring(json.indexOf(workload.isRead ? "\"read\" : {" : "\"write\" : {"));
            double count = figure(part, "total_ios");
            double runtimeMs = figure(part, "runtime");
            double cpuPercent = figure(json, "usr_cpu") + figure(json, "sys_cpu");
            return new Run(count * 1000 / runtimeMs, cpuPercent / 100 * runtimeMs * 1000 / count, 0);
        } catch (IOException e) {
            throw new UncheckedIOException("fio is needed: install it (Debian: apt-get install fio)", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static double figure(String json, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\" : ([0-9.]+)").matcher(json);
        if (!matcher.find()) {
            throw new IllegalStateException("fio tells no " + name);
        }
        return Double.parseDouble(matcher.group(1));
    }
}
