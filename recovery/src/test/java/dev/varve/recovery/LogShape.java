package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.ShapedLog.Placed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** The logs that are damaged: three segments of 16 blocks each, K = 2, each in another state. Always made the same, byte for byte. */
enum LogShape {
    /** The process died: W lies as far behind as it may, the last batch is torn. The last K acknowledged batches are the blind window. */
    CRASHED(100, scribe -> {
        scribe.sealed();
        scribe.lagging(6);
        scribe.torn();
    }),
    /** Idle for a while before the crash: the manifest knows the last batch. */
    ANCHORED(101, scribe -> {
        scribe.sealed();
        scribe.lagging(5);
        scribe.writer.anchor();
        scribe.log.crash();
    }),
    /** Closed as it should be. */
    CLOSED(102, scribe -> {
        scribe.sealed();
        scribe.lagging(4);
        scribe.add(scribe.writer.writeClose(), 0);
        scribe.writer.writeManifest(scribe.writer.manifest().next(3, scribe.writer.place(), true));
        scribe.log.crash();
    }),
    /** A batch that was never acknowledged is missing, the one behind it is there. */
    HOLE(103, scribe -> {
        scribe.sealed();
        scribe.lagging(4);
        scribe.hole();
    }),
    /** The last segment was begun anew under its number; what its earlier life wrote lies where no batch is yet. */
    REPLACED(104, scribe -> {
        scribe.sealed();
        scribe.replaced();
        scribe.lagging(3);
        scribe.log.crash();
    }),
    /** Segment 2 ended by a crash, and segment 3 says where. */
    DECREED(105, scribe -> {
        scribe.append(10, 1);
        scribe.seal();
        scribe.lagging(3);
        scribe.torn();
        scribe.batches.removeLast();
        scribe.writer = scribe.log.open();
        scribe.lagging(4);
        scribe.log.crash();
    });

    private final long seed;
    private final Consumer<Scribe> text;

    LogShape(long seed, Consumer<Scribe> text) {
        this.seed = seed;
        this.text = text;
    }

    /** What its disk is made with. */
    long seed() {
        return seed;
    }

    ShapedLog make() {
        Scribe scribe = new Scribe(seed);
        text.accept(scribe);
        return ShapedLog.of(scribe.log, List.copyOf(scribe.batches), scribe.headers());
    }

    /** Writes a log and notes what it wrote. */
    private static final class Scribe {
        private static final int K = LogFixture.SMALL.unsyncedMax();
        private final LogFixture log;
        private final List<Placed> batches = new ArrayList<>();
        private TestWriter writer;
        private int records;

        Scribe(long seed) {
            log = LogFixture.simulated(seed);
            writer = log.open();
        }

        List<SegmentHeader> headers() {
            return List.copyOf(writer.segments());
        }

        void add(BatchHeader batch, int count) {
            batches.add(new Placed(batch, records, true, true));
            records += count;
        }

        /** Appends two records with a filler between them; W lies {@code lag} behind. */
        void append(int bytes, int lag) {
            long synced = Math.max(writer.next().batch() - lag, writer.header().baseBatch() - 1);
            add(writer.append(synced, "first " + records + " " + "x".repeat(bytes), TestWriter.FILLER, "second " + records), 2);
        }

        void lagging(int count) {
            for (int i = 0; i < count; i++) {
                append(new int[] {10, 4200, 0, 100}[i % 4], K);
            }
        }

        void seal() {
            BatchHeader seal = writer.seal();
            add(seal, 0);
            writer.beginNext(seal);
        }

        /** Two segments, sealed. */
        void sealed() {
            for (int bytes : new int[] {10, 5000, 0}) {
                append(bytes, 1);
            }
            seal();
            append(9000, 1);
            append(100, 1);
            seal();
        }

        void torn() {
            append(20, K);
            log.crash();
            Placed last = batches.removeLast();
            records -= 2;
            // Two sectors of it, so that losing one of them does not heal it.
            log.damage().overwrite(last.file(), last.offset() + 512, filled(1024));
            batches.add(new Placed(last.header(), records, true, false));
        }

        void hole() {
            append(20, K);
            Placed hole = batches.removeLast();
            append(20, K);
            Placed behind = batches.removeLast();
            records -= 4;
            log.crash();
            log.damage().overwrite(hole.file(), hole.offset(), new byte[(int) (hole.end() - hole.offset())]);
            batches.add(new Placed(hole.header(), records, false, false));
            batches.add(new Placed(behind.header(), records, true, true));
        }

        void replaced() {
            for (int i = 0; i < 6; i++) {
                append(10, K);
            }
            String file = batches.getLast().file();
            long from = batches.getLast().offset();
            batches.subList(batches.size() - 6, batches.size()).clear();
            records -= 12;
            log.crash();
            byte[] before = log.damage().bytes(file);
            log.damage().overwrite(file, ShapedLog.BLOCK, new byte[8 * ShapedLog.BLOCK]);
            writer = log.open();
            log.damage().overwrite(file, from, Arrays.copyOfRange(before, (int) from, (int) from + ShapedLog.BLOCK));
        }

        private static byte[] filled(int length) {
            byte[] bytes = new byte[length];
            Arrays.fill(bytes, (byte) 0x55);
            return bytes;
        }
    }
}
