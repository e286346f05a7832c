package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.KernelAioEngine;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.aio.request.AioRequest;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.aio.request.RequestMemory;
import dev.varve.engine.aio.request.Waiting;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageObstacle;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.LinuxFile;
import dev.varve.engine.linux.Syscalls;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows 1 to 5: contexts are made, refused, kept apart and ended. */
@Timeout(120)
class SetupRowsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int RING_MAGIC = 0xa10a10a1;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private String outputOf(String mode, String... strace) throws IOException, InterruptedException {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        return ChildJvm.of(RowProgram.class, mode, path).traced(path.resolve("trace"), strace).output();
    }

    @SuppressWarnings("restricted") // The kernel has mapped the ring there; its header is read and nothing written.
    private static MemorySegment ringHeader(long context) {
        return MemorySegment.ofAddress(context).reinterpret(8 * Integer.BYTES);
    }

    @Test
    void row01TheKernelMapsARingForEachContextLargeEnoughForWhatWasAsked() {
        Syscalls calls = Syscalls.open();
        List<String> seen = new ArrayList<>();
        for (int depth : new int[] {1, 64, 1024}) {
            long context = calls.ioSetup(depth);
            assertThat(context).isPositive();
            try {
                int[] words = ringHeader(context).toArray(ValueLayout.JAVA_INT);
                assertThat(words[1]).as("nr").isGreaterThanOrEqualTo(depth);
                assertThat(words[2]).as("head").isZero();
                assertThat(words[3]).as("tail").isZero();
                assertThat(words[4]).as("magic").isEqualTo(RING_MAGIC);
                assertThat(words[5]).as("compatible features").isEqualTo(1);
                assertThat(words[6]).as("incompatible features").isZero();
                assertThat(words[7]).as("header length").isEqualTo(32);
                seen.add(depth + ": " + words[1]);
            } finally {
                assertThat(calls.ioDestroy(context)).isZero();
            }
            assertThat(calls.ioDestroy(context)).isEqualTo(-Errno.EINVAL);
        }
        Observed.note(1, "magic a10a10a1, header 32 bytes; slots for a depth of " + String.join(", ", seen)
            + "; a second io_destroy EINVAL");
    }

    @Test
    void row01ACellThatIsNotZeroIsRefusedByATypedException() throws Exception {
        String output = outputOf("open", "-e", "trace=io_setup", "-e", "inject=io_setup:poke_enter=@arg2=0100000000000000");

        assertThat(output).startsWith("EINVAL | io_setup for 65 requests failed with EINVAL");
        assertThat(Trace.read(path.resolve("trace")).matching("io_setup\\(65.*EINVAL")).hasSize(1);
        Observed.note(1, "a cell that the tracer had set to 1: EINVAL of the kernel, StorageContractException");
    }

    @Test
    void row02ADepthThatNoKernelTakesIsRefusedBeforeItHearsOfIt() {
        assertThatThrownBy(() -> KernelAioEngine.open(0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("depth: 0");
        assertThatThrownBy(() -> SharedContext.open(KernelAioEngine.DEPTH_MAX + 1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Syscalls.open().ioSetup(0)).isEqualTo(-Errno.EINVAL);
        assertThat(Syscalls.open().ioSetup(4_194_305)).isEqualTo(-Errno.EINVAL);
        Observed.note(2, "the kernel's answer to 0 and to 4194305 requests: EINVAL; the engine's: IllegalArgumentException,"
            + " no system call");
    }

    @Test
    void row02EachRefusalOfTheKernelIsNamedWithItsCauseAndItsCure() throws Exception {
        record Cure(StorageObstacle obstacle, String words) {
        }

        TreeMap<String, Cure> cures = new TreeMap<>();
        cures.put("ENOSYS", new Cure(StorageObstacle.NO_KERNEL_AIO, "CONFIG_AIO"));
        cures.put("EPERM", new Cure(StorageObstacle.FORBIDDEN, "allow io_setup, io_submit, io_getevents and io_destroy"));
        cures.put("EAGAIN", new Cure(StorageObstacle.REQUEST_LIMIT, "sysctl -w fs.aio-max-nr="));
        cures.put("ENOMEM", new Cure(StorageObstacle.MEMORY, "choose a smaller depth"));
        cures.put("EINVAL", new Cure(StorageObstacle.DEPTH, "choose a smaller depth"));
        cures.put("EACCES", new Cure(StorageObstacle.OTHER, "permission denied"));
        List<String> seen = new ArrayList<>();
        for (String errno : cures.keySet()) {
            String output = outputOf("open", "-e", "trace=io_setup", "-e", "inject=io_setup:error=" + errno);
            assertThat(output).startsWith(errno + " | io_setup for 65 requests failed with " + errno).contains(cures.get(errno).words())
                .endsWith("obstacle " + cures.get(errno).obstacle() + "\n");
            seen.add(errno + " " + cures.get(errno).obstacle());
        }
        Observed.note(2, "injected, and the obstacle of the StorageContractException that names the cure: " + String.join(", ", seen));
    }

    @Test
    void row02AContextWithoutPollsOrWithoutADescriptorIsRefusedAndGivenBack() throws Exception {
        String withoutPolls = outputOf("open", "-e", "trace=/^io_", "-e", "inject=io_submit:error=EINVAL");
        assertThat(withoutPolls).startsWith("EINVAL | this kernel or sandbox refuses to poll by AIO (EINVAL)")
            .contains("Linux 4.19 or later").endsWith("obstacle NO_POLL\n");
        assertThat(Trace.read(path.resolve("trace")).matching("io_destroy.* = 0$")).hasSize(1);

        String withoutDescriptor = outputOf("open", "-e", "trace=/^io_|eventfd2", "-e", "inject=eventfd2:error=EMFILE");
        assertThat(withoutDescriptor).startsWith("EMFILE | no event counter could be made").contains("ulimit -n")
            .endsWith("obstacle DESCRIPTORS\n");
        assertThat(Trace.read(path.resolve("trace")).matching("io_destroy.* = 0$")).hasSize(1);
        Observed.note(2, "EINVAL for the first poll: NO_POLL; EMFILE for the eventfd: DESCRIPTORS; io_destroy once each");
    }

    @Test
    void row02AFilterOfSystemCallsAsContainersHaveItIsNamedWithItsCure() throws Exception {
        String missing = ChildJvm.of(FilteredProgram.class, Errno.ENOSYS).output();
        String forbidden = ChildJvm.of(FilteredProgram.class, Errno.EPERM).output();
        assertThat(missing).startsWith("ENOSYS | io_setup for 65 requests failed with ENOSYS").contains("CONFIG_AIO")
            .endsWith("obstacle NO_KERNEL_AIO\n");
        assertThat(forbidden).startsWith("EPERM | io_setup for 65 requests failed with EPERM")
            .contains("allow io_setup, io_submit, io_getevents and io_destroy").endsWith("obstacle FORBIDDEN\n");
        Observed.note(2, "behind a seccomp filter that answers ENOSYS, or EPERM: a StorageContractException that names the cure");
    }

    @Test
    void row04EachOfTwoContextsSeesItsOwnEventsOnly() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int[] counts = new int[2];
        try (OpenFile file = new OpenFile(path, 64); SharedContext<Integer> even = SharedContext.open(64);
            SharedContext<Integer> odd = SharedContext.open(64)) {
            List<SharedContext<Integer>> both = List.of(even, odd);
            for (int round = 0; round < 200; round++) {
                List<List<Integer>> sent = List.of(new ArrayList<>(), new ArrayList<>());
                for (int i = 0; i < 32; i++) {
                    int which = random.nextInt(2);
                    int index = 2 * i + which;
                    assertThat(both.get(which).submit(List.of(file.write(index)))).isEqualTo(1);
                    sent.get(which).add(index);
                }
                // The one that was asked last is looked at first.
                for (int which = 1; which >= 0; which--) {
                    int count = sent.get(which).size();
                    List<AioEvent<Integer>> events = new ArrayList<>();
                    assertThat(both.get(which).reap(events, new ReapLimits(count, 64, 20 * SECOND))).isEqualTo(count);
                    assertThat(events).as("seed %d", seed).extracting(AioEvent::request)
                        .containsExactlyInAnyOrderElementsOf(sent.get(which));
                    counts[which] += count;
                }
            }
        }
        Observed.note(4, "200 rounds, " + counts[0] + " and " + counts[1] + " events, none of the other's");
    }

    @Test
    void row05ClosingWaitsForSixteenMebibytesInFlightAndGivesTheBuffersBack() throws Exception {
        int pending = 0;
        long closeNs = 0;
        // Whether the disk is still busy when it is closed is the disk's business; the rest is true in any case.
        for (int attempt = 0; attempt < 20 && pending < 16; attempt++) {
            try (OpenFile file = new OpenFile(path, 4096)) {
                AsyncIo io = AsyncIo.open(16, Runnable::run);
                AsyncFile async = file.in(io);
                List<AioRequest> all = io.submitAll(IntStream.range(0, 16).mapToObj(i -> Operation.write(async, (long) i << 20,
                    file.memory().part((long) i << 20, 1 << 20))).toList(), Waiting.NOWAIT).requests();
                List<CompletableFuture<Long>> futures = all.stream().map(AioRequest::future).toList();
                pending = io.pending();
                long startNs = System.nanoTime();
                io.close();
                closeNs = System.nanoTime() - startNs;
                for (CompletableFuture<Long> future : futures) {
                    assertThat(future.get(1, TimeUnit.SECONDS)).isEqualTo(1L << 20);
                }
                io.close();
                assertThatThrownBy(() -> async.write(0, file.part(0))).isInstanceOf(IllegalStateException.class);
                // A buffer that a request still had could not be freed.
                RequestMemory memory = file.memory();
                memory.segment().fill((byte) 5);
                memory.close();
            }
        }
        assertThat(pending).isPositive();
        Observed.note(5, pending + " of 16 in flight, closed after " + TimeUnit.NANOSECONDS.toMicros(closeNs) + " us, all futures done");
    }

    @Test
    void row05NothingIsAskedOfTheKernelAfterTheEnd() throws Exception {
        afterTheEnd(5);
    }

    @Test
    void row08WhatIsClosedRefusesByItsOwnExceptionAndNoSystemCall() throws Exception {
        afterTheEnd(8);
    }

    private void afterTheEnd(int row) throws IOException, InterruptedException {
        assertThat(outputOf("after-the-end", "-e", "trace=/^io_")).contains("refused 4");

        List<String> calls = Trace.read(path.resolve("trace")).matching("^io_");
        assertThat(calls.getFirst()).startsWith("io_setup(");
        assertThat(calls.getLast()).startsWith("io_destroy(");
        assertThat(calls).filteredOn(call -> call.startsWith("io_destroy(")).hasSize(1);
        Observed.note(row, calls.size() + " calls, io_destroy once and last; 4 uses and a second close after it: IllegalStateException,"
            + " no call");
    }

    @Test
    void row08AFirstRequestThatIsRefusedTakesNoneWithIt() throws IOException {
        try (OpenFile file = new OpenFile(path, 4); SharedContext<Integer> context = SharedContext.open(4);
            LinuxFile readOnly = file.openToRead()) {
            List<Submission<Integer>> batch = List.of(file.write(readOnly, 0), file.write(1), file.write(2));
            assertThat(context.submit(batch)).isEqualTo(-Errno.EBADF);
            assertThat(context.inFlight()).isZero();
            List<AioEvent<Integer>> events = new ArrayList<>();
            assertThat(context.reap(events, ReapLimits.now(4))).isZero();

            assertThat(context.submit(batch.subList(1, 3))).isEqualTo(2);
            assertThat(context.reap(events, new ReapLimits(2, 4, 20 * SECOND))).isEqualTo(2);
            assertThat(events).extracting(AioEvent::request).containsExactlyInAnyOrder(1, 2);
        }
        Observed.note(8, "EBADF for the first of 3, nothing in flight, no event; the other two go by a submission of their own");
    }
}
