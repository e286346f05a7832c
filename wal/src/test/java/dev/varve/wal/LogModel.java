package dev.varve.wal;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * What a log must hold: everything that was recovered or read before, then a prefix of what was accepted since, with every acknowledged
 * record in it. Checks O1, O2, O3 and the second halves of O7 and O10.
 *
 * <pre>
 *   recovered before │ accepted since: acknowledged or read … │ maybe …        discarded by an earlier recovery
 *   must be there    │ must be there                          │ a prefix       must not be there
 * </pre>
 *
 * <p>Owned by one thread.
 */
final class LogModel {
    private final List<Kept> kept = new ArrayList<>();
    private final TreeMap<Long, Accepted> accepted = new TreeMap<>();
    /** By LSN, the sequence that the acknowledgement named. */
    private final Map<Long, Long> acknowledged = new HashMap<>();
    private final Set<Long> indeterminate = new HashSet<>();
    private final Set<Long> discarded = new HashSet<>();
    private final Situations situations;
    private int comparedCount;
    private long readEndLsn;
    private long highestLsn;
    private long headLsn;
    private long givenUp;

    LogModel() {
        this(new Situations());
    }

    LogModel(Situations situations) {
        this.situations = situations;
    }

    /** A record that a recovery has shown to the world. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
    record Kept(long lsn, byte[] payload) {
    }

    /** A record that was given a place; all of one group stand or fall together. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
    private record Accepted(byte[] payload, long group, int groupSize) {
    }

    /** A record, or several that stay together, were given their places. */
    void accepted(long firstLsn, List<byte[]> payloads, int[] offsets) {
        Check.that(firstLsn > highestLsn, "O3: LSN %d is given out although %d was before", firstLsn, highestLsn);
        for (int i = 0; i < payloads.size(); i++) {
            accepted.put(firstLsn + offsets[i], new Accepted(payloads.get(i), firstLsn, payloads.size()));
        }
        highestLsn = accepted.lastKey();
    }

    /** The log begins there now, with the record of that sequence: what lies before it was durable, and does not come back. */
    void truncated(long newHeadLsn, long firstSequence) {
        headLsn = newHeadLsn;
        Check.that(firstSequence > givenUp, "O3: the beginning goes back, to sequence %d", firstSequence);
        for (; givenUp + 1 < firstSequence; givenUp++) {
            long lsn = kept.isEmpty() ? accepted.pollFirstEntry().getKey() : kept.removeFirst().lsn();
            Check.that(lsn < headLsn, "O1: LSN %d is given up, and the log begins at LSN %d", lsn, headLsn);
            acknowledged.remove(lsn);
        }
        Check.that(kept.isEmpty() || kept.getFirst().lsn() >= headLsn, "O3: LSN %d lies before the beginning, LSN %d",
            kept.isEmpty() ? 0 : kept.getFirst().lsn(), headLsn);
    }

    /** A record was acknowledged as durable. */
    void acknowledged(long lsn) {
        Check.that(acknowledged(lsn, null), "O10: LSN %d is acknowledged and was not accepted", lsn);
    }

    /**
     * A record was acknowledged as durable, under a sequence.
     *
     * @return false if it was not accepted
     */
    boolean acknowledged(long lsn, Long sequence) {
        if (lsn < headLsn) {
            // Only protection is told so late.
            return true;
        }
        acknowledged.put(lsn, sequence);
        return accepted.containsKey(lsn);
    }

    /** An append was told that nobody knows what became of its record. */
    void indeterminate(long lsn) {
        indeterminate.add(lsn);
    }

    /** Compares what a recovered log holds; from then on it must keep that. */
    void checkRecovered(Cursor cursor) {
        List<Kept> found = compare(cursor, true);
        for (long lsn : acknowledged.keySet()) {
            Check.that(!found.isEmpty() && found.getLast().lsn() >= lsn, "O1: LSN %d was acknowledged and is not there: the last is %d",
                lsn, found.isEmpty() ? 0 : found.getLast().lsn());
        }
        long lost = readEndLsn == 0 ? -1 : Math.max(0, accepted.headMap(readEndLsn).size() - (found.size() - kept.size()));
        Check.that(lost <= 0, "O7: %d records that a reader has seen, below LSN %d, are not there", lost, readEndLsn);
        settle(found);
    }

    /** Compares what a damaged log still shows: kept and accepted records in order, byte-exact, but maybe fewer than there should be. */
    void checkPrefix(Cursor cursor) {
        compare(cursor, false);
    }

    /** How many records were right in the last comparison, also if it was broken off. */
    int comparedCount() {
        return comparedCount;
    }

    /** How many records the log should hold below an LSN. */
    long countBelow(long endLsn) {
        return kept.stream().filter(record -> record.lsn() < endLsn).count() + accepted.headMap(endLsn).size();
    }

    private List<Kept> compare(Cursor cursor, boolean isWhole) {
        List<Kept> found = new ArrayList<>(kept.size() + accepted.size());
        Iterator<Map.Entry<Long, Accepted>> expected = accepted.entrySet().iterator();
        long group = 0;
        int groupLeft = 0;
        comparedCount = 0;
        while (cursor.next()) {
            long lsn = cursor.lsn();
            byte[] payload = cursor.payload().toArray(ValueLayout.JAVA_BYTE);
            Check.that(!discarded.contains(lsn), "O3: LSN %d was discarded by an earlier recovery and is back", lsn);
            long next = givenUp + found.size() + 1;
            Check.that(cursor.sequence() == next, "O2: LSN %d has sequence %d where %d is next", lsn, cursor.sequence(), next);
            if (found.size() < kept.size()) {
                Kept before = kept.get(found.size());
                Check.that(lsn == before.lsn(), "O7: LSN %d was recovered once, now LSN %d is there", before.lsn(), lsn);
                Check.that(Arrays.equals(payload, before.payload()), "O7: LSN %d was recovered once with other bytes", lsn);
            } else {
                Check.that(expected.hasNext(), "O3: LSN %d is invented: nothing was accepted behind what is there", lsn);
                Map.Entry<Long, Accepted> entry = expected.next();
                Accepted record = entry.getValue();
                Check.that(lsn == entry.getKey(), "O2: LSN %d where LSN %d was accepted", lsn, entry.getKey());
                Check.that(Arrays.equals(payload, record.payload()), "O1: LSN %d holds other bytes than were appended", lsn);
                group = groupLeft == 0 ? record.group() : group;
                groupLeft = groupLeft == 0 ? record.groupSize() : groupLeft;
                Check.that(group == record.group(), "O2: LSN %d is there without the rest of its group", lsn);
                groupLeft--;
                Long sequence = acknowledged.get(lsn);
                Check.that(sequence == null || sequence == cursor.sequence(), "O1: LSN %d was acknowledged with sequence %d and has %d",
                    lsn, sequence, cursor.sequence());
            }
            found.add(new Kept(lsn, payload));
            comparedCount = found.size();
        }
        Check.that(!isWhole || found.size() >= kept.size(), "O7: %d records were recovered once, now there are %d", kept.size(),
            found.size());
        Check.that(groupLeft == 0, "O2: %d records of a group are missing behind the end", groupLeft);
        return found;
    }

    /** What was found stays; what was not never comes back. */
    private void settle(List<Kept> found) {
        long endLsn = found.isEmpty() ? 0 : found.getLast().lsn() + 1;
        for (long lsn : accepted.tailMap(endLsn).keySet()) {
            discarded.add(lsn);
        }
        situations.add(!accepted.tailMap(endLsn).isEmpty(), "records discarded");
        for (long lsn : indeterminate) {
            situations.add(lsn < endLsn ? "indeterminate record found whole" : "indeterminate record found absent", 1);
        }
        boolean isKnown = !acknowledged.isEmpty() || readEndLsn > 0;
        situations.add(found.size() > kept.size() && !isKnown, "only records recovered that nobody knew of");
        kept.clear();
        kept.addAll(found);
        accepted.clear();
        acknowledged.clear();
        indeterminate.clear();
        readEndLsn = 0;
    }

    /** Compares what a log holds from an LSN on while it goes on: what is durable by now, no more and no less. */
    int checkRead(Cursor cursor, long fromLsn, long durableLsn) {
        List<Kept> durable = new ArrayList<>(kept);
        accepted.headMap(durableLsn).forEach((lsn, record) -> durable.add(new Kept(lsn, record.payload())));
        int read = 0;
        for (int i = 0; i < durable.size(); i++) {
            Kept expected = durable.get(i);
            if (expected.lsn() >= fromLsn) {
                Check.that(cursor.next(), "O1: a reader ends before LSN %d, which is durable: below %d", expected.lsn(), durableLsn);
                Check.that(cursor.lsn() == expected.lsn(), "O2: a reader sees LSN %d where %d is next", cursor.lsn(), expected.lsn());
                Check.that(cursor.sequence() == givenUp + i + 1, "O2: a reader sees LSN %d with sequence %d instead of %d", cursor.lsn(),
                    cursor.sequence(), givenUp + i + 1);
                Check.that(Arrays.equals(cursor.payload().toArray(ValueLayout.JAVA_BYTE), expected.payload()),
                    "O1: a reader sees other bytes at LSN %d", cursor.lsn());
                read++;
            }
        }
        Check.that(!cursor.next(), "O7: a reader sees what is not durable, behind LSN %d", durableLsn);
        readEndLsn = Math.max(readEndLsn, accepted.isEmpty() ? 0 : durableLsn);
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

    /** How many records were given up at the beginning. */
    long givenUp() {
        return givenUp;
    }

    /** What was recovered last. */
    List<Kept> kept() {
        return kept;
    }

    int keptCount() {
        return kept.size();
    }

    int acceptedCount() {
        return accepted.size();
    }
}
