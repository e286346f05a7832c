package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import dev.varve.recovery.RecoveryReport;
import dev.varve.recovery.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One seed's story: a log is opened, worked with, cut down, opened again, worked with, cut down again, opened, closed and opened; after
 * every opening the oracle compares.
 */
final class CrashCycle {
    /**
     * Appends, reads, drains and reopenings, not turns and idling. Fewer prove little; the last life, which nothing cuts short, makes up
     * what is missing.
     */
    private static final int OPERATIONS_MIN = 20;
    private static final long CRASH_STEPS_MAX = 400;
    private static final long CRASH_STEPS_FEW = 25;
    private static final List<Operation> FAULTY = List.of(Operation.WRITE, Operation.DATA_SYNC, Operation.SYNC);
    private static final List<AckLevel> LEVELS = List.of(AckLevel.values());

    private final SplittableRandom random;
    private final Situations situations;
    private final LogModel model = new LogModel();
    private final Truncations truncations;
    private final SimulatedDisk disk;
    private final LogConfig config;
    private final long seed;
    private SimulatedLog log;
    private int opens;
    private int operations;
    private boolean isFaulty;

    CrashCycle(long seed, Situations situations) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.situations = situations;
        this.truncations = new Truncations(model, situations);
        this.disk = new SimulatedDisk(seed);
        this.config = config();
    }

    private LogConfig config() {
        int segment = 65536 << random.nextInt(3);
        int record = random.nextInt(100, Math.min(50_000, segment - 24_000));
        LogConfig small = LogConfig.defaults().withSegmentAndRecordLength(segment, record);
        int batch = 4096 << random.nextInt(4);
        VerifyAtOpen verify = random.nextBoolean() ? VerifyAtOpen.LAST : VerifyAtOpen.ALL;
        return small.withLimits(new LogConfig.Limits(record, 1 << 20, 1 + random.nextInt(4)))
            .withCommit(new LogConfig.Commit(batch, random.nextInt(3) * 1_000_000L, 50_000_000, 10_000_000_000L))
            .withOpening(new LogConfig.Opening(verify, 0));
    }

    /** Runs the story. */
    void run() {
        int lives = random.nextInt(2, 5);
        for (int life = 0; life < lives; life++) {
            openSurviving(random.nextInt(3) == 0);
            scriptFault();
            work(random.nextInt(3) == 0 ? random.nextInt(1, 5) : random.nextInt(20, 60), random.nextInt(4) != 0);
            crash();
        }
        openSurviving(false);
        work(10, false);
        while (operations < OPERATIONS_MIN) {
            operation();
        }
        assertThat(operations).as("operations of one seed").isGreaterThanOrEqualTo(OPERATIONS_MIN);
        endCleanly();
        disk.situations().forEach(situations::add);
    }

    /** Everything that happened on the disk, as one number. */
    long traceHash() {
        return disk.traceHash();
    }

    /** Opens the log, again and again if the power goes meanwhile, and compares what it holds. */
    private void openSurviving(boolean isCrashedMeanwhile) {
        boolean isToCrash = isCrashedMeanwhile;
        int crashes = 0;
        while (true) {
            if (isToCrash) {
                disk.crashAtStep(disk.steps() + random.nextLong(1, 60));
            }
            try {
                log = SimulatedLog.open(disk, config, seed + ++opens);
                check(log.report());
                disk.crashAtStep(Long.MAX_VALUE);
                if (!disk.isStopped()) {
                    return;
                }
            } catch (PowerCutException e) {
                situations.add("crash while opening", 1);
                situations.add(++crashes == 2, "crash while opening, twice in a row");
            }
            crash();
            isToCrash = isToCrash && random.nextBoolean();
            if (!isToCrash) {
                disk.crashAtStep(Long.MAX_VALUE);
            }
        }
    }

    private void check(RecoveryReport report) {
        assertThat(report.verdict()).as(report.detail()).isIn(Verdict.CRASH_TAIL, Verdict.CLEAN, Verdict.CREATED);
        situations.add("verdict " + report.verdict(), 1);
        if (report.evidence() != null) {
            boolean isHole = report.evidence().later().headers() > 0;
            situations.add(isHole, "hole with a later valid header");
            situations.add(isHole && LaterBatches.isAnyWhole(disk, log.parts().recovered().segments(), report.evidence()),
                "hole with a later valid batch");
            Defect stop = report.evidence().stop().defect();
            situations.add("walk stopped: " + stop, 1);
            situations.add(stop == Defect.MAGIC || stop == Defect.HEADER_CRC, "torn header");
            situations.add(stop == Defect.BODY_CRC, "torn body");
            situations.add(stop == Defect.SALT, "block of an earlier life read");
            situations.add(stop == Defect.NEVER_WRITTEN, "end at a block that was never written");
        }
        truncations.opened(log);
        try (Cursor cursor = log.read()) {
            model.checkRecovered(cursor);
        }
        situations.add(model.keptCount() > 0, "records recovered");
    }

    /** In some lives a sync or a write fails: then the log must fail, and what it had acknowledged must be there all the same. */
    private void scriptFault() {
        isFaulty = random.nextInt(6) == 0;
        if (isFaulty) {
            Operation operation = FAULTY.get(random.nextInt(FAULTY.size()));
            disk.faults().fail(Occasion.nth(operation, "*.varve", random.nextInt(1, 20)), Errno.EIO);
        }
    }

    private void work(int count, boolean isCutAtAStep) {
        if (isCutAtAStep) {
            // Often so early that the segment holds nothing yet and is replaced under its own number.
            disk.crashAtStep(disk.steps() + random.nextLong(1, random.nextInt(3) > 0 ? CRASH_STEPS_FEW : CRASH_STEPS_MAX));
        }
        if (random.nextBoolean()) {
            // With a hole right at the segment's start the next life begins where this one's batches still lie.
            burst();
        }
        for (int i = 0; i < count && !disk.isStopped() && log != null && !log.isFailed(); i++) {
            operation();
            assertThat(log != null && log.isFailed() && !disk.isStopped() && !isFaulty).as("only a power cut fails this log").isFalse();
        }
        if (log != null && log.isFailed() && !disk.isStopped()) {
            situations.add("failed log", 1);
            // Nothing is acknowledged any more: the model would notice, since a later cut may take it.
            turns(20);
            assertThat(log.offer(new byte[8], AckLevel.DURABLE, null)).isIn(WriteAheadLog.FAILED, WriteAheadLog.CLOSED);
        }
    }

    private void operation() {
        int choice = random.nextInt(15);
        operations += choice < 3 ? 0 : 1;
        switch (choice) {
            case 0 -> turns(random.nextInt(1, 6));
            case 1 -> turns(random.nextInt(1, 40));
            case 2 -> log.idle(random.nextLong(1, 80_000_000));
            case 3 -> log.drain();
            case 4 -> appendTogether();
            case 5 -> burst();
            case 6, 7 -> reopen();
            case 8 -> read();
            case 9 -> truncate();
            default -> append(payload());
        }
    }

    /** Several small batches in a row, so that they are in flight together. */
    private void burst() {
        for (int i = random.nextInt(2, 6); i > 0 && !disk.isStopped(); i--) {
            append(new byte[random.nextInt(Math.min(config.limits().recordLength(), 200))]);
            turns(1);
        }
    }

    /** Reads from anywhere, whatever is in flight meanwhile: what is durable, as the log says, and nothing else. */
    private void read() {
        long fromLsn = random.nextBoolean() ? model.anyLsn(random) : random.nextLong(log.parts().placement().tailLsn() + 100);
        long durableLsn = log.parts().position().durableLsn();
        situations.add(log.parts().commit().unsynced() > 0, "read while batches are un-synced");
        truncations.note(log);
        try (Cursor cursor = log.read(fromLsn)) {
            if (truncations.isOvertaken(log, cursor, fromLsn)) {
                return;
            }
            situations.add(model.checkRead(cursor, fromLsn, durableLsn) > 0, "read from somewhere");
        } catch (PowerCutException e) {
            situations.add("crash while reading", 1);
        }
    }

    /** Asks for the beginning to be given up, and goes on before or after it is. */
    private void truncate() {
        truncations.ask(log, random.nextInt(3) == 0 ? model.anyLsn(random) : log.parts().placement().tailLsn());
        turns(random.nextInt(1, 30));
        truncations.note(log);
    }

    private void turns(int count) {
        for (int i = 0; i < count && !disk.isStopped(); i++) {
            log.turn();
        }
    }

    private byte[] payload() {
        int limit = config.limits().recordLength();
        int length = switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1 -> limit;
            case 2, 3 -> random.nextInt(limit + 1);
            default -> random.nextInt(Math.min(limit, 400) + 1);
        };
        byte[] payload = new byte[length];
        random.nextBytes(payload);
        return payload;
    }

    private void append(byte[] payload) {
        AckLevel level = LEVELS.get(random.nextInt(LEVELS.size()));
        AppendListener listener = listener(level);
        long lsn = log.offer(payload, level, listener);
        if (lsn >= 0) {
            model.accepted(lsn, List.of(payload), new int[1]);
        } else {
            situations.add("pushed back", 1);
            turns(10);
        }
    }

    private void appendTogether() {
        RecordBatch batch = new RecordBatch();
        List<byte[]> payloads = new ArrayList<>();
        for (int i = random.nextInt(2, 6); i > 0; i--) {
            byte[] payload = new byte[random.nextInt(Math.max(1, config.limits().recordLength() / 6 - 24))];
            random.nextBytes(payload);
            payloads.add(payload);
            batch.add(payload);
        }
        int[] offsets = new int[payloads.size()];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = batch.records().offset(i);
        }
        if (batch.bytes() > config.limits().recordLength()) {
            return;
        }
        long lsn = log.offer(batch, new AppendListener() {
            @Override
            public void appended(long lsn, long sequence, Object attachment) {
                for (int offset : offsets) {
                    model.acknowledged(lsn + offset);
                }
            }

            @Override
            public void failed(IndeterminateAppendException failure, Object attachment) {
                situations.add("indeterminate", 1);
            }
        });
        if (lsn >= 0) {
            model.accepted(lsn, payloads, offsets);
            situations.add("records that stay together", 1);
        }
    }

    /** Levels below DURABLE promise nothing that a power cut leaves. */
    private AppendListener listener(AckLevel level) {
        return new AppendListener() {
            @Override
            public void appended(long lsn, long sequence, Object attachment) {
                if (level.compareTo(AckLevel.DURABLE) >= 0) {
                    model.acknowledged(lsn);
                    situations.add("acknowledged " + level, 1);
                }
            }

            @Override
            public void failed(IndeterminateAppendException failure, Object attachment) {
                situations.add("indeterminate", 1);
            }
        };
    }

    private void reopen() {
        if (log.isFailed()) {
            return;
        }
        if (log.close()) {
            situations.add("closed cleanly", 1);
            openAgain();
        }
    }

    private void openAgain() {
        try {
            log = SimulatedLog.open(disk, config, seed + ++opens);
            assertThat(log.report().verdict()).as(log.report().detail()).isEqualTo(Verdict.CLEAN);
            check(log.report());
        } catch (PowerCutException e) {
            situations.add("crash while opening a clean log", 1);
        } catch (IoFailureException e) {
            assertThat(isFaulty).as(e.getMessage()).isTrue();
            situations.add("opening failed by an I/O error", 1);
            // There is no log now: the closed one must not be worked with any further.
            log = null;
        }
    }

    private void crash() {
        disk.faults().clear();
        situations.add(log != null && log.parts().roll().isActive(), "crash in a roll");
        if (log != null) {
            truncations.crashing(log);
        }
        situations.add(log != null && log.parts().commit().unsynced() > 1, "crash with several batches un-synced");
        situations.add(log != null && log.parts().manifest().isBusy(), "crash while the manifest is written");
        if (random.nextInt(4) == 0) {
            disk.kill();
        } else {
            disk.crash();
        }
        disk.crashAtStep(Long.MAX_VALUE);
        log = null;
    }

    private void endCleanly() {
        assertThat(log.close()).isTrue();
        log = SimulatedLog.open(disk, config, seed + ++opens);
        assertThat(log.report().verdict()).as(log.report().detail()).isEqualTo(Verdict.CLEAN);
        check(log.report());
        assertThat(log.close()).isTrue();
    }
}
