package dev.varve.wal;

import dev.varve.engine.memory.AlignedBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * Records of all sizes meet in one {@link Placement} while the driver closes batches: whatever the interleaving, the chain of batches that
 * comes out is whole. Here outcomes are not compared with those of one thread, since a short record may find the batch closed that a long
 * one did not fit in.
 */
public class PlacementStory {
    private static final int SMALL = 16;
    private static final int MOST = Fillings.BATCH_LENGTH - Fillings.HEADER - SMALL;
    private static final int LARGE = Fillings.BATCH_LENGTH;

    private final BatchBuffers buffers = Fillings.buffers(24);
    private final Placement placement = new Placement(buffers, new DriverSeat(new ScriptedEngine()), Fillings.segment(1), 1);
    private final BatchBuffer first = placement.open();
    private final AtomicLong placedBytes = new AtomicLong();

    @Operation
    public void appendSmall() {
        append(SMALL);
    }

    @Operation
    public void appendMost() {
        append(MOST);
    }

    private void append(int bytes) {
        Placement.Place place = new Placement.Place();
        if (placement.place(bytes, 1, place)) {
            placedBytes.addAndGet(bytes);
            place.batch().publish(bytes);
        }
    }

    @Operation
    public void appendLarge() {
        AlignedBuffer memory = buffers.memory(Fillings.HEADER + LARGE);
        BatchBuffer batch = memory == null ? null : placement.placeLarge(memory, LARGE, 1);
        if (batch != null) {
            placedBytes.addAndGet(LARGE);
            batch.publish(LARGE);
        }
    }

    @Operation(nonParallelGroup = "driver")
    public void closeOpen() {
        placement.closeOpen();
    }

    /** When all have ended. */
    @Validate
    public void check() {
        placement.closeOpen();
        int block = 1;
        long bytes = 0;
        for (BatchBuffer batch = first; batch != null && batch.isSettled(); batch = batch.next()) {
            check(batch.isComplete(), "a batch is not complete");
            check(batch.block() == block, "a batch does not begin where the one before it ends");
            block += batch.blocks();
            bytes += batch.length() - Fillings.HEADER;
        }
        check(bytes == placedBytes.get(), "the batches do not hold what was placed");
    }

    // Not AssertJ: whatever runs here is instrumented.
    private static void check(boolean isTrue, String otherwise) {
        if (!isTrue) {
            throw new IllegalStateException(otherwise);
        }
    }

    /** The canary: it counts what was placed by two steps. It must be caught. */
    public static class Canary {
        private volatile long placed;
        private final AtomicLong placedBytes = new AtomicLong();

        @Operation
        public void append() {
            long before = placed;
            placed = before + SMALL;
            placedBytes.addAndGet(SMALL);
        }

        /** When all have ended. */
        @Validate
        public void check() {
            PlacementStory.check(placed == placedBytes.get(), "the batches do not hold what was placed");
        }
    }
}
