package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.engine.simulation.Unfriendliness;
import java.util.List;
import java.util.Random;

/**
 * A log with a history that a seed decides: appends, rolls, anchors, closes, power cuts at any step, openings. Its disk lies about some
 * syncs, so that the history may end in a log that is refused. Owned by one thread.
 */
final class RandomLog {
    private static final List<CrashMode> MODES = List.of(CrashMode.values());

    private final Random random;
    private final SimulatedDisk disk;
    private final LogFixture log;
    private TestWriter writer;
    private boolean hasAppended;

    private RandomLog(long seed) {
        random = new Random(seed);
        disk = new SimulatedDisk(seed, DiskSettings.of(Unfriendliness.quiet()));
        int blockCount = 8 + random.nextInt(24);
        int batchBlocksMax = 1 + random.nextInt(Math.min(6, blockCount - Geometry.RESERVED_BLOCKS));
        log = LogFixture.simulated(disk, new Geometry(4096, blockCount, 1 + random.nextInt(4), batchBlocksMax));
    }

    /** Lives through some incarnations; the last one ends somehow. */
    static DiskImage make(long seed) {
        RandomLog made = new RandomLog(seed);
        int lives = 1 + made.random.nextInt(5);
        boolean isWhole = true;
        for (int life = 0; life < lives && isWhole; life++) {
            isWhole = made.live();
        }
        try {
            return DiskImage.of(made.log);
        } catch (IllegalArgumentException _) {
            // The first cut came so early that not even the directory is there.
            return new DiskImage();
        }
    }

    /** One incarnation; false if there is none because recovery refuses the log. */
    private boolean live() {
        if (random.nextInt(3) == 0) {
            disk.crashAtStep(disk.steps() + 1 + random.nextInt(60));
        }
        try {
            writer = log.open();
            hasAppended = false;
            int steps = random.nextInt(14);
            boolean isOpen = true;
            for (int step = 0; step < steps && isOpen; step++) {
                isOpen = step();
            }
            if (isOpen) {
                log.crash();
            }
        } catch (PowerCutException _) {
            assert disk.isStopped();
        } catch (RefusedLogException _) {
            return false;
        }
        disk.crashAtStep(Long.MAX_VALUE);
        disk.crash(MODES.get(random.nextInt(MODES.size())));
        return true;
    }

    /** One step of a writer; false if it has closed. */
    private boolean step() {
        Geometry geometry = writer.header().geometry();
        boolean isFull = writer.next().block() + geometry.batchBlocksMax() > geometry.dataEndBlock();
        int what = random.nextInt(12);
        if (isFull || what == 0) {
            writer.roll();
        } else if (what == 1 && hasAppended) {
            writer.anchor();
        } else if (what == 2) {
            writer.closeCleanly();
            return false;
        } else {
            append(geometry, what < 5);
            hasAppended = true;
        }
        return true;
    }

    private void append(Geometry geometry, boolean isSynced) {
        int lengthMax = random.nextInt(3) > 0 ? 300 : geometry.batchBlocksMax() * geometry.blockSize() - 512;
        String payload = "x".repeat(random.nextInt(lengthMax));
        if (isSynced) {
            long synced = Math.max(writer.next().batch() - 1 - random.nextInt(geometry.unsyncedMax()), writer.header().baseBatch() - 1);
            BatchHeader batch = writer.append(synced, payload, TestWriter.FILLER, "second");
            assert batch.synced() == synced;
        } else {
            writer.appendWithoutSync(payload, "third " + random.nextLong());
        }
    }
}
