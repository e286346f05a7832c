package dev.varve.examples;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.Epoll;
import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.linux.LinuxFile;
import dev.varve.engine.linux.MappedMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One thread, one epoll loop, two kinds of news: completions of kernel AIO, and word from another thread, each counted by an eventfd.
 *
 * <pre>
 *   kernel AIO ── +1 for each completion ──► counter ──┐
 *                                                      ├──► epoll ──► the loop: reaps as many as were counted, submits the next
 *   another thread ── +1 when all is over ──► bell ────┘
 * </pre>
 *
 * <p>Each request carries a number, which comes back with its completion, in whatever order they complete.
 */
public final class EpollLoop {
    private static final int DEPTH = 32;
    private static final long COMPLETIONS = 1;
    private static final long BELL = 2;
    private static final long WAIT_NS = 10_000_000_000L;

    private EpollLoop() {
    }

    /**
     * Runs the example.
     *
     * @param arguments the folder to work in, and how many blocks to write
     */
    public static void main(String[] arguments) {
        if (arguments.length != 2) {
            System.err.println("usage: EpollLoop FOLDER COUNT");
            System.exit(2);
        }
        int count = Integer.parseInt(arguments[1]);
        long sum = run(Path.of(arguments[0]), count);
        System.out.println(count + " requests, sum of their numbers " + sum);
    }

    /** Writes blocks; the sum of the numbers that came back. */
    static long run(Path folder, int count) {
        try (Directory directory = new KernelDisk().openDirectory(folder, true);
            EventCounter counter = EventCounter.open();
            EventCounter bell = EventCounter.open();
            Epoll epoll = new Epoll(2);
            MappedMemory memory = MappedMemory.map(directory.blockSize(), directory.blockSize());
            LinuxFile file = (LinuxFile) directory.create("epoll", (long) count * directory.blockSize());
            // Last, so that it is closed first: it waits until the kernel is done with memory and file.
            SharedContext<Integer> context = SharedContext.open(DEPTH)) {
            epoll.watch(counter.descriptor(), COMPLETIONS);
            epoll.watch(bell.descriptor(), BELL);
            List<AioEvent<Integer>> events = new ArrayList<>();
            int submitted = 0;
            boolean isOver = false;
            while (!isOver) {
                while (submitted < count && context.inFlight() < DEPTH) {
                    Iocb iocb = Iocb.pwrite(file.descriptor(), memory.segment(), (long) submitted * directory.blockSize());
                    int taken = context.submit(List.of(new Submission<>(iocb.withResultCounter(counter), submitted)));
                    if (taken < 0) {
                        throw IoFailureException.of("submitting request " + submitted, -taken);
                    }
                    submitted += taken;
                }
                for (long ready : epoll.await(WAIT_NS)) {
                    if (ready == BELL) {
                        isOver = true;
                    } else {
                        int some = (int) counter.take();
                        context.reap(events, new ReapLimits(some, some, 0));
                        if (events.size() == count) {
                            Thread.ofPlatform().start(bell::add);
                        }
                    }
                }
            }
            directory.delete("epoll");
            return events.stream().filter(event -> event.result() == directory.blockSize()).mapToLong(AioEvent::request).sum();
        }
    }
}
