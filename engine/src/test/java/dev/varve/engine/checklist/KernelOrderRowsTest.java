package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.MappedMemory;
import dev.varve.engine.linux.RawFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When the kernel is asynchronous and in what order it completes, without any rule of Varve's, on a device that takes 16 MiB a second. */
@Timeout(120)
class KernelOrderRowsTest {
    private static final int BLOCK = 4096;
    private static final int MIB = 1 << 20;
    private static final int LARGE_COUNT = 8;
    private static final int DEPTH = 64;
    private static final long LONG_NS = 30_000_000_000L;
    private static final Path IN_MEMORY = Path.of("/dev/shm");

    @TempDir(factory = BuildTree.class)
    private static Path folder;
    private static SlowDisk disk;

    private final MappedMemory memory = MappedMemory.map(16L * MIB, BLOCK);
    private final SharedContext<Integer> context = SharedContext.open(DEPTH);

    @BeforeEach
    void open() throws IOException {
        String obstacle = SlowDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
        if (disk == null) {
            disk = SlowDisk.open(folder, 16 * MIB, 16L * MIB);
        }
    }

    @AfterEach
    void close() {
        context.close();
        memory.close();
    }

    @AfterAll
    static void unmount() throws IOException {
        if (disk != null) {
            disk.close();
            disk = null;
        }
    }

    private Submission<Integer> write(RawFile file, int index, int length) {
        long at = (long) index * length;
        return new Submission<>(Iocb.pwrite(file.descriptor(), memory.segment().asSlice(at, length), at), index);
    }

    private List<Submission<Integer>> writes(RawFile file, int count, int length) {
        return IntStream.range(0, count).mapToObj(i -> write(file, i, length)).toList();
    }

    private List<AioEvent<Integer>> reapAll(int count) {
        List<AioEvent<Integer>> events = new ArrayList<>();
        while (events.size() < count) {
            assertThat(context.reap(events, new ReapLimits(1, count - events.size(), LONG_NS))).isPositive();
        }
        return events;
    }

    /** How a submission of large writes went. */
    private record Course(double returnedMs, int over, double overMs) {
        @Override
        public String toString() {
            return String.format("io_submit %.1f ms, %d of %d over at return, all after %.1f ms", returnedMs, over, LARGE_COUNT, overMs);
        }
    }

    private Course submitLarge(RawFile file) {
        List<Submission<Integer>> batch = writes(file, LARGE_COUNT, MIB);
        long startNs = System.nanoTime();
        assertThat(context.submit(batch)).isEqualTo(LARGE_COUNT);
        long returnedNs = System.nanoTime() - startNs;
        List<AioEvent<Integer>> events = new ArrayList<>();
        int over = context.reap(events, ReapLimits.now(LARGE_COUNT));
        events.addAll(reapAll(LARGE_COUNT - over));
        long overNs = System.nanoTime() - startNs;
        assertThat(events).extracting(AioEvent::result).containsOnly((long) MIB);
        return new Course(returnedNs / 1e6, over, overNs / 1e6);
    }

    @Test
    void row26DirectWritesToWrittenBlocksAreAsynchronous() throws IOException {
        try (RawFile file = RawFile.direct(disk.file())) {
            Course course = submitLarge(file);
            assertThat(course.over()).isLessThan(LARGE_COUNT);
            assertThat(course.overMs()).isGreaterThan(300).isGreaterThan(3 * course.returnedMs());
            Observed.note(26, "ext4, written before, direct: " + course);
        }
    }

    @Test
    void row26WritesThroughThePageCacheAreOverAtReturn() throws IOException {
        Path path = disk.mountPoint().resolve("buffered");
        try (RawFile file = RawFile.buffered(path)) {
            Course course = submitLarge(file);
            assertThat(course.over()).isEqualTo(LARGE_COUNT);
            // Nothing is left to be written that another test's sync would wait for.
            Files.delete(path);
            Observed.note(26, "ext4, buffered: " + course);
        }
    }

    @Test
    void row26WritesThatMakeAFileLongerAreOverAtReturn() throws IOException {
        try (RawFile file = RawFile.direct(disk.mountPoint().resolve("growing"))) {
            Course course = submitLarge(file);
            assertThat(course.over()).isEqualTo(LARGE_COUNT);
            assertThat(course.returnedMs()).as("io_submit waits for the device").isGreaterThan(300);
            Observed.note(26, "ext4, extending, direct: " + course);
        }
    }

    @Test
    void row26WritesToMemoryAreOverAtReturnAlthoughItTakesThemForDirect() throws IOException {
        assumeTrue(Files.isWritable(IN_MEMORY) && "tmpfs".equals(Files.getFileStore(IN_MEMORY).type()), "no tmpfs at " + IN_MEMORY);
        Path path = Files.createTempFile(IN_MEMORY, "varve", ".test");
        try (RawFile file = RawFile.direct(path)) {
            Course course = submitLarge(file);
            assertThat(course.over()).isEqualTo(LARGE_COUNT);
            Observed.note(26, "tmpfs, direct: " + course);
        } finally {
            Files.delete(path);
        }
    }

    @Test
    void row27CompletionsComeInAnotherOrderAndAreKnownByTheirRequests() {
        try (RawFile file = RawFile.direct(disk.file())) {
            List<Submission<Integer>> batch = new ArrayList<>(writes(file, 4, MIB));
            for (int i = 4; i < 12; i++) {
                MemorySegment into = memory.segment().asSlice(4L * MIB + (long) i * BLOCK * 8, BLOCK * (long) (i - 3));
                batch.add(new Submission<>(Iocb.pread(file.descriptor(), into, 8L * MIB), i));
            }
            assertThat(context.submit(batch)).isEqualTo(batch.size());
            List<AioEvent<Integer>> events = reapAll(batch.size());

            assertThat(events).allSatisfy(event -> assertThat(event.result()).as("of request %d", event.request())
                .isEqualTo(event.request() < 4 ? MIB : BLOCK * (event.request() - 3L)));
            List<Integer> order = events.stream().map(AioEvent::request).toList();
            assertThat(order).doesNotHaveDuplicates().hasSize(12);
            assertThat(order.indexOf(11)).as("a read behind the writes: %s", order).isLessThan(order.indexOf(3));
            Observed.note(27, "four writes, then eight reads submitted; completed " + order);
        }
    }

    @Test
    void row37AnFdsyncOvertakesTheWritesOfItsOwnSubmission() {
        int count = 16;
        try (RawFile file = RawFile.direct(disk.file())) {
            List<Submission<Integer>> batch = new ArrayList<>(writes(file, count, MIB / 4));
            batch.add(new Submission<>(Iocb.fdsync(file.descriptor()), count));
            long startNs = System.nanoTime();
            assertThat(context.submit(batch)).isEqualTo(count + 1);
            List<AioEvent<Integer>> events = new ArrayList<>();
            long syncNs = 0;
            int behind = 0;
            while (events.size() <= count) {
                assertThat(context.reap(events, new ReapLimits(1, 1, LONG_NS))).isEqualTo(1);
                if (syncNs > 0) {
                    behind++;
                } else if (events.getLast().request() == count) {
                    syncNs = System.nanoTime() - startNs;
                }
            }
            long allNs = System.nanoTime() - startNs;

            assertThat(events).allSatisfy(event -> assertThat(event.result()).isEqualTo(event.request() == count ? 0 : MIB / 4));
            assertThat(behind).as("writes that completed after the sync").isPositive();
            Observed.note(37, String.format("raw: FDSYNC was number %d of %d after %.1f ms, %d writes came after it, all after %.1f ms",
                count + 1 - behind, count + 1, syncNs / 1e6, behind, allNs / 1e6));
        }
    }

    @Test
    void row37AnFdsyncSubmittedAfterTheReapMayShareItsSubmissionWithOtherWrites() {
        int count = 16;
        try (RawFile file = RawFile.direct(disk.file())) {
            assertThat(context.submit(writes(file, count, MIB / 4))).isEqualTo(count);
            assertThat(reapAll(count)).extracting(AioEvent::result).containsOnly(MIB / 4L);
            List<Submission<Integer>> next = new ArrayList<>(writes(file, count, MIB / 4));
            next.addFirst(new Submission<>(Iocb.fdsync(file.descriptor()), count));
            long startNs = System.nanoTime();
            assertThat(context.submit(next)).isEqualTo(count + 1);
            List<AioEvent<Integer>> events = new ArrayList<>();
            while (events.isEmpty() || events.getLast().request() != count) {
                assertThat(context.reap(events, new ReapLimits(1, 1, LONG_NS))).isEqualTo(1);
            }
            long syncNs = System.nanoTime() - startNs;
            boolean isSyncFirst = events.size() == 1;
            assertThat(events.getLast().result()).isZero();
            events.addAll(reapAll(count + 1 - events.size()));
            assertThat(events).extracting(AioEvent::request).doesNotHaveDuplicates();
            Observed.note(37, String.format("the rule: FDSYNC after 16 reaped writes, with 16 others; its event was %s, after %.1f ms",
                isSyncFirst ? "the first" : "not the first", syncNs / 1e6));
        }
    }

    @Test
    void row43ClosingWaitsForSixteenMibibytesInFlightAndTheMemoryIsFreeAfterwards() throws IOException {
        memory.segment().fill((byte) 43);
        try (RawFile file = RawFile.direct(disk.file())) {
            assertThat(context.submit(writes(file, 16, MIB))).isEqualTo(16);
            long startNs = System.nanoTime();
            context.close();
            long closedMs = (System.nanoTime() - startNs) / 1_000_000;
            memory.segment().fill((byte) 44);
            context.close();

            assertThat(closedMs).as("16 MiB at 16 MiB/s").isGreaterThan(500);
            assertThat(Files.readAllBytes(disk.file())).as("what was in flight when it was closed").containsOnly((byte) 43);
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 44);
            Observed.note(43, "io_destroy with 16 x 1 MiB in flight returned after " + closedMs + " ms, every byte written");
        }
    }
}
