package dev.varve.wal;

import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.engine.simulation.SimulatedMemory;
import dev.varve.recovery.OutstandingDecree;
import dev.varve.recovery.RecoveryReport;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.AgentTerminationException;

/**
 * A log on a simulated disk, driven by the test's own thread: the same parts, driver and agent as in production, with virtual time. One
 * seed decides everything.
 */
final class SimulatedLog {
    static final Path DIRECTORY = Path.of("log");
    private static final int TURNS_MAX = 1_000_000;

    private final SimulatedDisk disk;
    private final Environment environment;
    private final LogParts parts;
    private final LogAgent agent;
    private final Driver driver;
    private final Intake intake;
    private boolean isEnded;

    private SimulatedLog(SimulatedDisk disk, Environment environment, LogParts parts) {
        this.disk = disk;
        this.environment = environment;
        this.parts = parts;
        this.driver = new Driver(parts);
        this.agent = new LogAgent(parts, driver, false);
        this.intake = new Intake(DIRECTORY, parts, agent);
    }

    static Environment environment(SimulatedDisk disk, long seed) {
        return environment(disk, new SimulatedMemory(), seed);
    }

    static Environment environment(SimulatedDisk disk, MemorySource memory, long seed) {
        return new Environment(disk, memory, new SplittableRandom(seed), disk::nowNs, () -> disk.nowNs() / 1_000_000);
    }

    static SimulatedLog open(SimulatedDisk disk, LogConfig config, long seed) {
        return open(disk, config, environment(disk, seed));
    }

    static SimulatedLog open(SimulatedDisk disk, LogConfig config, Environment environment) {
        return new SimulatedLog(disk, environment, LogParts.open(DIRECTORY, config.withExecutor(Runnable::run), environment,
            Runnable::run));
    }

    RecoveryReport report() {
        return parts.recovered().report();
    }

    LogParts parts() {
        return parts;
    }

    Driver driver() {
        return driver;
    }

    Intake intake() {
        return intake;
    }

    /** Whether there was no space for the segment to go on in, so that it is still to be begun. */
    boolean isDecreeOutstanding() {
        OutstandingDecree decree = parts.recovered().decree();
        return decree != null && parts.builder().header().epoch() < decree.epoch();
    }

    boolean isEnded() {
        return isEnded;
    }

    boolean isFailed() {
        return parts.position().failure() != null;
    }

    /** Offers one record; its LSN or a negative code. */
    long offer(byte[] payload, AckLevel level, AppendListener listener) {
        return intake.offer(intake.record(new AppendOptions(7, level), MemorySegment.ofArray(payload)),
            new Appender.Target(listener, null, level));
    }

    /** Offers one record, for somebody to be told. */
    long offerFor(byte[] payload, Tickets.Ticket ticket) {
        return intake.offer(intake.record(new AppendOptions(7, ticket.target().level()), MemorySegment.ofArray(payload)), ticket.target());
    }

    /** Offers records that stay together, for somebody to be told. */
    long offerFor(RecordBatch batch, Tickets.Ticket ticket) {
        return intake.offer(intake.records(batch), ticket.target());
    }

    /** Offers records that stay together. */
    long offer(RecordBatch batch, AppendListener listener) {
        return intake.offer(intake.records(batch), new Appender.Target(listener, null, AckLevel.DURABLE));
    }

    Cursor read() {
        return read(0);
    }

    Cursor read(long fromLsn) {
        return Cursor.open(DIRECTORY, environment, new Cursor.Course(parts.segments(), fromLsn, intake::checkNotClosed));
    }

    /** One turn of the log's thread: a step, or a wait. */
    void turn() {
        try {
            agent.doWork();
        } catch (AgentTerminationException e) {
            isEnded = true;
        }
    }

    /** Turns until something holds, the log fails, or the power goes. */
    void turnUntil(BooleanSupplier condition) {
        for (int i = 0; !condition.getAsBoolean() && !isFailed() && !disk.isStopped() && !isEnded; i++) {
            if (i == TURNS_MAX) {
                throw new AssertionError("no progress after " + TURNS_MAX + " turns, " + disk);
            }
            turn();
        }
    }

    /** Makes everything accepted durable. */
    void drain() {
        long endLsn = parts.placement().acceptedEndLsn();
        turnUntil(() -> parts.position().durableLsn() >= endLsn);
    }

    /** Lets time pass, as on an idle machine. */
    void idle(long ns) {
        long untilNs = disk.nowNs() + ns;
        turnUntil(() -> disk.nowNs() >= untilNs);
    }

    /** Ends a log that has failed, as closing it does; false if the power went. */
    boolean endFailed() {
        intake.close();
        driver.beginClosing();
        for (int i = 0; !isEnded && !disk.isStopped(); i++) {
            if (i == TURNS_MAX) {
                throw new AssertionError("a failed log does not end, " + disk);
            }
            turn();
        }
        if (disk.isStopped()) {
            return false;
        }
        try {
            agent.onClose();
            return !disk.isStopped();
        } catch (PowerCutException e) {
            return false;
        }
    }

    /** Ends the log cleanly; false if it failed or the power went. */
    boolean close() {
        intake.close();
        driver.beginClosing();
        turnUntil(() -> isEnded);
        if (!isEnded || isFailed() || disk.isStopped()) {
            return false;
        }
        try {
            release();
            return !disk.isStopped();
        } catch (PowerCutException e) {
            return false;
        }
    }

    /** What the log's thread does when it ends. */
    void release() {
        agent.onClose();
    }
}
