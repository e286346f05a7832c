package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import dev.varve.recovery.RefusedLogException;
import dev.varve.recovery.Verdict;
import dev.varve.wal.Swarm.Move;
import dev.varve.wal.Swarm.Trouble;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One seed's story: a log is opened, worked with, cut down, opened again, worked with, cut down again, opened, and closed, or lied to.
 * After every opening the oracle compares.
 *
 * <pre>
 *   open ─► work ─► crash ─► open ─► … ─► open ─► work ─┬─► close ─► open
 *    │                │                                 └─► lies, crash ─► judgement
 *    └─ on a twin     └─ on a copy: rot ─► judgement
 * </pre>
 */
final class CrashCycle {
    private static final long CRASH_STEPS_MAX = 400;
    private static final long CRASH_STEPS_FEW = 25;
    private static final String SEGMENTS = "*.varve";
    private static final List<Trouble> ORDERED =
        List.of(Trouble.WRITE_FAILS, Trouble.SYNC_FAILS, Trouble.MANIFEST_FAILS, Trouble.NAMES_FAIL, Trouble.READ_FAILS);

    private final World world;
    private final SplittableRandom random;
    private final SimulatedDisk disk;
    private final Oracle oracle;
    private final Swarm swarm;
    private final Workload workload;
    private final SilentFault silentFault;
    private LogConfig config;
    private SimulatedLog log;
    private boolean isFaulty;
    /** Nothing on the disk is volatile. */
    private boolean isCertain = true;
    /** What a failed write or sync has left in the cache may be there for one reader and not for another. */
    private boolean isDoomed;
    private int operations;

    CrashCycle(long seed, Situations situations) {
        this.world = new World(seed, situations);
        this.random = world.random();
        this.disk = world.disk();
        this.oracle = world.oracle();
        this.swarm = world.swarm();
        this.workload = new Workload(world);
        this.silentFault = new SilentFault(world);
        this.config = Swarm.config(random);
    }

    /** What was done, for whoever wants to know why it failed. */
    String story() {
        return world.story().toString();
    }

    /** All that happened so far, in one number. */
    long traceHash() {
        return world.traceHash();
    }

    /** Runs the story. */
    void run() {
        int share = swarm.operations() / (swarm.crashes() + 1);
        for (int crash = 0; crash < swarm.crashes(); crash++) {
            openSurviving();
            work(world.oneIn(3) ? Math.min(share, 5) : share, random.nextInt(4) != 0);
            crash();
        }
        openSurviving();
        if (swarm.has(Trouble.LIE) && !log.isDecreeOutstanding()) {
            beLiedTo(Math.max(20, swarm.operations() - operations));
        } else {
            work(Math.max(share, swarm.operations() - operations), false);
            endCleanly();
        }
        world.done();
    }

    /** Opens the log, again and again if the power goes meanwhile or I/O fails, and compares what it holds. */
    private void openSurviving() {
        boolean isToCrash = swarm.has(Trouble.CRASH_IN_RECOVERY) && random.nextBoolean();
        SimulatedDisk twin = swarm.has(Trouble.TWIN) && !isDoomed && world.oneIn(3) ? disk.fork(random.nextLong()) : null;
        boolean isTwinCertain = isCertain;
        config = swarm.isVaried() ? Swarm.config(random) : config;
        if (world.oneIn(4)) {
            order();
        }
        int crashes = 0;
        log = null;
        while (log == null) {
            if (isToCrash) {
                disk.crashAtStep(disk.steps() + random.nextLong(1, 60));
            }
            try {
                open();
            } catch (PowerCutException e) {
                world.met("crash while opening");
                world.met(++crashes == 2, "crash while opening twice in a row");
            }
            if (disk.isStopped()) {
                isTwinCertain &= isCertain;
                crash();
                isToCrash = isToCrash && random.nextBoolean();
            }
        }
        disk.crashAtStep(Long.MAX_VALUE);
        if (twin != null && (isTwinCertain || (crashes == 0 && !isDoomed))) {
            world.story().tell("twin");
            new Twin(world, twin, config, isTwinCertain).run();
        }
        if (!isFaulty && world.oneIn(4)) {
            order();
        }
    }

    /** Tries to open; without a log afterwards, another attempt is worth it. */
    private void open() {
        log = null;
        long startNs = disk.nowNs();
        SimulatedLog opened = null;
        try {
            opened = world.open(config);
        } catch (RefusedLogException e) {
            if (!isFaulty || !e.report().verdict().isRetryable()) {
                throw Oracle.falseAlarm(e);
            }
            world.met("opening refused for an unreadable block");
        } catch (NoSpaceException e) {
            world.met("opening refused for lack of space");
        } catch (IoFailureException e) {
            if (!isFaulty) {
                throw new AssertionError("O4: opening fails and no fault was ordered: " + e.getMessage(), e);
            }
            world.met("opening failed by an I/O error");
            world.story().tell("opening failed:", e);
        } finally {
            if (opened == null) {
                oracle.notOpened();
            }
        }
        if (opened == null) {
            world.story().tell("not opened");
            workload.emptyDisk();
            heal();
            return;
        }
        world.met(opened.isDecreeOutstanding(), "opened on a full disk");
        world.story().tell("opened", opened.report().verdict(), "K", config.limits().unsynced());
        oracle.recovered(opened, disk.nowNs() - startNs, isFaulty);
        workload.begin(opened, config);
        log = opened;
    }

    private void heal() {
        disk.faults().clear();
        isFaulty = false;
        workload.faulty(false);
    }

    /** A fault to come: then the log, or an opening, must fail, and what was acknowledged must be there all the same. */
    private void order() {
        List<Trouble> possible = new ArrayList<>(swarm.troubles());
        possible.retainAll(ORDERED);
        if (possible.isEmpty()) {
            return;
        }
        Trouble trouble = possible.get(random.nextInt(possible.size()));
        Operation operation = pick(switch (trouble) {
            case WRITE_FAILS -> List.of(Operation.WRITE);
            case SYNC_FAILS -> List.of(Operation.DATA_SYNC, Operation.SYNC);
            case MANIFEST_FAILS -> List.of(Operation.WRITE, Operation.DATA_SYNC, Operation.SYNC);
            case NAMES_FAIL -> List.of(Operation.CREATE, Operation.OPEN, Operation.RENAME, Operation.LIST, Operation.DIRECTORY_SYNC);
            default -> List.of(Operation.READ);
        });
        String name = switch (trouble) {
            case WRITE_FAILS, SYNC_FAILS -> SEGMENTS;
            case MANIFEST_FAILS -> "MANIFEST";
            default -> "*";
        };
        int nth = random.nextInt(1, 20);
        world.story().tell("ordered:", operation, nth, "of", name, "fails");
        world.met("ordered: " + trouble);
        disk.faults().fail(Occasion.nth(operation, name, nth), Errno.EIO);
        isFaulty = true;
        isDoomed = true;
        workload.faulty(true);
    }

    private Operation pick(List<Operation> operationsPossible) {
        return operationsPossible.get(random.nextInt(operationsPossible.size()));
    }

    private void work(int count, boolean isCutAtAStep) {
        if (isCutAtAStep) {
            // Often so early that the segment holds nothing yet and is replaced under its own number.
            disk.crashAtStep(disk.steps() + random.nextLong(1, random.nextInt(3) > 0 ? CRASH_STEPS_FEW : CRASH_STEPS_MAX));
        }
        if (random.nextBoolean() && !disk.isStopped()) {
            // With a hole right at the segment's start the next life begins where this one's batches still lie.
            workload.burst();
        }
        int target = operations + count;
        while (operations < target && !disk.isStopped() && log != null && !log.isFailed()) {
            move(swarm.moves().get(random.nextInt(swarm.moves().size())));
        }
        if (log != null && log.isFailed() && !disk.isStopped()) {
            failed();
        }
    }

    private void move(Move move) {
        operations += move.isOperation() ? 1 : 0;
        if (move == Move.REOPEN) {
            reopen();
        } else {
            workload.move(move);
        }
        if (log != null && log.isFailed() && !disk.isStopped() && !isFaulty) {
            throw new AssertionError("O4: the log fails and no fault was ordered", log.parts().position().failure());
        }
    }

    /** Nothing is acknowledged any more: the model would notice, since a later cut may take it. */
    private void failed() {
        world.met("failed log");
        world.story().tell("failed");
        workload.turns(20);
        assertThat(log.offer(new byte[8], AckLevel.DURABLE, null)).isIn(WriteAheadLog.FAILED, WriteAheadLog.CLOSED);
        if (random.nextBoolean()) {
            workload.leave();
            if (log.endFailed()) {
                oracle.ended();
                world.met("failed log closed");
                if (random.nextBoolean()) {
                    log = null;
                    heal();
                    openAgain(null);
                    world.met(log != null, "failed log opened again");
                }
            }
        }
    }

    private void reopen() {
        workload.leave();
        Verdict expected = log.isDecreeOutstanding() ? null : Verdict.CLEAN;
        if (log.close()) {
            world.met("closed cleanly");
            oracle.ended();
            config = swarm.isVaried() && random.nextBoolean() ? Swarm.config(random) : config;
            openAgain(expected);
        }
    }

    private void openAgain(Verdict expected) {
        try {
            open();
            if (log != null && expected != null) {
                assertThat(log.report().verdict()).as("O4: %s", log.report().detail()).isEqualTo(expected);
            }
        } catch (PowerCutException e) {
            world.met("crash while opening a clean log");
        }
    }

    private void crash() {
        heal();
        world.met(log != null && log.parts().roll().isActive(), "crash in a roll");
        world.met(log != null && log.parts().commit().unsynced() > 1, "crash with several batches un-synced");
        world.met(log != null && log.parts().manifest().isBusy(), "crash while the manifest is written");
        boolean isTruncating = log != null && log.parts().truncation().isActive();
        if (log != null) {
            oracle.truncations().crashing(log);
        }
        if (log != null && !isTruncating) {
            oracle.truncations().note(log);
        }
        // In the middle of a truncation it is not known where the log begins, and before a decree not what it goes on with.
        boolean isKnown = log != null && !isTruncating && !log.isDecreeOutstanding();
        Known known = isKnown ? Known.of(log, world.ledger()) : null;
        LogConfig judged = judged(log != null && log.parts().roll().isActive());
        cut();
        if (known != null && swarm.has(Trouble.ROT) && random.nextBoolean()) {
            silentFault.rot(disk.fork(random.nextLong()), known, judged);
        }
    }

    /** How a damaged log is opened: in a roll it is not known which segment is the last. */
    private LogConfig judged(boolean isRolling) {
        return isRolling ? config.withOpening(new LogConfig.Opening(VerifyAtOpen.ALL, 0)) : config;
    }

    private void cut() {
        boolean isKill = swarm.has(Trouble.KILL) && random.nextBoolean();
        world.story().tell(isKill ? "killed" : "cut", "at step", disk.steps());
        if (isKill) {
            disk.kill();
        } else {
            disk.crash();
        }
        isCertain = !isKill;
        isDoomed &= isKill;
        disk.crashAtStep(Long.MAX_VALUE);
        oracle.cut();
        workload.cut();
        log = null;
        if (swarm.has(Trouble.ROT) && oracle.model().keptCount() > 0 && world.oneIn(3)) {
            world.remember();
        }
    }

    /** The disk confirms what it has not done. Nobody reads meanwhile, since what a reader would see is another question. */
    private void beLiedTo(int count) {
        heal();
        silentFault.order();
        for (int i = 0; i < count && !log.isFailed(); i++) {
            Move move = swarm.moves().get(random.nextInt(swarm.moves().size()));
            if (move != Move.READ && move != Move.FOLLOW && move != Move.REOPEN && move != Move.TRUNCATE) {
                move(move);
            }
        }
        Known known = Known.of(log, world.ledger());
        world.story().tell("D is", known.durable(), "anchored", known.anchored());
        cut();
        Judgement judgement = new Judgement(world, disk, known);
        BatchLedger.Placed damaged = judgement.firstDamaged();
        world.story().tell("first damaged:", damaged);
        world.met(damaged == null ? "lie without consequence" : "lie that damaged something acknowledged");
        disk.faults().clear();
        workload.emptyDisk();
        judgement.judge(damaged, false, judged(true));
    }

    /** A log that was opened on a full disk goes on by itself, now that there is room. */
    private void carryOutDecree() {
        if (log != null && log.isDecreeOutstanding()) {
            long startNs = disk.nowNs();
            log.turnUntil(() -> !log.isDecreeOutstanding());
            Check.that(log.isFailed() || disk.nowNs() - startNs <= Workload.RESUMED_NS_MAX, "O9: the decree was not carried out in time");
            world.met("decree carried out late");
        }
    }

    private boolean close() {
        workload.leave();
        return log.close();
    }

    private void endCleanly() {
        boolean mayFail = isFaulty || log == null || log.isFailed();
        heal();
        workload.emptyDisk();
        carryOutDecree();
        boolean isClosed = log != null && !log.isFailed() && close();
        while (!isClosed) {
            Check.that(mayFail, "O9: closing does not end");
            crash();
            openSurviving();
            mayFail = isFaulty;
            heal();
            workload.emptyDisk();
            carryOutDecree();
            isClosed = !log.isFailed() && close();
        }
        oracle.ended();
        oracle.truncations().note(log);
        Known known = Known.of(log, world.ledger());
        SimulatedDisk copy = swarm.has(Trouble.ROT) ? disk.fork(random.nextLong()) : null;
        open();
        assertThat(log.report().verdict()).as("O4: %s", log.report().detail()).isEqualTo(Verdict.CLEAN);
        Check.that(close(), "O9: closing ends");
        oracle.ended();
        if (copy != null) {
            silentFault.rot(copy, known, config);
        }
    }
}
