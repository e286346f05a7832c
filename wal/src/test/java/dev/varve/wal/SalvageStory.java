package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.simulation.Damage;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.RecordReader;
import dev.varve.recovery.Recovery;
import dev.varve.recovery.RecoveryOptions.Progress;
import dev.varve.recovery.Verdict;
import dev.varve.wal.SalvageOracle.Unreadable;
import dev.varve.wal.WrittenLog.Written;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Makes a log with the real writer on a simulated disk, damages its files, and reads back what a salvage has made of it. */
final class SalvageStory {
    static final Path TARGET = Path.of("salvaged");

    private final long seed;
    private SplittableRandom random;
    private final LogConfig config;
    private final List<Unreadable> unreadable = new ArrayList<>();
    private SimulatedDisk disk;
    private int opens;

    SalvageStory(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.disk = new SimulatedDisk(seed);
        int record = random.nextInt(100, 30_000);
        this.config = LogConfig.defaults().withSegmentAndRecordLength(65536 << random.nextInt(2), record)
            .withLimits(new LogConfig.Limits(record, 1 << 20, 1 + random.nextInt(4)))
            .withCommit(new LogConfig.Commit(4096 << random.nextInt(4), 0, 50_000_000, 10_000_000_000L));
    }

    SimulatedDisk disk() {
        return disk;
    }

    List<Unreadable> unreadable() {
        return unreadable;
    }

    /** A copy of the log as it is, to be damaged. */
    SalvageStory fork(long number) {
        SalvageStory copy = new SalvageStory(seed);
        copy.disk = disk.fork(seed * 100 + number);
        copy.disk.kill();
        copy.random = new SplittableRandom(seed * 100 + number);
        return copy;
    }

    /** Several lives, some of them cut short. */
    void write() {
        for (int life = random.nextInt(1, 4); life > 0; life--) {
            SimulatedLog log = SimulatedLog.open(disk, config, seed + ++opens);
            boolean isCut = random.nextInt(3) > 0;
            if (isCut && life == 1 && random.nextBoolean()) {
                disk.crashAtStep(disk.steps() + random.nextLong(20, 300));
            }
            try {
                append(log);
                if (!isCut && !disk.isStopped()) {
                    log.close();
                }
            } catch (PowerCutException e) {
                // Meant to happen.
                isCut = true;
            }
            if (isCut || disk.isStopped()) {
                disk.crash();
            }
            disk.crashAtStep(Long.MAX_VALUE);
        }
    }

    private void append(SimulatedLog log) {
        for (int i = random.nextInt(5, 40); i > 0 && !disk.isStopped(); i--) {
            byte[] payload = new byte[random.nextInt(4) == 0 ? random.nextInt(config.limits().recordLength()) : random.nextInt(100)];
            random.nextBytes(payload);
            log.offer(payload, AckLevel.DURABLE, null);
            switch (random.nextInt(5)) {
                case 0 -> log.drain();
                case 1 -> log.idle(random.nextLong(1, 80_000_000));
                case 2 -> { }
                default -> log.turn();
            }
        }
    }

    /** All files of a directory. */
    Map<String, byte[]> files(Path directory) {
        return new SalvageFiles(disk.damage(directory)).all();
    }

    /** Some damage of some kind somewhere. */
    void damage() {
        Damage damage = disk.damage(SimulatedLog.DIRECTORY);
        List<String> names = damage.names().stream().filter(name -> name.endsWith(".varve") || name.equals("MANIFEST")).toList();
        if (names.isEmpty()) {
            return;
        }
        String name = names.get(random.nextInt(names.size()));
        int length = damage.bytes(name).length;
        if (length < 4096) {
            return;
        }
        // Where batches are, and where headers are, more often than elsewhere.
        int block = random.nextInt(3) == 0 ? random.nextInt(2) * (length / 4096 - 1) : random.nextInt(Math.min(length / 4096, 24));
        switch (random.nextInt(12)) {
            case 0 -> damage.zeroBlock(name, block);
            case 1 -> damage.garbleBlock(name, block);
            case 2 -> {
                damage.unreadable(name, block * 4096L, 512);
                unreadable.add(new Unreadable(name, block * 4096L, 512));
            }
            case 3 -> {
                if (random.nextInt(3) == 0) {
                    damage.remove(name);
                }
            }
            case 4 -> damage.truncateTo(name, random.nextInt(length));
            case 5 -> damage.truncateTo(name, length + random.nextInt(3) * 2048);
            case 6 -> loseHeaders(damage, name, length);
            case 7 -> {
                String from = names.get(random.nextInt(names.size()));
                int fromBlocks = damage.bytes(from).length / 4096;
                if (fromBlocks > 0) {
                    damage.copyBlock(from, random.nextInt(Math.min(fromBlocks, 24)), name, block);
                }
            }
            default -> damage.flipBit(name, Math.min(length - 1, block * 4096 + random.nextInt(random.nextBoolean() ? 200 : 4096)),
                random.nextInt(8));
        }
    }

    private void loseHeaders(Damage damage, String name, int length) {
        damage.garbleBlock(name, 0);
        long second = name.equals("MANIFEST") ? 16 : length / 4096 - 1;
        if (second < length / 4096) {
            damage.garbleBlock(name, second);
        }
    }

    SalvageReport salvage(SalvageOptions options) {
        return Salvage.of(SimulatedLog.DIRECTORY, TARGET, options, SimulatedLog.environment(disk, seed + 1000));
    }

    /** The records of the new log, which must be sound in every part. */
    List<Written> salvaged() {
        List<Written> records = new ArrayList<>();
        Environment environment = SimulatedLog.environment(disk, seed + 2000);
        try (Directory directory = disk.openDirectory(TARGET, false); IoQueue queue = new IoQueue(disk.openEngine(16))) {
            Recovery.Resources resources = new Recovery.Resources(queue, environment.memory(), environment.random());
            Inspection found = Recovery.inspect(directory, resources, new InspectionOptions(true, Progress.NONE));
            assertThat(found.report().verdict()).as(found.report().detail()).isEqualTo(Verdict.CLEAN);
            assertThat(found.report().warnings()).isEmpty();
            try (RecordReader reader = RecordReader.open(directory, resources, found.chain(), 0)) {
                while (reader.next()) {
                    records.add(new Written(reader.lsn(), reader.sequence(), reader.kind(),
                        reader.payload().toArray(ValueLayout.JAVA_BYTE)));
                }
            }
        }
        return records;
    }

    /** Opens the new log as its user does, appends, and closes it. */
    long appendToSalvaged() {
        LogParts parts = LogParts.open(TARGET, config.withExecutor(Runnable::run), SimulatedLog.environment(disk, seed + 3000),
            Runnable::run);
        assertThat(parts.recovered().report().verdict()).isEqualTo(Verdict.CLEAN);
        long lsn = parts.placement().acceptedEndLsn();
        parts.close();
        return lsn;
    }
}
