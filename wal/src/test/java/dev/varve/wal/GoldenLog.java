package dev.varve.wal;

import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.Damage;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Logs that today's writer makes, each in another state, with everything that is left to chance fixed: seed, clock, random numbers. What it
 * made when format 1 was released lies in {@code src/test/resources/golden/v1} and is read for ever.
 */
enum GoldenLog {
    /** Made, and never written. */
    CREATED(1000, author -> author.crash(CrashMode.KEEP_ALL)),
    /** Records of many lengths, an atomic batch, then a clean close. */
    CLOSED(1001, author -> {
        author.appendSome();
        author.appendTogether();
        author.close();
    }),
    /** Closed cleanly, gone on with in the same segment by the next incarnation, closed again. */
    CONTINUED(1002, author -> {
        author.append(100);
        author.close();
        author.open();
        author.append(10);
        author.close();
    }),
    /** Rolled twice; the power went with a batch under way. */
    CRASHED(1003, author -> {
        author.appendMany();
        author.appendUnheard();
        author.crash(CrashMode.TEAR_UNSYNCED);
    }),
    /** Idle until the manifest knew the last batch. */
    IDLE(1004, author -> {
        author.appendSome();
        author.idle();
        author.crash(CrashMode.DROP_UNSYNCED);
    }),
    /** A crash, and a segment by decree behind it. */
    DECREED(1005, author -> {
        author.appendSome();
        author.appendUnheard();
        author.crash(CrashMode.TEAR_UNSYNCED);
        author.open();
        author.appendSome();
        author.crash(CrashMode.KEEP_ALL);
    }),
    /** An acknowledged batch is damaged. */
    DAMAGED(1006, author -> {
        author.appendSome();
        author.idle();
        author.crash(CrashMode.KEEP_ALL);
        author.damage().flipBit(SegmentName.of(1), 2 * 4096 + 200, 3);
    });

    private final long seed;
    private final Consumer<Author> story;

    GoldenLog(long seed, Consumer<Author> story) {
        this.seed = seed;
        this.story = story;
    }

    /** Makes the log anew: each file's bytes by its name. */
    Map<String, byte[]> make() {
        Author author = new Author(seed);
        author.open();
        story.accept(author);
        Map<String, byte[]> files = new TreeMap<>();
        author.damage().names().forEach(name -> files.put(name, author.damage().bytes(name)));
        return files;
    }

    static LogConfig config() {
        return LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
            .withCommit(new LogConfig.Commit(1 << 13, 2_000_000, 50_000_000, 10_000_000_000L));
    }

    /** What the writer is asked to do. */
    private static final class Author {
        private static final long IDLE_NS = 1_000_000_000;
        private final SimulatedDisk disk;
        private final long seed;
        private SimulatedLog log;
        private int records;

        Author(long seed) {
            this.seed = seed;
            this.disk = new SimulatedDisk(seed, DiskSettings.quiet());
        }

        void open() {
            log = SimulatedLog.open(disk, config(), seed + records);
        }

        private byte[] payload(int length) {
            String layer = "layer " + records++ + " ";
            return layer.repeat(length / layer.length() + 1).substring(0, length).getBytes(StandardCharsets.US_ASCII);
        }

        private void append(int length) {
            byte[] payload = payload(length);
            accept(() -> log.offer(payload, AckLevel.DURABLE, new Outcomes()));
            log.drain();
        }

        /** Offers until it is taken: a segment may have to be prepared first. */
        private void accept(LongSupplier offer) {
            log.turnUntil(() -> offer.getAsLong() > 0);
        }

        void appendSome() {
            for (int length : new int[] {0, 1, 7, 8, 100, 5000, 19_000}) {
                append(length);
            }
        }

        void appendTogether() {
            RecordBatch batch = new RecordBatch();
            for (int length : new int[] {3, 0, 200}) {
                batch.add(length, MemorySegment.ofArray(payload(length)));
            }
            accept(() -> log.offer(batch, new Outcomes()));
            log.drain();
        }

        void appendMany() {
            for (int i = 0; i < 30; i++) {
                append(3000 + 100 * i);
            }
        }

        void appendUnheard() {
            for (int i = 0; i < 4; i++) {
                byte[] payload = payload(2000);
                accept(() -> log.offer(payload, AckLevel.DURABLE, new Outcomes()));
                log.turn();
            }
        }

        void idle() {
            log.idle(IDLE_NS);
        }

        void close() {
            assert log.close();
        }

        void crash(CrashMode mode) {
            disk.crash(mode);
        }

        Damage damage() {
            return disk.damage(SimulatedLog.DIRECTORY);
        }
    }
}
