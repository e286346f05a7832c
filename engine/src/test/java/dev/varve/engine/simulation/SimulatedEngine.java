package dev.varve.engine.simulation;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.IoRequest.Kind;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.simulation.Fault.Effect;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * One program's way to a simulated disk, as narrow and as unfriendly as the kernel's.
 *
 * <p>Requests proceed only while the engine is called, as far as the virtual clock has come; a reap that waits moves the clock to the next
 * completion or the end of its timeout, so that waiting takes no time. A wait for which nothing can come is cut to one second.
 *
 * <p>One owner thread, but for {@link #wakeUp}; guarded by the course's lock. After the end of its life every call throws
 * {@link PowerCutException}, except {@code close} and {@code wakeUp}, which do nothing.
 */
final class SimulatedEngine implements IoEngine {
    /** How an engine appears to fault scripts. */
    static final String NAME = "engine";

    private static final long IDLE_WAIT_NS = 1_000_000_000L;

    private final Course course;
    private final FaultScript faults;
    private final DiskSettings settings;
    private final Latency latency;
    private final int depth;
    private final int life;
    private final PriorityQueue<InFlight> proceeding =
        new PriorityQueue<>(Comparator.comparingLong(InFlight::nextNs).thenComparingLong(InFlight::number));
    private final List<InFlight> hung = new ArrayList<>();
    private final ArrayDeque<InFlight> completed = new ArrayDeque<>();
    private long submitted;
    private long lastCompleted = -1;
    private int releases;
    private boolean isRung;
    private boolean isClosed;

    SimulatedEngine(Course course, FaultScript faults, DiskSettings settings, int depth) {
        this.course = course;
        this.faults = faults;
        this.settings = settings;
        this.latency = new Latency(course, settings.unfriendliness().disorder());
        this.depth = depth;
        this.life = course.life();
        this.releases = faults.releases();
        course.opened();
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public StorageContract contract() {
        return StorageContract.DIRECT_AIO;
    }

    @Override
    public int submit(IoRequest[] requests, int from, int to) {
        course.enter(life);
        try {
            checkOpen();
            if (to <= from) {
                return 0;
            }
            course.advance(latency.ofCallNs());
            int refusal = refusal();
            int taken = refusal != 0 ? refusal : take(requests, from, from + accepted(to - from));
            course.trace(Operation.SUBMIT, NAME, taken);
            proceed();
            return taken;
        } finally {
            course.leave();
        }
    }

    /** The negative errno of a submission that takes nothing at all, or 0. */
    private int refusal() {
        Fault fault = faults.next(Operation.SUBMIT, NAME);
        course.delay(fault);
        int errno = fault.errno();
        if (errno != 0) {
            course.saw(Situation.CALL_FAILED);
        } else if (inFlight() >= depth) {
            course.saw(Situation.ENGINE_FULL);
            errno = Errno.EAGAIN;
        } else if (course.chance(settings.unfriendliness().refusedSubmit())) {
            // With nothing in flight there is nothing whose reaping would make room, so the kernel has no reason for EAGAIN.
            boolean isInterrupted = inFlight() == 0 || course.chance(0.3);
            course.saw(isInterrupted ? Situation.SUBMIT_INTERRUPTED : Situation.SUBMIT_AGAIN);
            errno = isInterrupted ? Errno.EINTR : Errno.EAGAIN;
        }
        if (errno != 0) {
            course.step();
        }
        return -errno;
    }

    private int accepted(int offered) {
        int count = Math.min(offered, depth - inFlight());
        if (count > 1 && course.chance(settings.unfriendliness().partialSubmit())) {
            course.saw(Situation.PARTIAL_SUBMIT);
            count = 1 + course.below(count - 1);
        }
        return count;
    }

    private int inFlight() {
        return proceeding.size() + hung.size() + completed.size();
    }

    private int take(IoRequest[] requests, int from, int to) {
        for (int i = from; i < to; i++) {
            course.step();
            IoRequest request = requests[i];
            if (!(request.file() instanceof SimulatedFile file) || !file.isOpen(course, life)
                || (request.kind() == Kind.WRITE && !file.isWritable())) {
                return i == from ? -Errno.EBADF : i - from;
            }
            Operation operation = Operation.of(request.kind());
            Fault fault = faults.next(operation, file.content().name());
            course.trace(operation, file.content().name(), request.offset() + request.progress());
            request.taken((int) submitted);
            InFlight started = new InFlight(course, request,
                new InFlight.Terms(submitted++, latency.ofRequestNs(request.kind()) + fault.delayNs(), fault));
            if (fault.is(Effect.DELAY)) {
                course.saw(Situation.DELAYED);
            }
            if (started.isHung()) {
                course.saw(Situation.REQUEST_HUNG);
                hung.add(started);
            } else {
                proceeding.add(started);
            }
        }
        return to - from;
    }

    /** Lets everything happen that is due. */
    private void proceed() {
        if (!hung.isEmpty() && releases != faults.releases()) {
            for (InFlight released : hung) {
                released.completeAt(course.nowNs() + latency.ofCallNs());
                proceeding.add(released);
            }
            hung.clear();
        }
        releases = faults.releases();
        while (!proceeding.isEmpty() && proceeding.peek().nextNs() <= course.nowNs()) {
            InFlight next = proceeding.poll();
            if (!next.proceed(settings.unfriendliness().shortTransfer())) {
                proceeding.add(next);
                continue;
            }
            if (next.number() < lastCompleted) {
                course.saw(Situation.COMPLETION_OVERTOOK);
            }
            lastCompleted = next.number();
            completed.add(next);
        }
    }

    @Override
    public int reap(IoRequest[] done, int min, long timeoutNs) {
        if (min < 0 || timeoutNs < 0) {
            throw new IllegalArgumentException("negative: min=" + min + " timeoutNs=" + timeoutNs);
        }
        course.enter(life);
        try {
            checkOpen();
            course.step();
            course.advance(latency.ofCallNs());
            proceed();
            Fault fault = faults.next(Operation.REAP, NAME);
            course.delay(fault);
            int errno = fault.errno();
            if (errno != 0) {
                course.saw(Situation.CALL_FAILED);
                return -errno;
            }
            boolean isInterrupted = !isEnough(done, min) && timeoutNs > 0 && !await(Math.min(min, done.length), timeoutNs);
            int count = deliver(done);
            int result = count == 0 && isInterrupted ? -Errno.EINTR : count;
            course.trace(Operation.REAP, NAME, result);
            return result;
        } finally {
            course.leave();
        }
    }

    private boolean isEnough(IoRequest[] done, int min) {
        return completed.size() >= Math.min(min, done.length);
    }

    /** Waits for completions; false if a signal came first. */
    private boolean await(int min, long timeoutNs) {
        if (isRung) {
            isRung = false;
            course.saw(Situation.REAP_WOKEN);
            return true;
        }
        long completionNs = completionNs(min - completed.size());
        if (course.chance(settings.unfriendliness().interruptedReap())) {
            course.saw(Situation.REAP_INTERRUPTED);
            // Some of the way, so that whoever only tries again gets there.
            course.advance(1 + course.below(Math.clamp(completionNs - course.nowNs(), 1, Math.min(timeoutNs, IDLE_WAIT_NS))));
            proceed();
            return false;
        }
        long limitNs = completionNs == Long.MAX_VALUE ? Math.min(timeoutNs, IDLE_WAIT_NS) : timeoutNs;
        if (completionNs - course.nowNs() <= limitNs) {
            course.advanceTo(completionNs);
        } else {
            course.saw(Situation.REAP_TIMED_OUT);
            idle(timeoutNs, limitNs);
        }
        proceed();
        return true;
    }

    private void idle(long timeoutNs, long limitNs) {
        if (settings.isThreaded() && proceeding.isEmpty()) {
            course.await(timeoutNs, () -> isRung || !course.isLife(life));
            isRung = false;
            course.checkLife(life);
        }
        course.advance(limitNs);
    }

    /** When the n-th of the requests in flight completes; never, if there are fewer. */
    private long completionNs(int n) {
        if (proceeding.size() < n) {
            return Long.MAX_VALUE;
        }
        return proceeding.stream().mapToLong(InFlight::completeAtNs).sorted().skip(n - 1L).findFirst().orElse(Long.MAX_VALUE);
    }

    private int deliver(IoRequest[] done) {
        int count = 0;
        while (count < done.length && !completed.isEmpty()) {
            InFlight next = completed.poll();
            next.reaped();
            done[count++] = next.request();
        }
        if (!completed.isEmpty()) {
            course.saw(Situation.REAP_LEFT_COMPLETIONS);
        }
        return count;
    }

    @Override
    public void wakeUp() {
        course.enterAnyway();
        try {
            isRung = true;
            course.wakeAll();
        } finally {
            course.leave();
        }
    }

    private void checkOpen() {
        if (isClosed) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    /** What is in flight now and would remain if everything stopped. */
    List<ArrivingWrite> unfinished() {
        List<ArrivingWrite> writes = new ArrayList<>();
        InFlight[] pending = proceeding.toArray(InFlight[]::new);
        Arrays.sort(pending, Comparator.comparingLong(InFlight::number));
        for (InFlight next : pending) {
            writes.add(next.unfinished());
        }
        hung.forEach(next -> writes.add(next.unfinished()));
        writes.removeIf(write -> write == null);
        return writes;
    }

    /** Counts what is in flight as the machine stops. */
    void noteStop() {
        for (int i = completed.size(); i > 0; i--) {
            course.saw(Situation.COMPLETION_UNREAPED_AT_STOP);
        }
        for (InFlight next : proceeding) {
            boolean isSync = next.request().kind() == Kind.DATA_SYNC || next.request().kind() == Kind.SYNC;
            if (isSync || next.request().kind() == Kind.WRITE) {
                course.saw(isSync ? Situation.SYNC_IN_FLIGHT_AT_STOP : Situation.WRITE_IN_FLIGHT_AT_STOP);
            }
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if a request hangs: the real call would never return
     */
    @Override
    public void close() {
        course.enterAnyway();
        try {
            if (isClosed || !course.isLife(life)) {
                isClosed = true;
                return;
            }
            proceed();
            if (!hung.isEmpty()) {
                throw new IllegalStateException("closing the engine would never end: " + hung.getFirst().request() + " hangs");
            }
            while (!proceeding.isEmpty()) {
                course.advanceTo(proceeding.peek().nextNs());
                proceed();
            }
            completed.forEach(InFlight::reaped);
            completed.clear();
            isClosed = true;
            course.closed(life);
        } finally {
            course.leave();
        }
    }
}
