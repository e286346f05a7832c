package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioLimits;
import dev.varve.engine.aio.KernelAioEngine;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.Syscalls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rows 2, 3 and 43: the share of the whole machine. These tests run alone and last, one build at a time; of processes that know
 * nothing of this lock, some come and go, so one quiet moment of many has to do.
 */
@Tag("host-wide")
@Timeout(300)
class HostWideRowsTest {
    private static final int TRIES_MAX = 50;
    private static final int CYCLES = 10_000;
    /** What the JVM's own code may still grow by; of ten thousand engines the iocbs alone would be twice as much. */
    private static final long GROWTH_MAX_KIB = 20 << 10;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private MachineShare share;

    @BeforeEach
    void lock() throws IOException {
        share = MachineShare.alone();
    }

    @AfterEach
    void unlock() throws IOException {
        share.close();
    }

    /** What a process holds: see {@link ProcessProgram}. */
    private record Footprint(long descriptors, long rings, long residentKib, long addressKib) {
        static Footprint of(String output, String when) {
            String line = output.lines().filter(one -> one.startsWith(when)).findFirst().orElseThrow();
            long[] numbers = Arrays.stream(line.substring(when.length() + 1).split(" ", -1)).mapToLong(Long::parseLong).toArray();
            return new Footprint(numbers[0], numbers[1], numbers[2], numbers[3]);
        }
    }

    private static long used() {
        return MachineShare.used();
    }

    private static long number(String name) throws IOException {
        // In one large read: the kernel gives such a file's content to the first read only, however short that is.
        try (InputStream file = Files.newInputStream(Path.of("/proc/sys/fs", name))) {
            return Long.parseLong(new String(file.readNBytes(64), StandardCharsets.US_ASCII).strip());
        }
    }

    /** Takes all that is left of the machine's requests, in pieces that become smaller. */
    private static void takeAll(Syscalls calls, Deque<Long> contexts) {
        for (int piece = 1 << 20; piece > 0; piece /= 2) {
            for (long context = calls.ioSetup(piece); context > 0; context = calls.ioSetup(piece)) {
                contexts.push(context);
            }
        }
    }

    @Test
    void row02AMachineWithoutRequestsLeftIsNamedWithNumbersAndCommand() throws IOException {
        long max = number("aio-max-nr");
        assumeTrue(max <= 1 << 18, "fs.aio-max-nr=" + max + " is too much to take all of it");
        StorageContractException refusal = null;
        for (int i = 0; i < TRIES_MAX && refusal == null; i++) {
            Syscalls calls = Syscalls.open();
            Deque<Long> contexts = new ArrayDeque<>();
            try {
                takeAll(calls, contexts);
                KernelAioEngine.open(64).close();
            } catch (StorageContractException e) {
                refusal = e;
            } finally {
                contexts.forEach(calls::ioDestroy);
            }
        }
        assertThat(refusal).isNotNull();
        assertThat(refusal.errno()).isEqualTo(Errno.EAGAIN);
        assertThat(refusal.obstacle()).isEqualTo(StorageObstacle.REQUEST_LIMIT);
        assertThat(refusal).hasMessageMatching(".* EAGAIN: .*fs\\.aio-nr=\\d+, fs\\.aio-max-nr=" + max
            + "; raise it with: sysctl -w fs\\.aio-max-nr=\\d+");
        KernelAioEngine.open(64).close();
        Observed.note(2, refusal.getMessage());
    }

    @Test
    void row03TheCountRisesByExactlyWhatWasAskedAndFallsWithTheClose() throws IOException {
        assertThat(AioLimits.current().max()).isEqualTo(number("aio-max-nr"));
        int depth = 700;
        long before = 0;
        long during = 0;
        long after = 0;
        boolean isSeen = false;
        for (int i = 0; i < TRIES_MAX && !isSeen; i++) {
            before = used();
            try (KernelAioEngine engine = KernelAioEngine.open(depth)) {
                during = number("aio-nr");
                assertThat(engine.depth()).isEqualTo(depth);
            }
            after = used();
            isSeen = during == before + depth + 1 && after == before;
        }
        assertThat(isSeen).as("before %d, during %d, after %d", before, during, after).isTrue();
        Observed.note(3, "aio-nr " + before + ", with an engine of 700 requests and its poll " + during + ", then " + after
            + "; aio-max-nr " + number("aio-max-nr"));
    }

    @Test
    void row03AKilledProcessGivesItsShareBack() throws Exception {
        int depth = 5000;
        boolean isSeen = false;
        long took = 0;
        for (int i = 0; i < 10 && !isSeen; i++) {
            Process process = ChildJvm.of(RowProgram.class, "held", path, depth).start();
            try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
                long before = used();
                assertThat(reader.readLine()).isEqualTo("ready 5000");
                long during = used();
                long startNs = System.nanoTime();
                process.destroyForcibly();
                assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isEqualTo(128 + 9);
                // The kernel gives a dead process's contexts back a moment later.
                for (int j = 0; j < 100 && used() != during - depth - 1; j++) {
                    Thread.sleep(20);
                }
                isSeen = during == before + depth + 1 && used() == before;
                took = (System.nanoTime() - startNs) / 1_000_000;
            } finally {
                process.destroyForcibly();
            }
        }
        assertThat(isSeen).isTrue();
        Observed.note(3, "a process with 5001 requests, killed: aio-nr as before within " + took + " ms");
    }

    @Test
    void row03AThousandEnginesLeaveNothingBehind() throws Exception {
        MachineShare.Quiet<Long> quiet = share.unchangedBy(10, () -> {
            long startNs = System.nanoTime();
            // Many at a time: each end of a context waits for a quiet moment of all processors.
            try (ExecutorService threads = Executors.newFixedThreadPool(20)) {
                List<Future<?>> all = IntStream.range(0, 1000)
                    .<Future<?>>mapToObj(_ -> threads.submit(() -> KernelAioEngine.open(64).close())).toList();
                for (Future<?> each : all) {
                    each.get();
                }
            }
            return (System.nanoTime() - startNs) / 1_000_000;
        });
        Observed.note(3, "1000 engines opened and closed, 20 at a time, in " + quiet.result() + " ms: aio-nr " + quiet.used()
            + " before and after");
    }

    @Test
    void row43TenThousandEnginesLeaveNothingBehind() throws Exception {
        // A small heap, so that garbage that was not collected yet is not taken for memory lost.
        ChildJvm cycles = ChildJvm.of(ProcessProgram.class, "cycles", path, CYCLES)
            .under("/usr/bin/env", "JDK_JAVA_OPTIONS=-Xms24m -Xmx24m");
        long startNs = System.nanoTime();
        MachineShare.Quiet<String> quiet = share.unchangedWithin(5, cycles::output);
        long tookS = (System.nanoTime() - startNs) / 1_000_000_000;
        Footprint before = Footprint.of(quiet.result(), "before");
        Footprint after = Footprint.of(quiet.result(), "after");

        assertThat(after.descriptors()).isEqualTo(before.descriptors());
        assertThat(after.rings()).isZero();
        assertThat(after.residentKib() - before.residentKib()).as("%s, then %s", before, after).isLessThan(GROWTH_MAX_KIB);
        assertThat(after.addressKib() - before.addressKib()).as("%s, then %s", before, after).isLessThan(2 * GROWTH_MAX_KIB);
        Observed.note(43, CYCLES + " engines opened, used and closed in " + tookS + " s: descriptors " + before.descriptors() + " and "
            + after.descriptors() + ", rings " + after.rings() + ", memory " + (after.residentKib() - before.residentKib())
            + " KiB more, fs.aio-nr " + quiet.used() + " before and after");
    }
}
