package dev.varve.engine.simulation;

import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The course of one simulation: its only source of chance, its clock, its steps, the trace of all that happened, and whether the machine
 * runs at all.
 *
 * <pre>
 *            enter(life) ─► step ─► ... ─► leave            cut at step n, stop
 *   running ─────────────────────────────────────► running ────────────────────► stopped ── restart ──► running, next life
 * </pre>
 *
 * <p>Whoever works on the disk holds its lock, from {@link #enter} to {@link #leave}; so any thread may call, and with one thread the
 * course is a function of the seed and the calls.
 */
final class Course {
    private static final long START_NS = 1_000_000_000L;
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private final long seed;
    private final SplittableRandom random;
    private final Map<Situation, Long> situations = new EnumMap<>(Situation.class);
    private Runnable onCut = () -> { };
    private long nowNs = START_NS;
    private long steps;
    private long cutAtStep = Long.MAX_VALUE;
    private long trace;
    private int life;
    private int handles;
    private boolean isStopped;

    Course(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    /** What takes the machine down when the chosen step is reached. */
    void onCut(Runnable action) {
        onCut = action;
    }

    /**
     * Begins a call made through something opened in some life of the machine.
     *
     * @throws PowerCutException if that life is over; the lock is not held then
     */
    void enter(int callersLife) {
        lock.lock();
        boolean isEntered = false;
        try {
            checkLife(callersLife);
            isEntered = true;
        } finally {
            if (!isEntered) {
                lock.unlock();
            }
        }
    }

    /** Finds out that a life is over, after a wait in the middle of a call. */
    void checkLife(int callersLife) {
        if (!isLife(callersLife)) {
            throw new PowerCutException("the machine went down under this caller" + where());
        }
    }

    /** Begins a call that is possible in any state of the machine. */
    void enterAnyway() {
        lock.lock();
    }

    void leave() {
        lock.unlock();
    }

    /** Whether a life goes on, for calls that do nothing after its end. The lock is held. */
    boolean isLife(int callersLife) {
        assert lock.isHeldByCurrentThread();
        return !isStopped && callersLife == life;
    }

    int life() {
        return life;
    }

    long seed() {
        return seed;
    }

    /** Counts a step, unless the machine goes down instead of it. */
    void step() {
        assert lock.isHeldByCurrentThread();
        if (steps + 1 >= cutAtStep) {
            stop();
            throw new PowerCutException("the power was cut" + where());
        }
        steps++;
    }

    private String where() {
        return " at step " + steps + " of seed " + seed;
    }

    void cutAtStep(long step) {
        cutAtStep = step;
    }

    long steps() {
        return steps;
    }

    boolean isStopped() {
        return isStopped;
    }

    /** Takes the machine down. */
    void stop() {
        if (!isStopped) {
            onCut.run();
            isStopped = true;
            cutAtStep = Long.MAX_VALUE;
            woken.signalAll();
        }
    }

    /** Something was opened that is to be closed in the same life. */
    void opened() {
        handles++;
    }

    /** Something that was opened in some life was closed, for the first time. The lock is held. */
    void closed(int openersLife) {
        if (isLife(openersLife)) {
            handles--;
        }
    }

    int handles() {
        return handles;
    }

    /** Begins the next life. */
    void restart() {
        assert isStopped;
        isStopped = false;
        handles = 0;
        life++;
    }

    long nowNs() {
        return nowNs;
    }

    void advance(long ns) {
        nowNs += ns;
    }

    /** Somebody's call takes longer. */
    void delay(Fault fault) {
        if (fault.delayNs() > 0) {
            saw(Situation.DELAYED);
            advance(fault.delayNs());
        }
    }

    /** The clock never goes back: an earlier time is passed over. */
    void advanceTo(long ns) {
        nowNs = Math.max(nowNs, ns);
    }

    /** Waits in real time, for programs with threads of their own, until something is so or the time is over. */
    void await(long ns, BooleanSupplier isOver) {
        long remainingNs = ns;
        try {
            while (remainingNs > 0 && !isOver.getAsBoolean()) {
                remainingNs = woken.awaitNanos(remainingNs);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void wakeAll() {
        woken.signalAll();
    }

    boolean chance(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    long below(long bound) {
        return random.nextLong(bound);
    }

    void fill(byte[] bytes) {
        random.nextBytes(bytes);
    }

    /** Folds a fact into the trace. */
    void trace(long fact) {
        trace = Long.rotateLeft((trace ^ fact) * MIX, 29);
    }

    void trace(Operation operation, String name, long result) {
        trace(operation.name().hashCode() * 31L + name.hashCode());
        trace(result);
    }

    long traceHash() {
        return trace;
    }

    void saw(Situation situation) {
        situations.merge(situation, 1L, Long::sum);
    }

    Map<String, Long> situations() {
        Map<String, Long> counts = new TreeMap<>();
        for (Situation situation : Situation.values()) {
            counts.put(situation.words(), situations.getOrDefault(situation, 0L));
        }
        return counts;
    }
}
