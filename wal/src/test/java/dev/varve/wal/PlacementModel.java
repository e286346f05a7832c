package dev.varve.wal;

import org.jetbrains.lincheck.datastructures.Operation;

/**
 * What several threads do at once to one {@link Placement}: each outcome must be one of some order of the same operations, one after
 * another. What a place is worth shows in its LSN: two threads that were given the same bytes, or a gap between two batches, have no such
 * order. Records are alike, since a short one may find the batch closed that a long one did not fit in.
 */
public class PlacementModel {
    private static final int RECORD = Fillings.BATCH_LENGTH / 2 - Fillings.HEADER;

    private final BatchBuffers buffers = Fillings.buffers(12);
    private final Placement placement = new Placement(buffers, new DriverSeat(new ScriptedEngine()), Fillings.segment(1), 1);

    @Operation
    public long append() {
        Placement.Place place = new Placement.Place();
        if (!placement.place(RECORD, 1, place)) {
            return WriteAheadLog.BACK_PRESSURED;
        }
        long lsn = place.lsn();
        place.batch().publish(RECORD);
        return lsn;
    }

    @Operation(nonParallelGroup = "driver")
    public void closeOpen() {
        placement.closeOpen();
    }

    @Operation(nonParallelGroup = "driver", runOnce = true)
    public void end() {
        placement.end();
        // As the driver does: an appender that was opening a batch when places ended still opens it.
        while (!isEnded(placement.open())) {
            placement.closeOpen();
            Backoff.pause(0);
        }
    }

    private static boolean isEnded(BatchBuffer last) {
        return last.isSettled() && last.next() == null;
    }

    @Operation(nonParallelGroup = "driver")
    public boolean reopen() {
        return placement.reopen();
    }

    /** The canary: a place is looked up, then taken, by two steps. It must be caught. */
    public static class Canary {
        private volatile long placed = Fillings.HEADER;

        @Operation
        public long append() {
            long lsn = placed;
            placed = lsn + RECORD;
            return lsn;
        }
    }
}
