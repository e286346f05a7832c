package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * What a log must hold: everything that was recovered before, then a prefix of what was accepted since, with every acknowledged record in
 * it.
 */
final class LogModel {
    private final List<Kept> kept = new ArrayList<>();
    private final TreeMap<Long, Accepted> accepted = new TreeMap<>();
    private final Set<Long> acknowledged = new HashSet<>();
    private long highestLsn;
    private long headLsn;
    private long givenUp;

    /** A record that a recovery has shown to the world. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
    private record Kept(long lsn, byte[] payload) {
    }

    /** A record that was given a place; all of one group stand or fall together. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
    private record Accepted(byte[] payload, long group, int groupSize) {
    }

    /** A record, or several that stay together, were given their places. */
    void accepted(long firstLsn, List<byte[]> payloads, int[] offsets) {
        assertThat(firstLsn).as("an LSN is never used twice").isGreaterThan(highestLsn);
        for (int i = 0; i < payloads.size(); i++) {
            accepted.put(firstLsn + offsets[i], new Accepted(payloads.get(i), firstLsn, payloads.size()));
        }
        highestLsn = accepted.lastKey();
    }

    /** The log begins there now, with the record of that sequence: what lies before it was durable, and does not come back. */
    void truncated(long newHeadLsn, long firstSequence) {
        headLsn = newHeadLsn;
        assertThat(firstSequence).as("the beginning never goes back").isGreaterThan(givenUp);
        for (; givenUp + 1 < firstSequence; givenUp++) {
            long lsn = kept.isEmpty() ? accepted.pollFirstEntry().getKey() : kept.removeFirst().lsn();
            assertThat(lsn).as("only what lies before the beginning is given up").isLessThan(headLsn);
            acknowledged.remove(lsn);
        }
        assertThat(kept).allMatch(record -> record.lsn() >= headLsn);
    }

    void acknowledged(long lsn) {
        if (lsn < headLsn) {
            // Only protection is told so late.
            return;
        }
        assertThat(accepted).as("only what was accepted is acknowledged").containsKey(lsn);
        acknowledged.add(lsn);
    }

    int acknowledgedCount() {
        return acknowledged.size();
    }

    /** Compares what a recovered log holds; from then on it must keep that. */
    void checkRecovered(Cursor cursor) {
        int index = 0;
        List<Kept> found = new ArrayList<>();
        var expected = accepted.entrySet().iterator();
        long group = 0;
        int groupLeft = 0;
        while (cursor.next()) {
            byte[] payload = cursor.payload().toArray(ValueLayout.JAVA_BYTE);
            assertThat(cursor.sequence()).as("sequences are dense").isEqualTo(givenUp + index + 1);
            if (index < kept.size()) {
                assertThat(cursor.lsn()).as("what was recovered once stays").isEqualTo(kept.get(index).lsn());
                assertThat(payload).isEqualTo(kept.get(index).payload());
            } else {
                assertThat(expected.hasNext()).as("nothing is invented: LSN %d", cursor.lsn()).isTrue();
                var next = expected.next();
                assertThat(cursor.lsn()).as("no gap in what was accepted").isEqualTo(next.getKey());
                assertThat(payload).isEqualTo(next.getValue().payload());
                if (groupLeft == 0) {
                    group = next.getValue().group();
                    groupLeft = next.getValue().groupSize();
                }
                assertThat(next.getValue().group()).isEqualTo(group);
                groupLeft--;
                acknowledged.remove(cursor.lsn());
            }
            found.add(new Kept(cursor.lsn(), payload));
            index++;
        }
        assertThat(index).as("what was recovered once stays").isGreaterThanOrEqualTo(kept.size());
        assertThat(groupLeft).as("records that belong together are all there or none").isZero();
        assertThat(acknowledged).as("every acknowledged record is there").isEmpty();
        kept.clear();
        kept.addAll(found);
        accepted.clear();
    }

    /** Compares what a log holds from an LSN on while it goes on: what is durable by now, no more and no less. */
    int checkRead(Cursor cursor, long fromLsn, long durableLsn) {
        List<Kept> durable = new ArrayList<>(kept);
        accepted.headMap(durableLsn).forEach((lsn, record) -> durable.add(new Kept(lsn, record.payload())));
        int read = 0;
        for (int i = 0; i < durable.size(); i++) {
            Kept expected = durable.get(i);
            if (expected.lsn() >= fromLsn) {
                assertThat(cursor.next()).as("LSN %d is durable, below %d", expected.lsn(), durableLsn).isTrue();
                assertThat(cursor.lsn()).isEqualTo(expected.lsn());
                assertThat(cursor.sequence()).isEqualTo(givenUp + i + 1);
                assertThat(cursor.payload().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected.payload());
                read++;
            }
        }
        assertThat(cursor.next()).as("nothing behind LSN %d is durable", durableLsn).isFalse();
        return read;
    }

    /** Some LSN that a record has, 0 if there is none. */
    long anyLsn(RandomGenerator random) {
        int index = random.nextInt(kept.size() + accepted.size() + 1);
        if (index < kept.size()) {
            return kept.get(index).lsn();
        }
        return accepted.keySet().stream().skip(index - kept.size()).findFirst().orElse(0L);
    }

    int keptCount() {
        return kept.size();
    }
}
