package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.request.RequestLoad;
import dev.varve.engine.io.Errno;
import dev.varve.engine.linux.BuildTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever goes wrong between setting up and closing, the share of the whole machine is as before when everything is closed, while the
 * process still lives. What the same faults do to requests is seen by the tests of the same rows that run beside others.
 */
@Tag("host-wide")
@Timeout(300)
class HostWideFaultRowsTest {
    private static final int ROUNDS_MAX = 10;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private MachineShare share;

    @BeforeEach
    void lock() throws Exception {
        share = MachineShare.alone();
    }

    @AfterEach
    void unlock() throws Exception {
        share.close();
    }

    private static ChildJvm program(Class<?> program, Object... arguments) {
        return ChildJvm.of(ShareProgram.class, Stream.concat(Stream.of(program.getName()), Stream.of(arguments)).toArray());
    }

    private MachineShare.Quiet<String> traced(ChildJvm program, String... strace) throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        return share.unchangedWithin(ROUNDS_MAX, () -> program.traced(path.resolve("trace"), strace).output());
    }

    private int injected(String errno) throws Exception {
        return Trace.read(path.resolve("trace")).matching(errno + ".*INJECTED").size();
    }

    @Test
    void row02BehindAFilterOfSystemCallsNothingIsReserved() throws Exception {
        List<String> seen = new ArrayList<>();
        for (int errno : new int[] {Errno.ENOSYS, Errno.EPERM}) {
            ChildJvm filtered = program(FilteredProgram.class, errno);
            MachineShare.Quiet<String> quiet = share.unchangedWithin(ROUNDS_MAX, filtered::output);
            assertThat(quiet.result()).startsWith(Errno.name(errno) + " | io_setup for 65 requests failed");
            seen.add(Errno.name(errno) + " " + quiet.used());
        }
        Observed.note(2, "refused by seccomp; aio-nr before and after: " + String.join(", ", seen));
    }

    @Test
    void row07AfterAPartialSubmissionTheShareIsAsBefore() throws Exception {
        List<Long> seen = new ArrayList<>();
        for (String mode : List.of("refused-request", "refused-in-queue")) {
            MachineShare.Quiet<String> quiet = traced(program(RowProgram.class, mode, path), "-e", "trace=io_submit");
            assertThat(quiet.result()).contains("FAILED EBADF");
            assertThat(Trace.read(path.resolve("trace")).matching("io_submit\\(0x[0-9a-f]+, [5-9], .* = 2$")).hasSize(1);
            seen.add(quiet.used());
        }
        Observed.note(7, "2 of 5 taken; aio-nr before and after: " + seen);
    }

    @Test
    void row10AfterSubmissionsThatFailedForAllReasonsTheShareIsAsBefore() throws Exception {
        List<String> seen = new ArrayList<>();
        for (String errno : List.of("EAGAIN", "EINTR", "ENOMEM")) {
            MachineShare.Quiet<String> quiet = traced(program(RowProgram.class, "rounds", path, 4), "-e", "trace=io_submit", "-e",
                "inject=io_submit:error=" + errno + ":when=2+3");
            assertThat(quiet.result()).contains(" pending 0");
            assertThat(injected(errno)).isPositive();
            seen.add(errno + " " + injected(errno) + " times, aio-nr " + quiet.used());
        }
        Observed.note(10, "injected into io_submit; aio-nr before and after: " + String.join("; ", seen));
    }

    @Test
    void row14AfterInterruptedWaitsTheShareIsAsBefore() throws Exception {
        MachineShare.Quiet<String> quiet = traced(program(RowProgram.class, "rounds", path, 4), "-e", "trace=io_getevents", "-e",
            "inject=io_getevents:error=EINTR:when=2+2");
        assertThat(quiet.result()).contains("done 1024 pending 0");
        assertThat(injected("EINTR")).isPositive();
        Observed.note(14, "EINTR injected " + injected("EINTR") + " times; aio-nr before and after: " + quiet.used());
    }

    @Test
    void row28AfterAFileSizeLimitTheShareIsAsBefore() throws Exception {
        Path folder = Files.createDirectory(path.resolve("folder"));
        Files.write(folder.resolve("file"), new byte[256 << 10]);
        ChildJvm limited = program(RequestLoad.class, "short", folder).limitedTo(20);
        MachineShare.Quiet<String> quiet = share.unchangedWithin(ROUNDS_MAX, limited::output);
        assertThat(quiet.result().lines()).contains("DONE 0 20480", "FAILED 27 0");
        Observed.note(28, "ulimit -f 20: a short write and EFBIG; aio-nr before and after: " + quiet.used());
    }
}
