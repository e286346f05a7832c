package dev.varve.wal;

import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A log that does a few things on a quiet disk, always the same, and keeps account of what it has promised, so that any number of
 * recoveries can be held to it.
 */
final class SmallStory {
    static final int LARGE = 20_000;
    static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, LARGE)
        .withLimits(new LogConfig.Limits(LARGE, 1 << 20, 4))
        .withCommit(new LogConfig.Commit(4096, 0, 50_000_000, 10_000_000_000L));
    private static final long SEED = 2;

    private final SimulatedDisk disk = new SimulatedDisk(SEED, DiskSettings.quiet());
    private final List<Promise> promises = new ArrayList<>();
    private final Set<Long> acknowledged = new HashSet<>();
    private SimulatedLog log;
    private int appends;

    /** A record that was given a place. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
    private record Promise(long lsn, byte[] payload) {
    }

    SimulatedDisk disk() {
        return disk;
    }

    SimulatedLog log() {
        return log;
    }

    /** Opens the log; what it holds has been seen by then, and stays. */
    void open() {
        log = SimulatedLog.open(disk, CONFIG, SEED);
        List<Promise> found = new ArrayList<>();
        try (Cursor cursor = log.read()) {
            while (cursor.next()) {
                found.add(new Promise(cursor.lsn(), cursor.payload().toArray(ValueLayout.JAVA_BYTE)));
            }
        }
        promises.clear();
        promises.addAll(found);
        acknowledged.clear();
        found.forEach(promise -> acknowledged.add(promise.lsn()));
    }

    /** Offers a record until it is taken or refused for good; its LSN or a negative code. */
    long append(int length) {
        byte[] payload = Payloads.of(++appends, length);
        long[] lsn = new long[1];
        log.turnUntil(() -> {
            lsn[0] = log.offer(payload, AckLevel.DURABLE, new AppendListener() {
                @Override
                public void appended(long at, long sequence, Object attachment) {
                    acknowledged.add(at);
                }

                @Override
                public void failed(IndeterminateAppendException failure, Object attachment) {
                    // Nothing was promised.
                }
            });
            return lsn[0] != WriteAheadLog.BACK_PRESSURED;
        });
        if (lsn[0] > 0) {
            promises.add(new Promise(lsn[0], payload));
        }
        return lsn[0];
    }

    /** Records, each in a batch of its own, all on their way together. */
    void burst(int count) {
        for (int i = 0; i < count && !disk.isStopped(); i++) {
            append(100);
            log.turn();
        }
    }

    /** Runs what the power may interrupt. */
    void run(Runnable work) {
        try {
            work.run();
        } catch (PowerCutException e) {
            assert disk.isStopped();
        }
    }

    /** What a recovered log must hold, as a model that has not seen one yet. */
    LogModel model() {
        LogModel model = new LogModel();
        for (Promise promise : promises) {
            model.accepted(promise.lsn(), List.of(promise.payload()), new int[1]);
        }
        acknowledged.forEach(model::acknowledged);
        return model;
    }

    int acknowledgedCount() {
        return acknowledged.size();
    }

    /** Equal for equal promises. */
    int promisesHash() {
        return Objects.hash(promises.stream().map(Promise::lsn).toList(), acknowledged);
    }
}
