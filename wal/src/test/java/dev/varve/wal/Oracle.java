package dev.varve.wal;

import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.RecoveryReport;
import dev.varve.recovery.RefusedLogException;

/**
 * What must hold after every recovery, whatever happened before it.
 *
 * <pre>
 *   O1   every acknowledged record is there, byte-exact, at its LSN, in order          {@link LogModel}
 *   O2   what is there is a prefix of what was accepted, groups whole or not at all    {@link LogModel}
 *   O3   nothing is invented; what a recovery discarded never returns                  {@link LogModel}
 *   O4   crashes alone are never called damage                                         here
 *   O7   what was recovered or read once stays                                         {@link LogModel}
 *   O9   memory, handles and time: bounded, and given back                             here
 *   O10  each append is told once what became of it                                    {@link Tickets}, {@link LogModel}
 * </pre>
 *
 * <p>Owned by one thread; lives as long as the disk.
 */
final class Oracle {
    /** What a log may hold beside its batch buffers: recovery's or a cursor's chunks, zeros, single blocks. */
    private static final long MEMORY_BESIDE_BUFFERS_MAX = 6L << 20;
    private static final long OPENING_NS_MAX = 60_000_000_000L;

    private final SimulatedDisk disk;
    private final Situations situations;
    private final LogModel model;
    private final Tickets tickets;
    private final Truncations truncations;
    private final CountedMemory memory = new CountedMemory();

    Oracle(SimulatedDisk disk, Situations situations) {
        this.disk = disk;
        this.situations = situations;
        this.model = new LogModel(situations);
        this.tickets = new Tickets(model, situations);
        this.truncations = new Truncations(model, situations);
    }

    LogModel model() {
        return model;
    }

    Tickets tickets() {
        return tickets;
    }

    Truncations truncations() {
        return truncations;
    }

    CountedMemory memory() {
        return memory;
    }

    /** An opening was refused although nothing but crashes happened. */
    static AssertionError falseAlarm(RefusedLogException e) {
        return new AssertionError("O4: crashes alone are called damage: " + e.getMessage(), e);
    }

    /**
     * A log was opened.
     *
     * @param log       the log
     * @param tookNs    how long it took, in virtual time
     * @param mayFailIo whether a fault is ordered that a reader may meet; then it is asked once more
     */
    void recovered(SimulatedLog log, long tookNs, boolean mayFailIo) {
        RecoveryReport report = log.report();
        Check.that(report.verdict().isOpenable(), "O4: %s", report.detail());
        Check.that(tookNs <= OPENING_NS_MAX, "O9: opening took %d ns of virtual time", tookNs);
        note(log, mayFailIo);
        tickets.begin(() -> log.parts().position().durableLsn());
        truncations.opened(log);
        int handles = disk.openHandles();
        long bytes = memory.bytes();
        try {
            compare(log);
        } catch (IoFailureException e) {
            if (!mayFailIo) {
                throw e;
            }
            situations.add("reader failed by an I/O error", 1);
            compare(log);
        }
        Check.that(disk.openHandles() == handles, "O9: a reader left %d handles open", disk.openHandles() - handles);
        Check.that(memory.bytes() == bytes, "O9: a reader left %d bytes", memory.bytes() - bytes);
        situations.add(model.keptCount() > 0, "records recovered");
    }

    private void compare(SimulatedLog log) {
        try (Cursor cursor = log.read()) {
            model.checkRecovered(cursor);
        }
    }

    private void note(SimulatedLog log, boolean mayFailIo) {
        RecoveryReport report = log.report();
        situations.add("verdict " + report.verdict(), 1);
        if (report.evidence() != null) {
            boolean isHole = report.evidence().later().headers() > 0;
            situations.add(isHole, "hole with a later valid header");
            situations.add(isHole && !mayFailIo && LaterBatches.isAnyWhole(disk, log.parts().recovered().segments(), report.evidence()),
                "hole with a later valid batch");
            Defect stop = report.evidence().stop().defect();
            situations.add("walk stopped: " + stop, 1);
            situations.add(stop == Defect.MAGIC || stop == Defect.HEADER_CRC, "torn header");
            situations.add(stop == Defect.BODY_CRC, "torn body");
            situations.add(stop == Defect.SALT, "block of an earlier life read");
            situations.add(stop == Defect.NEVER_WRITTEN, "end at a block that was never written");
        }
    }

    /** While a log works. */
    void working(SimulatedLog log) {
        tickets.check();
        long limit = log.parts().config().limits().buffers() + MEMORY_BESIDE_BUFFERS_MAX;
        Check.that(memory.bytesMax() <= limit, "O9: the log held %d bytes, of %d", memory.bytesMax(), limit);
    }

    /** A log has ended, cleanly or by failure, and released everything. */
    void ended() {
        tickets.ended();
        released("a log that has ended");
    }

    /** Nothing is held. */
    void released(String by) {
        Check.that(disk.openHandles() == 0, "O9: %s left %d handles open", by, disk.openHandles());
        Check.that(memory.bytes() == 0, "O9: %s left %d bytes", by, memory.bytes());
    }

    /** An opening failed by an error. With the power gone nothing is given back: requests in flight may still use it. */
    void notOpened() {
        if (!disk.isStopped()) {
            released("an opening that failed");
        }
    }

    /** The program is dead. */
    void cut() {
        tickets.check();
        memory.forget();
    }
}
