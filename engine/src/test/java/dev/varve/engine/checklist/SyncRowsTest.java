package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.aio.request.AioRequest;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.CancelOutcome;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.aio.request.Waiting;
import dev.varve.engine.linux.BuildTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows 15 and 19 on a disk that is slow on purpose, since a fast one makes every order of writes and syncs look right. */
@Timeout(120)
class SyncRowsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long DISK_LENGTH = 64 << 20;
    private static final long SLOW = 8 << 20;
    private static final int WRITES = 16;
    private static final int WRITE_LENGTH = 256 << 10;
    private static final int BLOCKS = WRITES * WRITE_LENGTH / OpenFile.BLOCK;
    /** Of a block device's figures: how many commands to empty its cache were done. */
    private static final int SYNCS_FIELD = 15;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private LoopDisk slowDisk() throws IOException {
        String obstacle = Throttle.obstacle();
        assumeTrue(obstacle == null, obstacle);
        return LoopDisk.ext4(path, DISK_LENGTH, 512);
    }

    @Test
    void row15AWriteThatTheKernelHasIsNotCancelledAndItsResultComes() throws Exception {
        try (LoopDisk disk = slowDisk(); OpenFile open = new OpenFile(disk.mountPoint(), BLOCKS); Throttle _ = Throttle.of(disk, SLOW);
            AsyncIo io = AsyncIo.open(4, Runnable::run); AsyncFile file = open.in(io)) {
            AioRequest write = file.write(0, open.memory().whole());
            assertThat(write.state()).isEqualTo(AioRequest.State.IN_FLIGHT);
            assertThat(io.cancel(write)).isEqualTo(CancelOutcome.NOT_CANCELLED);
            long startNs = System.nanoTime();
            assertThat(io.awaitAny(List.of(write), Duration.ofSeconds(60)).result()).isEqualTo((long) BLOCKS * OpenFile.BLOCK);
            assertThat(io.cancel(write)).isEqualTo(CancelOutcome.ALL_DONE);
            Observed.note(15, "4 MiB in flight: NOT_CANCELLED, and all of it written " + (System.nanoTime() - startNs) / 1_000_000 + " ms later");
        }
    }

    @Test
    void row19ASyncInTheSameSubmissionOvertakesItsWritesInTheKernel() throws Exception {
        try (LoopDisk disk = slowDisk(); OpenFile open = new OpenFile(disk.mountPoint(), BLOCKS); Throttle _ = Throttle.of(disk, SLOW);
            SharedContext<Integer> context = SharedContext.open(WRITES + 1)) {
            List<Submission<Integer>> batch = new ArrayList<>();
            for (int i = 0; i < WRITES; i++) {
                long at = (long) i * WRITE_LENGTH;
                batch.add(new Submission<>(Iocb.pwrite(open.file().descriptor(), open.memory().segment().asSlice(at, WRITE_LENGTH), at), i));
            }
            batch.add(new Submission<>(Iocb.fdsync(open.file().descriptor()), WRITES));
            List<AioEvent<Integer>> events = new ArrayList<>();
            assertThat(context.submit(batch)).isEqualTo(WRITES + 1);
            assertThat(context.reap(events, new ReapLimits(WRITES + 1, WRITES + 1, 60 * SECOND))).isEqualTo(WRITES + 1);

            int place = events.stream().map(AioEvent::request).toList().indexOf(WRITES);
            assertThat(place).isLessThan(WRITES);
            Observed.note(19, "one submission of 16 writes and an FDSYNC, slowed down: the FDSYNC's event was the " + (place + 1) + ". of 17");
        }
    }

    @Test
    void row19ARequestedSyncWaitsForTheWritesBeforeIt() throws Exception {
        try (LoopDisk disk = slowDisk(); OpenFile open = new OpenFile(disk.mountPoint(), BLOCKS); Throttle _ = Throttle.of(disk, SLOW);
            AsyncIo io = AsyncIo.open(WRITES + 1, Runnable::run); AsyncFile file = open.in(io)) {
            List<Operation> all = new ArrayList<>();
            for (int i = 0; i < WRITES; i++) {
                long at = (long) i * WRITE_LENGTH;
                all.add(Operation.write(file, at, open.memory().part(at, WRITE_LENGTH)).withTag(i));
            }
            all.add(Operation.dataSync(file).withTag(WRITES));
            ConcurrentLinkedQueue<Long> order = new ConcurrentLinkedQueue<>();
            long startNs = System.nanoTime();
            List<AioRequest> requests = io.submitAll(all, Waiting.NOWAIT).requests();
            requests.forEach(request -> request.onOver(over -> order.add(over.operation().tag())));
            io.awaitAny(List.of(requests.getLast()), Duration.ofSeconds(60)).result();

            assertThat(requests).allSatisfy(request -> assertThat(request.state()).isEqualTo(AioRequest.State.DONE));
            assertThat(List.copyOf(order).indexOf((long) WRITES)).isIn(-1, WRITES);
            Observed.note(19, "16 writes and a dataSync in one list, slowed down: the dataSync was over last, after "
                + (System.nanoTime() - startNs) / 1_000_000 + " ms");
        }
    }

    private static long syncs(LoopDisk disk) throws IOException {
        Path figures = Path.of("/sys/block", Path.of(disk.device()).getFileName().toString(), "stat");
        return Long.parseLong(Files.readString(figures).strip().split("\\s+", -1)[SYNCS_FIELD]);
    }

    @Test
    void row19TheDeviceIsAskedToEmptyItsCacheOncePerBatch() throws Exception {
        int batches = 20;
        String obstacle = LoopDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
        try (LoopDisk disk = LoopDisk.ext4(path, DISK_LENGTH, 512); OpenFile open = new OpenFile(disk.mountPoint(), 64);
            AsyncIo io = AsyncIo.open(16, Runnable::run); AsyncFile file = open.in(io)) {
            // What making the file and the file system has left to do is done before the count.
            LoopDisk.run("sync", "--file-system", disk.mountPoint().toString());
            long before = syncs(disk);
            long withoutSync = 0;
            for (int batch = 0; batch < batches; batch++) {
                List<Operation> all = new ArrayList<>(IntStream.range(0, 8).mapToObj(i -> open.write(file, i)).toList());
                io.submitAll(all, Waiting.WAIT);
                withoutSync += syncs(disk) - before - batch;
                assertThat(io.awaitAny(List.of(file.dataSync()), Duration.ofSeconds(20)).result()).isZero();
            }
            long rise = syncs(disk) - before;
            // The file system's own journal may add one while this runs.
            assertThat(rise).isBetween((long) batches, batches + 2L);
            assertThat(withoutSync).isLessThanOrEqualTo(2L * batches);
            Observed.note(19, batches + " batches of 8 writes and a dataSync: " + rise + " commands to the device to empty its cache");
        }
    }

    @Test
    void row19ADirectoryIsSyncedLikeAFile() throws IOException {
        try (OpenFile open = new OpenFile(path, 4); SharedContext<Integer> context = SharedContext.open(4)) {
            int descriptor;
            try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
                descriptor = all.filter(link -> isLinkTo(link, path)).map(link -> Integer.parseInt(link.getFileName().toString()))
                    .findFirst().orElseThrow();
            }
            List<AioEvent<Integer>> events = new ArrayList<>();
            assertThat(context.submit(List.of(new Submission<>(Iocb.fsync(descriptor), 1), new Submission<>(Iocb.fdsync(descriptor), 2))))
                .isEqualTo(2);
            assertThat(context.reap(events, new ReapLimits(2, 2, 20 * SECOND))).isEqualTo(2);
            assertThat(events).extracting(AioEvent::result).containsExactly(0L, 0L);
            open.directory().sync();
        }
        Observed.note(19, "FSYNC and FDSYNC of a directory's descriptor: 0 each");
    }

    private static boolean isLinkTo(Path link, Path target) {
        try {
            return Files.readSymbolicLink(link).equals(target);
        } catch (IOException _) {
            // The descriptor of the listing itself is closed by now.
            return false;
        }
    }
}
