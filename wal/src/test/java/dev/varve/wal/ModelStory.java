package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What is done to a log and to a list, one after another; after each step that looks, both must hold the same. */
class ModelStory {
    static final int LENGTH_MAX = 80_000;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 18, LENGTH_MAX)
        .withLimits(new LogConfig.Limits(LENGTH_MAX, 2 << 20, 4));

    /** What is done to both. */
    sealed interface Operation {
        /** A record of so many bytes, whose acknowledgement waits for a level. */
        record Append(int length, AckLevel level) implements Operation {
        }

        /** Records that stay together. */
        record AppendTogether(List<Integer> lengths) implements Operation {
        }

        /** A record that is written where it was lent memory, or given up. */
        record Claimed(int length, boolean isCommitted) implements Operation {
        }

        /** From the n-th record on, counted round and round; with the distance of the LSN asked for from the record's own. */
        record Read(int index, int distance) implements Operation {
        }

        /** Whole segments before the n-th record, counted round and round, are given up. */
        record Truncate(int index) implements Operation {
        }

        /** Everything accepted becomes durable. */
        record Drain() implements Operation {
        }

        /** Closed and opened. */
        record Reopen() implements Operation {
        }

        /** The power goes, and the log is opened. */
        record Crash() implements Operation {
        }
    }

    /** A record, and which one before it it stands or falls with. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
    record Held(long lsn, byte[] payload, long groupLsn) {
    }

    private final long seed;
    private final SimulatedDisk disk;
    private final List<Held> list = new ArrayList<>();
    private SimulatedLog log;
    private long givenUp;
    private long highestLsn;
    private long acknowledgedLsn;
    private int steps;

    ModelStory(long seed) {
        this.seed = seed;
        this.disk = new SimulatedDisk(seed, DiskSettings.quiet());
        this.log = SimulatedLog.open(disk, CONFIG, seed);
    }

    void tell(Operation operation) {
        steps++;
        switch (operation) {
            case Operation.Append append -> append(append);
            case Operation.AppendTogether batch -> appendTogether(batch.lengths());
            case Operation.Claimed claimed -> claim(claimed);
            case Operation.Read read -> read(read);
            case Operation.Truncate truncate -> truncate(truncate.index());
            case Operation.Drain _ -> log.drain();
            case Operation.Reopen _ -> reopen();
            case Operation.Crash _ -> crash();
        }
    }

    private byte[] payload(int length) {
        return Payloads.of(seed + steps, length);
    }

    private void append(Operation.Append append) {
        byte[] payload = payload(append.length());
        long[] lsn = new long[1];
        log.turnUntil(() -> {
            lsn[0] = log.offer(payload, append.level(), listener(append.level()));
            return lsn[0] > 0;
        });
        hold(lsn[0], payload, lsn[0]);
    }

    private AppendListener listener(AckLevel level) {
        return new AppendListener() {
            @Override
            public void appended(long lsn, long sequence, Object attachment) {
                if (level.compareTo(AckLevel.DURABLE) >= 0) {
                    acknowledgedLsn = Math.max(acknowledgedLsn, lsn);
                }
            }

            @Override
            public void failed(IndeterminateAppendException failure, Object attachment) {
                throw new AssertionError(failure);
            }
        };
    }

    private void appendTogether(List<Integer> lengths) {
        RecordBatch batch = new RecordBatch();
        List<byte[]> payloads = lengths.stream().map(this::payload).toList();
        payloads.forEach(batch::add);
        long[] lsn = new long[1];
        log.turnUntil(() -> {
            lsn[0] = log.offer(batch, listener(AckLevel.DURABLE));
            return lsn[0] > 0;
        });
        for (int i = 0; i < payloads.size(); i++) {
            hold(lsn[0] + batch.records().offset(i), payloads.get(i), lsn[0]);
        }
    }

    private void claim(Operation.Claimed claimed) {
        // A commit waits for room, and here nobody else makes it.
        log.turnUntil(() -> log.parts().placement().open().isUntouched() && isRoom());
        byte[] payload = payload(claimed.length());
        try (Claim claim = log.intake().claim(new AppendOptions(7, AckLevel.BUFFERED), payload.length)) {
            claim.payload().copyFrom(MemorySegment.ofArray(payload));
            if (claimed.isCommitted()) {
                long lsn = claim.commit();
                hold(lsn, payload, lsn);
            }
        }
    }

    /** In the segment behind the open batch, or in this one, if it is new. */
    private boolean isRoom() {
        return log.parts().placement().hasNextSegment() || log.parts().placement().open().block() == 1;
    }

    private void hold(long lsn, byte[] payload, long groupLsn) {
        assertThat(lsn).as("LSNs grow, and none is used twice").isGreaterThan(highestLsn);
        highestLsn = lsn;
        list.add(new Held(lsn, payload, groupLsn));
    }

    private long lsnOf(int index) {
        return list.isEmpty() ? 0 : list.get(index % list.size()).lsn();
    }

    /** What is durable now, and nothing else. */
    private void read(Operation.Read read) {
        SegmentHeader lowest = log.parts().segments().lowest();
        long fromLsn = Math.max(lsnOf(read.index()) + read.distance(), lowest.predecessor().endLsn());
        long durableLsn = log.parts().position().durableLsn();
        long endLsn = Math.max(fromLsn, durableLsn);
        List<Held> expected = list.stream().filter(held -> held.lsn() < endLsn).toList();
        assertThat(compareFrom(fromLsn)).as("all that is durable, below %d", durableLsn).isEqualTo(expected.size());
    }

    /** Reads from an LSN to the end, and compares; how many of the list there are, with those before the LSN. */
    private int compareFrom(long fromLsn) {
        int index = (int) list.stream().filter(held -> held.lsn() < fromLsn).count();
        try (Cursor cursor = log.read(fromLsn)) {
            for (; cursor.next(); index++) {
                assertThat(list.size()).as("nothing is invented: LSN %d", cursor.lsn()).isGreaterThan(index);
                Held held = list.get(index);
                assertThat(cursor.lsn()).isEqualTo(held.lsn());
                assertThat(cursor.sequence()).isEqualTo(givenUp + index + 1);
                assertThat(cursor.payload().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(held.payload());
            }
        }
        return index;
    }

    private void truncate(int index) {
        long lsn = lsnOf(index);
        CompletableFuture<Void> done = log.parts().truncation().ask(lsn);
        log.turnUntil(done::isDone);
        int count = givenUpBelow(lsn, Math.toIntExact(log.parts().segments().lowest().baseSequence() - 1 - givenUp));
        assertThat(list.subList(0, count)).allMatch(held -> held.lsn() < lsn);
        list.subList(0, count).clear();
        givenUp += count;
    }

    /** How many records are gone: those of whole segments. */
    int givenUpBelow(long lsn, int ofWholeSegments) {
        return ofWholeSegments;
    }

    List<Held> list() {
        return list;
    }

    private void reopen() {
        assertThat(log.close()).isTrue();
        open(Verdict.CLEAN);
        assertThat(compareFrom(0)).as("closing made all durable").isEqualTo(list.size());
    }

    private void open(Verdict verdict) {
        log = SimulatedLog.open(disk, CONFIG, seed + steps);
        assertThat(log.report().verdict()).isEqualTo(verdict);
        assertThat(log.parts().segments().lowest().baseSequence()).as("it begins where it began").isEqualTo(givenUp + 1);
    }

    /** What was durable is there, what else there is came next, and what stays together is there as a whole. */
    private void crash() {
        long durableLsn = Math.max(log.parts().position().durableLsn(), acknowledgedLsn + 1);
        disk.crash();
        open(Verdict.CRASH_TAIL);
        int count = compareFrom(0);
        assertThat(list.stream().filter(held -> held.lsn() < durableLsn)).as("what was durable").hasSizeLessThanOrEqualTo(count);
        if (count > 0 && count < list.size()) {
            assertThat(list.get(count - 1).groupLsn()).as("all or none").isNotEqualTo(list.get(count).groupLsn());
        }
        list.subList(count, list.size()).clear();
    }

    void end() {
        tell(new Operation.Reopen());
        assertThat(log.close()).isTrue();
    }
}
