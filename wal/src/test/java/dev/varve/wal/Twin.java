package dev.varve.wal;

import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.RefusedLogException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Another disk in the same state, on which recovery goes another way: cut off and begun again, or done twice. It must show the same records
 * (O7), and go on from there: what is appended then is there after the next crash (O8). Owned by one thread; used once.
 */
final class Twin {
    private static final int ATTEMPTS_MAX = 3;
    private static final int FURTHER_MAX = 12;
    private static final int FURTHER_SELDOM = 100;

    private final World world;
    private final SplittableRandom random;
    private final SimulatedDisk disk;
    private final LogConfig config;
    private final boolean mayCut;
    private final List<LogModel.Kept> expected;
    private final long givenUp;

    /**
     * Makes a check.
     *
     * @param world  where the story takes place
     * @param disk   the other disk, whose program has stopped
     * @param config what its log is opened with
     * @param mayCut whether nothing volatile is left on it, so that a power cut changes nothing either
     */
    Twin(World world, SimulatedDisk disk, LogConfig config, boolean mayCut) {
        this.world = world;
        this.random = world.random();
        this.disk = disk;
        this.config = config;
        this.mayCut = mayCut;
        this.expected = new ArrayList<>(world.oracle().model().kept());
        this.givenUp = world.oracle().model().givenUp();
        disk.kill();
        disk.capacity(Long.MAX_VALUE);
    }

    /** Recovers it, and works with it. */
    void run() {
        int attempts = random.nextInt(ATTEMPTS_MAX);
        for (int i = 0; i < attempts; i++) {
            attempt();
        }
        check(open(), "O7");
        if (random.nextBoolean()) {
            // Recovery has made durable what it has shown.
            stop(random.nextBoolean());
            check(open(), "O7");
            world.met("recovered twice");
        }
        goOn();
        world.done(disk);
    }

    private void attempt() {
        disk.crashAtStep(disk.steps() + random.nextLong(1, 60));
        try {
            open();
        } catch (PowerCutException e) {
            world.met("twin cut down while it is recovered");
        }
        disk.crashAtStep(Long.MAX_VALUE);
        boolean isCut = mayCut && random.nextBoolean();
        world.story().tell(isCut ? "twin cut" : "twin killed", "at step", disk.steps());
        stop(isCut);
    }

    private void stop(boolean isCut) {
        if (isCut) {
            disk.crash();
        } else {
            disk.kill();
        }
    }

    private SimulatedLog open() {
        try {
            return world.open(disk, config);
        } catch (RefusedLogException e) {
            throw new AssertionError("O7: opened in another way it is refused: " + e.getMessage(), e);
        }
    }

    private void goOn() {
        stop(random.nextBoolean());
        SimulatedLog log = open();
        int count = world.oneIn(50) ? FURTHER_SELDOM : random.nextInt(1, FURTHER_MAX);
        for (int i = 0; i < count; i++) {
            byte[] payload = new byte[random.nextInt(Math.min(config.limits().recordLength(), 2000) + 1)];
            random.nextBytes(payload);
            long[] lsn = new long[1];
            log.turnUntil(() -> {
                lsn[0] = log.offer(payload, AckLevel.DURABLE, null);
                return lsn[0] > 0;
            });
            expected.add(new LogModel.Kept(lsn[0], payload));
        }
        log.drain();
        stop(true);
        check(open(), "O8");
        world.met("went on was cut down and recovered");
    }

    private void check(SimulatedLog log, String number) {
        int index = 0;
        try (Cursor cursor = log.read()) {
            for (; cursor.next(); index++) {
                Check.that(index < expected.size(), "%s: LSN %d is there and should not be", number, cursor.lsn());
                LogModel.Kept record = expected.get(index);
                Check.that(record.lsn() == cursor.lsn(), "%s: LSN %d is there, not %d", number, cursor.lsn(), record.lsn());
                Check.that(cursor.sequence() == givenUp + index + 1, "%s: LSN %d has sequence %d", number, cursor.lsn(), cursor.sequence());
                Check.that(Arrays.equals(record.payload(), cursor.payload().toArray(ValueLayout.JAVA_BYTE)),
                    "%s: LSN %d holds other bytes", number, cursor.lsn());
            }
        }
        Check.that(index == expected.size(), "%s: %d records are there, of %d", number, index, expected.size());
    }
}
