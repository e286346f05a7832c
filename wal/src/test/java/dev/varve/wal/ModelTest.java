package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Verdict;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** A log is a list: whatever is done to both, they hold the same. No power is cut here. jqwik prints the seed of a failing run. */
class ModelTest {
    private static final int LENGTH_MAX = 20_000;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, LENGTH_MAX)
        .withLimits(new LogConfig.Limits(LENGTH_MAX, 1 << 20, 4));

    /** What is done to both. */
    sealed interface Operation {
        /** A record of so many bytes. */
        record Append(int length) implements Operation {
        }

        /** Records that stay together. */
        record AppendTogether(List<Integer> lengths) implements Operation {
        }

        /** From the n-th record on, counted round and round; with the distance of the LSN asked for from the record's own. */
        record Read(int index, int distance) implements Operation {
        }

        /** Everything accepted becomes durable. */
        record Drain() implements Operation {
        }

        /** Closed and opened. */
        record Reopen() implements Operation {
        }
    }

    @Provide
    Arbitrary<Operation> operations() {
        Arbitrary<Integer> small = Arbitraries.integers().between(0, 400);
        return Arbitraries.frequencyOf(
            Tuple.of(5, small.map(Operation.Append::new)),
            Tuple.of(2, Arbitraries.integers().between(0, LENGTH_MAX).map(Operation.Append::new)),
            Tuple.of(2, small.list().ofMinSize(1).ofMaxSize(8).map(Operation.AppendTogether::new)),
            Tuple.of(3, Combinators.combine(Arbitraries.integers().between(0, 1000),
                Arbitraries.integers().between(-30, 30)).as(Operation.Read::new)),
            Tuple.of(2, Arbitraries.just(new Operation.Drain())),
            Tuple.of(1, Arbitraries.just(new Operation.Reopen())));
    }

    @Provide
    Arbitrary<List<Operation>> stories() {
        return operations().list().ofMinSize(1).ofMaxSize(60);
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void itHoldsWhatAListHolds(@ForAll long seed, @ForAll("stories") List<Operation> story) {
        Story told = new Story(seed);
        story.forEach(told::tell);
        told.end();
    }

    @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
    private record Held(long lsn, byte[] payload) {
    }

    private static final class Story {
        private final long seed;
        private final SimulatedDisk disk;
        private final List<Held> list = new ArrayList<>();
        private SimulatedLog log;
        private int opens;

        Story(long seed) {
            this.seed = seed;
            this.disk = new SimulatedDisk(seed, DiskSettings.quiet());
            this.log = SimulatedLog.open(disk, CONFIG, seed);
        }

        void tell(Operation operation) {
            switch (operation) {
                case Operation.Append append -> append(append.length());
                case Operation.AppendTogether batch -> appendTogether(batch.lengths());
                case Operation.Read read -> read(read);
                case Operation.Drain _ -> log.drain();
                case Operation.Reopen _ -> reopen();
            }
        }

        private byte[] payload(int length) {
            return Payloads.of(seed + list.size(), length);
        }

        private void append(int length) {
            byte[] payload = payload(length);
            long[] lsn = new long[1];
            log.turnUntil(() -> {
                lsn[0] = log.offer(payload, AckLevel.DURABLE, null);
                return lsn[0] > 0;
            });
            hold(lsn[0], payload);
        }

        private void appendTogether(List<Integer> lengths) {
            RecordBatch batch = new RecordBatch();
            List<byte[]> payloads = lengths.stream().map(length -> Payloads.of(seed - length, length)).toList();
            payloads.forEach(batch::add);
            long[] lsn = new long[1];
            log.turnUntil(() -> {
                lsn[0] = log.offer(batch, null);
                return lsn[0] > 0;
            });
            for (int i = 0; i < payloads.size(); i++) {
                hold(lsn[0] + batch.records().offset(i), payloads.get(i));
            }
        }

        private void hold(long lsn, byte[] payload) {
            assertThat(lsn).as("LSNs grow").isGreaterThan(list.isEmpty() ? 0 : list.getLast().lsn());
            list.add(new Held(lsn, payload));
        }

        /** What is durable now, and nothing else. */
        private void read(Operation.Read read) {
            long fromLsn = list.isEmpty() ? read.distance() : list.get(read.index() % list.size()).lsn() + read.distance();
            long durableLsn = log.parts().position().durableLsn();
            try (Cursor cursor = log.read(fromLsn)) {
                for (int i = 0; i < list.size(); i++) {
                    Held held = list.get(i);
                    if (held.lsn() >= fromLsn && held.lsn() < durableLsn) {
                        assertThat(cursor.next()).as("LSN %d, durable to %d", held.lsn(), durableLsn).isTrue();
                        assertThat(cursor.lsn()).isEqualTo(held.lsn());
                        assertThat(cursor.sequence()).isEqualTo(i + 1);
                        assertThat(cursor.payload().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(held.payload());
                    }
                }
                assertThat(cursor.next()).isFalse();
            }
        }

        private void reopen() {
            assertThat(log.close()).isTrue();
            log = SimulatedLog.open(disk, CONFIG, seed + ++opens);
            assertThat(log.report().verdict()).isEqualTo(Verdict.CLEAN);
            assertThat(log.parts().position().durableLsn()).as("closing made all durable")
                .isGreaterThan(list.isEmpty() ? 0 : list.getLast().lsn());
        }

        void end() {
            reopen();
            read(new Operation.Read(0, list.isEmpty() ? 0 : -1));
            assertThat(log.close()).isTrue();
        }
    }
}
