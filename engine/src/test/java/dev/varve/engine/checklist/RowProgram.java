package dev.varve.engine.checklist;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.IoPriority;
import dev.varve.engine.aio.IoVectors;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.KernelAioEngine;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.RwFlag;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.aio.request.AioRequest;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.aio.request.Waiting;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.MisalignedRequestException;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.linux.LinuxFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** What the rows of the checklist do in a JVM of their own, to be looked at from outside. It says what it has seen. */
final class RowProgram {
    private static final int BLOCKS = 256;
    private static final long SECOND = 1_000_000_000L;

    private RowProgram() {
    }

    public static void main(String[] arguments) throws Exception {
        try (OpenFile open = new OpenFile(Path.of(arguments[1]), BLOCKS)) {
            switch (arguments[0]) {
                case "open" -> open();
                case "one-call" -> oneCall(open);
                case "refused-request" -> refusedRequest(open);
                case "refused-in-queue" -> refusedInQueue(open);
                case "after-the-end" -> afterTheEnd(open);
                case "rounds" -> rounds(open, Integer.parseInt(arguments[2]));
                case "no-memory" -> noMemory(open);
                case "seconds" -> seconds(open, Integer.parseInt(arguments[2]));
                case "fields" -> fields(open);
                case "events" -> events(open);
                case "nothings" -> nothings(open);
                case "behind-a-poll" -> behindAPoll(open);
                case "unaligned" -> unaligned(open);
                case "held" -> held(Integer.parseInt(arguments[2]));
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    private static void open() {
        try (KernelAioEngine engine = KernelAioEngine.open(64)) {
            System.out.println("opened " + engine.depth());
        } catch (StorageContractException e) {
            System.out.println(Errno.name(e.errno()) + " | " + e.getMessage());
            System.out.println("obstacle " + e.obstacle());
        }
    }

    private static void oneCall(OpenFile open) {
        try (SharedContext<Integer> context = SharedContext.open(BLOCKS)) {
            int taken = context.submit(IntStream.range(0, BLOCKS).mapToObj(open::write).toList());
            List<AioEvent<Integer>> events = new ArrayList<>();
            context.reap(events, new ReapLimits(BLOCKS, BLOCKS, 30 * SECOND));
            System.out.println("taken " + taken + ", reaped " + events.size() + ", distinct "
                + events.stream().map(AioEvent::request).distinct().count());
        }
    }

    /** Five writes, of which the third goes to a file that is open for reading only. */
    private static void refusedRequest(OpenFile open) throws InterruptedException {
        try (AsyncIo io = AsyncIo.open(8, Runnable::run); AsyncFile file = open.in(io); AsyncFile readOnly = io.file(open.openToRead())) {
            List<Operation> all = IntStream.range(0, 5).mapToObj(i -> open.write(i == 2 ? readOnly : file, i)).toList();
            for (AioRequest request : io.submitAll(all, Waiting.WAIT).requests()) {
                System.out.println(request.state() + " " + Errno.name(request.errno()));
            }
        }
    }

    private static void refusedInQueue(OpenFile open) {
        try (IoQueue queue = new IoQueue(KernelAioEngine.open(8)); LinuxFile readOnly = open.openToRead()) {
            List<IoRequest> all = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                IoRequest request = new IoRequest(_ -> { });
                all.add(request.write(i == 2 ? readOnly : open.file(), OpenFile.offset(i), open.block(i)));
                queue.add(request);
            }
            queue.awaitSettled(all.getLast());
            all.forEach(queue::awaitSettled);
            all.forEach(request -> System.out.println(request.state() + " " + Errno.name(request.errno())));
        }
    }

    /** Everything that may be asked of what is closed. */
    private static void afterTheEnd(OpenFile open) {
        SharedContext<Integer> context = SharedContext.open(4);
        context.submit(List.of(open.write(0)));
        context.close();
        context.close();
        List<AioEvent<Integer>> events = new ArrayList<>();
        int refused = 0;
        for (Runnable call : List.<Runnable>of(() -> context.submit(List.of(open.write(1))), () -> context.cancel(1),
            () -> context.reap(events, ReapLimits.now(4)), () -> context.reapMasked(events, ReapLimits.now(4), 0))) {
            try {
                call.run();
            } catch (IllegalStateException e) {
                refused++;
            }
        }
        System.out.println("refused " + refused);
    }

    private static List<AioRequest> round(AsyncIo io, AsyncFile file, OpenFile open) throws InterruptedException {
        List<Operation> all = IntStream.range(0, BLOCKS).mapToObj(i -> open.write(file, i)).toList();
        return io.submitAll(all, Waiting.WAIT).requests();
    }

    private static int done(List<AioRequest> all) {
        return (int) all.stream().filter(request -> request.errno() == 0 && request.result() == OpenFile.BLOCK).count();
    }

    /**
     * Calls of io_submit, the first being the engine's own poll: 8 writes, 8 more while none of those was reaped, those again, one write
     * with nothing in flight, another one.
     */
    private static void noMemory(OpenFile open) {
        try (IoQueue queue = new IoQueue(KernelAioEngine.open(32))) {
            List<IoRequest> all = new ArrayList<>();
            for (int i = 0; i < 18; i++) {
                IoRequest request = new IoRequest(_ -> { });
                all.add(request.write(open.file(), OpenFile.offset(i), open.block(i)));
                queue.add(request);
                if (i == 7 || i == 15) {
                    queue.submit();
                }
                if (i >= 15) {
                    all.forEach(queue::awaitSettled);
                }
            }
            all.forEach(request -> System.out.println(request.state()
                + (request.errno() == 0 ? "" : " " + request.failure().getMessage())));
            System.out.println("pending " + queue.pending());
        }
    }

    private static void rounds(OpenFile open, int rounds) throws InterruptedException {
        int done = 0;
        TreeMap<String, Integer> failures = new TreeMap<>();
        try (AsyncIo io = AsyncIo.open(64, Runnable::run); AsyncFile file = open.in(io)) {
            for (int i = 0; i < rounds; i++) {
                List<AioRequest> all = round(io, file, open);
                all.stream().filter(request -> request.errno() != 0)
                    .forEach(request -> failures.merge(Errno.name(request.errno()), 1, Integer::sum));
                done += done(all);
            }
            System.out.println("done " + done + " pending " + io.pending() + " failed " + failures);
        }
    }

    private static void seconds(OpenFile open, int seconds) throws InterruptedException {
        long endNs = System.nanoTime() + seconds * SECOND;
        long asked = 0;
        long done = 0;
        System.out.println("ready");
        try (AsyncIo io = AsyncIo.open(64, Runnable::run); AsyncFile file = open.in(io)) {
            while (System.nanoTime() < endNs) {
                asked += BLOCKS;
                done += done(round(io, file, open));
            }
            System.out.println("asked " + asked + " done " + done + " pending " + io.pending());
        }
    }

    /** Each builder once, with each option once; says what it put where. */
    private static void fields(OpenFile open) {
        int fd = open.file().descriptor();
        try (SharedContext<Integer> context = SharedContext.open(16); EventCounter counter = EventCounter.open()) {
            MemorySegment first = open.block(0);
            IoVectors two = IoVectors.of(List.of(open.block(1), open.block(3)));
            List<Iocb> all = List.of(Iocb.pread(fd, first, 8192),
                Iocb.pwrite(fd, open.block(2), 12288).withFlags(RwFlag.DSYNC)
                    .withPriority(new IoPriority(IoPriority.Urgency.BEST_EFFORT, 3)).withResultCounter(counter),
                Iocb.preadv(fd, two, 16384), Iocb.pwritev(fd, two, 24576), Iocb.fsync(fd), Iocb.fdsync(fd),
                Iocb.poll(counter.descriptor(), Iocb.POLLIN | Iocb.POLLOUT));
            List<Submission<Integer>> batch = new ArrayList<>();
            all.forEach(iocb -> batch.add(new Submission<>(iocb, batch.size())));
            List<AioEvent<Integer>> events = new ArrayList<>();
            int taken = context.submit(batch);
            context.reap(events, new ReapLimits(taken, taken, 30 * SECOND));
            events.stream().sorted((a, b) -> a.request() - b.request())
                .forEach(event -> System.out.println("result " + event.request() + " " + event.result()));
            System.out.println("fd " + fd + " eventfd " + counter.descriptor() + " memory " + Long.toHexString(first.address())
                + " counted " + counter.take());
        }
    }

    /** A full read, one over the end, one behind it, and one whose length is not aligned. */
    private static void events(OpenFile open) {
        int fd = open.file().descriptor();
        try (SharedContext<Integer> context = SharedContext.open(4)) {
            List<AioEvent<Integer>> events = new ArrayList<>();
            MemorySegment two = open.memory().segment().asSlice(0, 2L * OpenFile.BLOCK);
            List<Iocb> all = List.of(Iocb.pread(fd, open.block(0), 0), Iocb.pread(fd, two, OpenFile.offset(BLOCKS - 1)),
                Iocb.pread(fd, two, OpenFile.offset(BLOCKS)), Iocb.pread(fd, open.block(2).asSlice(0, 1000), 0));
            for (int i = 0; i < all.size(); i++) {
                context.submit(List.of(new Submission<>(all.get(i), i)));
                while (events.size() <= i) {
                    context.reap(events, new ReapLimits(1, 1, SECOND));
                }
                System.out.println("result " + events.getLast().request() + " " + events.getLast().result());
            }
        }
    }

    /** One write among requests that do nothing. */
    private static void nothings(OpenFile open) throws InterruptedException {
        try (AsyncIo io = AsyncIo.open(8, Runnable::run); AsyncFile file = open.in(io)) {
            List<Operation> all = List.of(Operation.nothing(), open.write(file, 1), Operation.nothing());
            io.submitAll(all, Waiting.WAIT).requests().forEach(request -> System.out.println(request.state() + " " + request.result()));
        }
    }

    /** A write, while all that is in flight is a poll of what never happens. */
    private static void behindAPoll(OpenFile open) throws Exception {
        try (AsyncIo io = AsyncIo.open(8, Runnable::run); AsyncFile file = open.in(io); EventCounter silent = EventCounter.open()) {
            io.submit(Operation.poll(silent.descriptor(), Iocb.POLLIN));
            AioRequest write = io.submit(open.write(file, 1));
            io.awaitAny(List.of(write), Duration.ofSeconds(5));
            System.out.println(write.state());
        }
    }

    /** The question's 1024 rows of 1 KiB, in memory that begins 16 bytes behind a page. */
    private static void unaligned(OpenFile open) {
        try (IoQueue queue = new IoQueue(KernelAioEngine.open(64)); AsyncIo io = AsyncIo.open(64, Runnable::run)) {
            AsyncFile file = io.file(open.file());
            refusals("the log's queue", i -> queue.add(new IoRequest(_ -> { }).write(open.file(), i * 1024L,
                open.memory().segment().asSlice(16 + i % 512 * 1024L, 1024))));
            refusals("requests", i -> file.write(i * 1024L, open.memory().part(16 + i % 512 * 1024L, 1024)));
            queue.submit();
            System.out.println("pending " + queue.pending() + " " + io.pending());
        }
    }

    private static void refusals(String whose, IntConsumer submit) {
        int refused = 0;
        String message = "";
        for (int i = 0; i < 1024; i++) {
            try {
                submit.accept(i);
            } catch (MisalignedRequestException e) {
                refused++;
                message = e.getMessage();
            }
        }
        System.out.println(whose + " refused " + refused + " | " + message);
    }

    private static void held(int depth) throws InterruptedException, IOException {
        try (KernelAioEngine engine = KernelAioEngine.open(depth)) {
            System.out.println("ready " + engine.depth());
            System.in.read();
        }
    }
}
