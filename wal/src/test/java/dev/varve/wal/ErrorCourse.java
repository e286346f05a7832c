package dev.varve.wal;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.LogLockedException;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.RefusedLogException;
import dev.varve.recovery.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A short life of a log: it is opened, filled over two rolls, closed, opened and filled again, on a disk on which something goes wrong
 * once, or for good from some moment on. Each end must be success or the error that says what went wrong; then the fault is cleared, the
 * power cut, and everything that was acknowledged must be there.
 *
 * <pre>
 *   open ─► append, roll, append ─► close ─► open ─► append ─► close
 *                               ─► fault cleared, power cut ─► open: all that was acknowledged ─► append
 * </pre>
 *
 * <p>One thread, virtual time. Used once.
 */
final class ErrorCourse {
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
        .withLimits(new LogConfig.Limits(20_000, 1 << 20, 4)).withCommit(new LogConfig.Commit(1 << 14, 0, 50_000_000, 1_000_000_000L));
    private static final ValueLayout.OfInt NUMBER = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final Set<Verdict> RETRIABLE = Set.of(Verdict.UNREADABLE, Verdict.UNDECIDABLE);
    private static final int FIRST = 14;
    private static final int SECOND = 3;
    private static final int TURNS_MAX = 20_000;
    /** A log whose engine is lost sleeps between two turns. */
    private static final int LOST_TURNS_MAX = 20;
    /** No course may take longer, by the disk's clock: whoever hangs is found out. */
    private static final long TIME_MAX_NS = 600_000_000_000L;

    private final SimulatedDisk disk;
    private final long seed;
    private final CountingMemory memory = new CountingMemory();
    /** Numbers of records that were acknowledged, and of those that were taken and are in doubt. */
    private final TreeMap<Integer, Boolean> told = new TreeMap<>();
    private final List<Throwable> errors = new ArrayList<>();
    private final boolean isLeakAllowed;
    private int next;

    /**
     * Prepares a course.
     *
     * @param seed          decides what is left to chance
     * @param isLeakAllowed whether what the engine does not give back may keep memory and lock, as it must
     */
    ErrorCourse(long seed, boolean isLeakAllowed) {
        this.seed = seed;
        this.isLeakAllowed = isLeakAllowed;
        this.disk = new SimulatedDisk(seed, DiskSettings.quiet());
    }

    /** Collected memory that knows how much of it is out. */
    private static final class CountingMemory implements MemorySource {
        private int lent;

        @Override
        public MemorySegment allocate(long length, int alignment) {
            lent++;
            return MemorySource.collected().allocate(length, alignment);
        }

        @Override
        public void free(MemorySegment returned) {
            lent--;
            MemorySource.collected().free(returned);
        }
    }

    SimulatedDisk disk() {
        return disk;
    }

    /** What went wrong from the log's user's view, in order. */
    List<Throwable> errors() {
        return errors;
    }

    private Environment environment(long salt) {
        return new Environment(disk, memory, new SplittableRandom(salt), disk::nowNs, () -> disk.nowNs() / 1_000_000);
    }

    /** Runs both openings. */
    void run() {
        use(1, FIRST);
        use(2, SECOND);
    }

    private void use(long salt, int records) {
        SimulatedLog log = null;
        try {
            log = SimulatedLog.open(disk, CONFIG, environment(seed + salt));
            fill(log, records);
        } catch (RuntimeException e) {
            errors.add(e);
        } finally {
            if (log != null) {
                end(log);
            }
        }
    }

    private void fill(SimulatedLog log, int records) {
        int turns = 0;
        for (int i = 0; i < records && !log.isFailed(); i++) {
            int number = next;
            byte[] payload = ByteBuffer.allocate(9000).putInt(number).array();
            long lsn = log.offer(payload, AckLevel.DURABLE, new Told(number));
            while (lsn == WriteAheadLog.BACK_PRESSURED && turns++ < TURNS_MAX && !log.isFailed()) {
                log.turn();
                lsn = log.offer(payload, AckLevel.DURABLE, new Told(number));
            }
            if (lsn == WriteAheadLog.FULL) {
                errors.add(log.parts().full());
                return;
            }
            next += lsn > 0 ? 1 : 0;
            for (int k = 0; k < 4; k++) {
                log.turn();
            }
        }
        int taken = next;
        for (int lost = 0; told.size() < taken && turns++ < TURNS_MAX && lost < LOST_TURNS_MAX;) {
            log.turn();
            lost += log.driver().isUnreapable() ? 1 : 0;
        }
    }

    /** Notes what became of one record. */
    private final class Told implements AppendListener {
        private final int number;

        Told(int number) {
            this.number = number;
        }

        @Override
        public void appended(long lsn, long sequence, Object attachment) {
            note(true);
        }

        @Override
        public void failed(IndeterminateAppendException failure, Object attachment) {
            note(false);
        }

        private void note(boolean isDurable) {
            if (told.put(number, isDurable) != null) {
                throw new AssertionError("record " + number + " was told of twice");
            }
        }
    }

    private void end(SimulatedLog log) {
        log.intake().close();
        log.driver().beginClosing();
        for (int i = 0; i < TURNS_MAX && !log.isEnded() && !log.driver().isUnreapable(); i++) {
            log.turn();
        }
        if (log.isFailed()) {
            errors.add(log.parts().position().failure());
        }
        if (!log.isEnded()) {
            // The engine does not give back what it has: with reason, as long as the fault lasts.
            disk.faults().clear();
            for (int i = 0; i < TURNS_MAX && !log.isEnded(); i++) {
                log.turn();
            }
        }
        check(log.isEnded(), "the log does not end");
        try {
            log.release();
        } catch (RuntimeException e) {
            errors.add(e);
        }
    }

    /** Clears the fault, cuts the power and looks at what is left. */
    void check() {
        check(told.size() == next, "told of " + told.size() + " records of " + next);
        check(isLeakAllowed || memory.lent == 0, memory.lent + " pieces of memory are still out");
        check(disk.nowNs() < TIME_MAX_NS, "took " + disk.nowNs() / 1_000_000_000 + " s");
        disk.faults().clear();
        disk.crash();
        SimulatedLog log = SimulatedLog.open(disk, CONFIG, environment(seed + 3));
        List<Integer> found = numbers(log);
        told.forEach((number, isDurable) ->
            check(!isDurable || found.contains(number), "record " + number + " was acknowledged and is gone"));
        for (int i = 0; i < found.size(); i++) {
            check(told.containsKey(found.get(i)) && (i == 0 || found.get(i - 1) < found.get(i)), "found " + found + " of " + told);
        }
        errors.clear();
        fill(log, SECOND);
        check(errors.isEmpty() && !log.isFailed() && numbers(log).size() == found.size() + SECOND, "does not go on: " + errors);
        check(log.close(), "does not close");
    }

    private static List<Integer> numbers(SimulatedLog log) {
        List<Integer> found = new ArrayList<>();
        try (Cursor cursor = log.read()) {
            while (cursor.next()) {
                found.add(cursor.payload().get(NUMBER, 0));
            }
        }
        return found;
    }

    private static void check(boolean isTrue, String what) {
        if (!isTrue) {
            throw new AssertionError(what);
        }
    }

    /**
     * Whether an error is of a kind that a log may answer with, and names what the operating system said. A refusal to open because
     * something cannot be read says so instead, and that it may be tried again.
     */
    static boolean isTyped(Throwable error, int errno) {
        if (error instanceof RefusedLogException refused && RETRIABLE.contains(refused.report().verdict())) {
            return refused.getMessage().contains("try again");
        }
        boolean isKind = error instanceof IoFailureException || error instanceof LogFailedException
            || error instanceof RefusedLogException || error instanceof LogLockedException;
        boolean isNamed = (error.getMessage() != null && error.getMessage().contains(Errno.name(errno)))
            || (error.getCause() != null && isTyped(error.getCause(), errno));
        return (isKind || error instanceof StorageContractException) && isNamed;
    }
}
