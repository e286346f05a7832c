package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Errno;
import dev.varve.engine.segment.LogLockedException;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Campaign T6: each call site, each errno, at its n-th call once and from the n-th on, for every n that a short life of a log reaches.
 * Sampled by a printed seed; {@code -Dvarve.torture=true} runs every case.
 */
@Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ErrorAtEveryCallTest {
    private static final List<Integer> ERRNOS = List.of(Errno.EIO, Errno.ENOSPC, Errno.EDQUOT, Errno.EAGAIN, Errno.EINTR, Errno.EINVAL,
        Errno.ENOMEM, Errno.EROFS, Errno.EACCES, Errno.ENODEV, Errno.EBADF, Errno.ENOSYS);
    private static final List<Operation> TRANSFERS = List.of(Operation.READ, Operation.WRITE);
    private static final long SAMPLE_NS = Long.getLong("varve.t6.seconds", 30L) * 1_000_000_000L;
    private static final boolean IS_TORTURE = Boolean.getBoolean("varve.torture");
    private static final int BLOCK = 4096;
    private static final List<Long> SHORT_COUNTS = List.of(0L, 512L, BLOCK - 1L, (long) BLOCK, 3L * BLOCK - 512);

    private record Case(Occasion occasion, int errno, long shortened) {
        boolean isReap() {
            return occasion.operation() == Operation.REAP;
        }

        /** Requests that the engine keeps keep the lock. */
        boolean explains(Throwable error) {
            return isReap() && error instanceof LogLockedException;
        }

        void script(ErrorCourse course) {
            if (errno != 0) {
                course.disk().faults().fail(occasion, errno);
            } else {
                course.disk().faults().shorten(occasion, shortened);
            }
        }
    }

    /** How often a life without a fault comes to each call site. */
    private static Map<Operation, Long> sites() {
        Map<Operation, Long> counts = new EnumMap<>(Operation.class);
        ErrorCourse course = new ErrorCourse(1, false);
        course.run();
        course.check();
        for (Operation operation : Operation.values()) {
            counts.put(operation, course.disk().faults().calls(operation));
        }
        return counts;
    }

    private static List<Case> cases(Map<Operation, Long> sites) {
        List<Case> cases = new ArrayList<>();
        sites.forEach((operation, count) -> {
            for (long nth = 1; nth <= count; nth++) {
                Occasion once = Occasion.nth(operation, "*", nth);
                for (Occasion occasion : List.of(once, once.onwards())) {
                    ERRNOS.stream().filter(errno -> !isSignalStorm(occasion, errno))
                        .forEach(errno -> cases.add(new Case(occasion, errno, 0)));
                    if (TRANSFERS.contains(operation)) {
                        SHORT_COUNTS.forEach(count0 -> cases.add(new Case(occasion, 0, count0)));
                    }
                }
            }
        });
        return cases;
    }

    /** Signals that never end are waited out for as long as they last: they say nothing about the disk. */
    private static boolean isSignalStorm(Occasion occasion, int errno) {
        return occasion.operation() == Operation.REAP && occasion.andLater() && errno == Errno.EINTR;
    }

    private static void run(Case one, Map<String, Long> outcomes) {
        ErrorCourse course = new ErrorCourse(one.occasion().nth() * 31 + one.errno(), one.isReap());
        one.script(course);
        try {
            course.run();
            for (Throwable error : course.errors()) {
                // A transfer that never gets further is given up as EIO, and so is one that is only ever put off.
                boolean isTyped = ErrorCourse.isTyped(error, one.errno()) || ErrorCourse.isTyped(error, Errno.EIO) || one.explains(error);
                assertThat(isTyped).as("%s", error).isTrue();
            }
            String outcome = course.errors().isEmpty() ? "success" : course.errors().getFirst().getClass().getSimpleName();
            outcomes.merge(outcome, 1L, Long::sum);
            course.check();
        } catch (RuntimeException | Error e) {
            throw new AssertionError(one + ": " + e, e);
        }
    }

    @Test
    void t6EveryCallThatFailsEndsInSuccessOrInTheTypedErrorAndLosesNothingAcknowledged() {
        Map<Operation, Long> sites = sites();
        List<Case> cases = cases(sites);
        long seed = Long.getLong("varve.seed", new Random().nextLong());
        Collections.shuffle(cases, new Random(seed));
        Map<String, Long> outcomes = new TreeMap<>();
        List<String> failures = new ArrayList<>();
        long startNs = System.nanoTime();
        int done = 0;
        for (Case one : cases) {
            if (!IS_TORTURE && System.nanoTime() - startNs > SAMPLE_NS) {
                break;
            }
            try {
                run(one, outcomes);
            } catch (AssertionError e) {
                failures.add(e.getMessage());
            }
            done++;
        }
        System.out.println("T6, seed " + seed + ": " + done + " of " + cases.size() + " cases in "
            + (System.nanoTime() - startNs) / 1_000_000 + " ms, " + sites + ", " + outcomes);
        assertThat(failures).as("of %d cases, seed %d", done, seed).isEmpty();
        assertThat(done).isGreaterThan(100);
    }
}
