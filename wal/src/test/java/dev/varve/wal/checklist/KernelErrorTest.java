package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.checklist.ChildJvm;
import dev.varve.wal.BuildTree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Campaign T6 on the real kernel: system calls of a log in a process of its own are made to fail, by a tracer, at their n-th call or from
 * it on. Sampled by a printed seed; {@code -Dvarve.torture=true} runs a hundred.
 */
@Timeout(1200)
class KernelErrorTest {
    private static final List<String> CALLS = List.of("io_setup", "io_submit", "io_getevents", "fallocate", "fsync", "renameat,renameat2",
        "unlinkat");
    private static final List<String> ERRNOS = List.of("EIO", "ENOSPC", "EDQUOT", "EAGAIN", "EINTR", "EINVAL", "ENOMEM", "EROFS", "EACCES",
        "ENODEV", "EBADF", "ENOSYS");
    private static final List<String> OCCASIONS = List.of("1", "2", "4", "30", "2+", "40+");
    private static final int CASES = Boolean.getBoolean("varve.torture") ? 100 : 6;
    private static final Pattern TYPED = Pattern.compile("(?m)^refused (StorageContract|IoFailure|NoSpace|LogFailed|IndeterminateAppend"
        + "|RefusedLog|LogLocked)Exception: .");

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private record Case(String call, String errno, String when) {
        String inject() {
            return "inject=" + call + ":error=" + errno + ":when=" + when;
        }

        /** Signals that never end are waited out, by whoever makes the call. */
        boolean isSignalStorm() {
            return errno.equals("EINTR") && when.endsWith("+");
        }
    }

    private static List<Case> cases(Random random) {
        List<Case> cases = new ArrayList<>();
        for (String call : CALLS) {
            for (String errno : ERRNOS) {
                OCCASIONS.forEach(when -> cases.add(new Case(call, errno, when)));
            }
        }
        cases.removeIf(Case::isSignalStorm);
        Collections.shuffle(cases, random);
        return cases.subList(0, CASES);
    }

    @Test
    void t6SystemCallsThatFailEndInSuccessOrInTheTypedErrorAndLoseNothingAcknowledged() throws Exception {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        long seed = Long.getLong("varve.seed", new Random().nextLong());
        int refused = 0;
        int index = 0;
        for (Case one : cases(new Random(seed))) {
            Path directory = folder.resolve("log" + index);
            String output = ChildJvm.of(ErrorProgram.class, directory)
                .traced(folder.resolve("trace" + index++), "-e", "trace=" + one.call(), "-e", one.inject()).output();
            NumberedLog numbered = new NumberedLog();
            LogProgram.acknowledgements(output, numbered);
            numbered.tried(ErrorProgram.RECORDS);
            assertThat(output).as("%s, seed %d", one, seed).endsWith("over\n");
            output.lines().filter(line -> line.startsWith("refused"))
                .forEach(line -> assertThat(line).as("%s", one).containsPattern(TYPED));
            refused += output.contains("refused") ? 1 : 0;
            numbered.check(directory);
        }
        System.out.println("T6 on the kernel, seed " + seed + ": " + index + " cases, " + refused + " ended in an error");
    }
}
