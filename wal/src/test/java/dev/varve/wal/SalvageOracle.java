package dev.varve.wal;

import dev.varve.wal.WrittenLog.Batch;
import dev.varve.wal.WrittenLog.Named;
import dev.varve.wal.WrittenLog.Segment;
import dev.varve.wal.WrittenLog.Written;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What must come out of a damaged log, computed from the bytes before and after the damage: a batch is undamaged if none of its bytes has
 * changed and all can be read; it belongs to the log if the log held it before, and what is left of the log still shows that.
 */
final class SalvageOracle {
    /** Bytes that cannot be read. */
    record Unreadable(String name, long offset, long length) {
    }

    private final WrittenLog log;
    private final Map<String, byte[]> before;
    private final Map<String, byte[]> after;
    private final List<Unreadable> unreadable;
    private final Named named;
    private final List<Batch> expected = new ArrayList<>();
    private final Set<Long> guessed = new HashSet<>();
    private final List<Batch> known = new ArrayList<>();
    private long lastKnownLimit = -1;

    SalvageOracle(WrittenLog log, Map<String, byte[]> before, Map<String, byte[]> after, List<Unreadable> unreadable) {
        this.log = log;
        this.before = before;
        this.after = after;
        this.unreadable = unreadable;
        boolean isSlotUnreadable = !isSame("MANIFEST", 0, 0) || isUnreadable("MANIFEST", 0, 4096) || isUnreadable("MANIFEST", 65536, 4096);
        this.named = isSlotUnreadable ? null : WrittenLog.manifest(after.get("MANIFEST"));
        List<Segment> present = new ArrayList<>(log.segments());
        if (named != null && !present.isEmpty() && isTakenForUnbegun(present.getLast())) {
            present.removeLast();
        }
        while (named == null && !present.isEmpty() && !isSeen(present.getLast())) {
            present.removeLast();
        }
        for (int i = 0; i < present.size(); i++) {
            Segment successor = i + 1 < present.size() ? present.get(i + 1) : null;
            expect(present.get(i), successor);
        }
    }

    /**
     * The batches with records that must come out, in order.
     *
     * @param salvaged what has come out: where nothing but a file's length, which is damaged itself, suggests the LSNs of a segment, all of
     *                 it may be missing
     */
    List<Batch> expected(List<Written> salvaged) {
        return expected.stream().filter(batch -> !guessed.contains(batch.segment()) || expected.stream()
            .filter(other -> other.segment() == batch.segment()).flatMap(other -> other.records().stream())
            .anyMatch(record -> salvaged.stream().anyMatch(found -> found.lsn() == record.lsn()))).toList();
    }

    /** Whether there is a manifest that can be read and believed. */
    boolean isNamed() {
        return named != null;
    }

    boolean isSame(String name, long from, long length) {
        byte[] now = after.get(name);
        return now != null && from + length <= now.length
            && Arrays.equals(now, (int) from, (int) (from + length), before.get(name), (int) from, (int) (from + length))
            && !isUnreadable(name, from, length);
    }

    private boolean isUnreadable(String name, long from, long length) {
        // A block with one bad sector cannot be read as a whole.
        long to = from + length;
        return unreadable.stream().anyMatch(bad -> bad.name().equals(name) && (bad.offset() & -4096) < to
            && from < (bad.offset() + bad.length() + 4095 & -4096));
    }

    boolean isIntact(Batch batch) {
        long size = size(batch.segment());
        return batch.isWhole() && isSame(WrittenLog.name(batch.segment()), batch.block() * size, batch.blocks() * size);
    }

    /** Whether a file was cut before a batch, so that nothing in the file says that it went on. */
    boolean isCutOff(Batch batch) {
        byte[] now = after.get(WrittenLog.name(batch.segment()));
        return now != null && now.length <= batch.block() * size(batch.segment());
    }

    /** Whether anything that is left says that the log held a batch: not so in the blind window at its end. */
    boolean isKnown(Batch batch) {
        return known.contains(batch) && (named != null || after.keySet().stream().anyMatch(name -> name.endsWith(".varve")
            && name.compareTo(WrittenLog.name(batch.segment())) <= 0));
    }

    private boolean isHeaderIntact(Batch batch) {
        String name = WrittenLog.name(batch.segment());
        long at = batch.block() * size(batch.segment());
        return isSame(name, at, 128) && after.get(name).length >= at + 4096 && !isUnreadable(name, at, size(batch.segment()));
    }

    private long size(long segment) {
        return log.segments().stream().filter(s -> s.number() == segment).findFirst().orElseThrow().blockSize();
    }

    /** Whether a header is left, in block 0 or as the copy; the copy is found by the file's length. */
    private boolean hasHeader(Segment segment) {
        String name = WrittenLog.name(segment.number());
        byte[] now = after.get(name);
        long copyAt = (long) segment.blockSize() * (segment.blockCount() - 1);
        boolean isFirst = isValidBefore(segment, 0) && isSame(name, 0, 256) && !isUnreadable(name, 0, 256) && now.length >= 4096;
        return isFirst || (now != null && now.length == before.get(name).length && isValidBefore(segment, copyAt)
            && isSame(name, copyAt, 256));
    }

    private boolean isValidBefore(Segment segment, long at) {
        byte[] file = segment.file();
        return WrittenLog.buffer(file).getInt((int) at) == 0x53565256 && WrittenLog.buffer(file).getLong((int) at + 24) == segment.number()
            && WrittenLog.buffer(file).getInt((int) at + 252) == WrittenLog.crc(file, (int) at, 252);
    }

    private boolean isSeen(Segment segment) {
        return hasHeader(segment) || segment.batches().stream().anyMatch(this::isHeaderIntact);
    }

    private boolean isTakenForUnbegun(Segment last) {
        boolean isThere = after.containsKey(WrittenLog.name(last.number()));
        if (named.highest() < last.number()) {
            return !isSeen(last);
        }
        boolean isNeeded = named.highest() == named.lowest() || named.durableSegment() == last.number();
        return isThere && !isSeen(last) && !isNeeded && named.highest() == last.number();
    }

    private void expect(Segment segment, Segment successor) {
        long limitBefore = lastKnownLimit;
        boolean isFirst = lastKnownLimit < 0 && segment.number() == log.segments().getFirst().number();
        lastKnownLimit = -2;
        boolean isDeclared = successor != null && hasHeader(successor);
        long acknowledged = acknowledged(segment);
        segment.batches().stream().filter(batch -> isDeclared || batch.number() <= acknowledged).forEach(known::add);
        if (!after.containsKey(WrittenLog.name(segment.number()))) {
            return;
        }
        if (!hasHeader(segment)) {
            boolean isBaseKnown = isFirst ? segment.baseLsn() == 0 : limitBefore == segment.baseLsn();
            boolean isSampled = segment.batches().stream().anyMatch(this::isFirstRecordIntact);
            if (!isSampled) {
                return;
            }
            if (!isBaseKnown && !isDeclared) {
                guessed.add(segment.number());
            }
        }
        lastKnownLimit = after.get(WrittenLog.name(segment.number())).length == segment.limitLsn() - segment.baseLsn() || hasHeader(segment)
            ? segment.limitLsn() : -2;
        lastKnownLimit = guessed.contains(segment.number()) ? -2 : lastKnownLimit;
        boolean isEndKnown = isDeclared || (successor != null && isChained(segment, successor));
        for (List<Batch> run : runs(segment)) {
            if (!isEndKnown && run.getFirst().block() != 1 && run.getFirst().number() - 1 > acknowledged) {
                break;
            }
            run.stream().filter(batch -> batch.hasRecords() && (batch.isLive() || !isEndKnown)).forEach(expected::add);
        }
    }

    private boolean isFirstRecordIntact(Batch batch) {
        long at = batch.block() * size(batch.segment());
        long length = batch.records().isEmpty() ? 0 : batch.records().getFirst().payload().length + 24L;
        return batch.hasRecords() && isHeaderIntact(batch) && isSame(WrittenLog.name(batch.segment()), at, 128 + length);
    }

    /** Whether the first batch behind it, and the last one in it, are left, so that the one names the other. */
    private boolean isChained(Segment segment, Segment successor) {
        boolean isFirstLeft = !successor.batches().isEmpty() && successor.batches().getFirst().block() == 1
            && isHeaderIntact(successor.batches().getFirst());
        return isFirstLeft && segment.batches().stream()
            .anyMatch(batch -> isIntact(batch) && batch.chain() == successor.batches().getFirst().previousChain());
    }

    private List<List<Batch>> runs(Segment segment) {
        List<List<Batch>> runs = new ArrayList<>();
        Batch last = null;
        for (Batch batch : segment.batches()) {
            if (isIntact(batch)) {
                if (last == null || last.block() + last.blocks() != batch.block()) {
                    runs.add(new ArrayList<>());
                }
                runs.getLast().add(batch);
                last = batch;
            }
        }
        return runs;
    }

    private long acknowledged(Segment segment) {
        long acknowledged = named != null && named.durableSegment() == segment.number() ? named.durableBatch() : 0;
        for (Batch batch : segment.batches()) {
            if (isHeaderIntact(batch)) {
                acknowledged = Math.max(acknowledged, batch.synced());
            }
        }
        return acknowledged;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("before " + log.manifest() + ", after " + named);
        for (Segment segment : log.segments()) {
            text.append("; segment ").append(segment.number()).append(hasHeader(segment) ? "" : " (header lost)").append(':');
            segment.batches().forEach(batch -> text.append(' ').append(batch.number()).append('@').append(batch.block()).append(" W")
                .append(batch.synced()).append(isIntact(batch) ? "" : isHeaderIntact(batch) ? " body lost" : " lost")
                .append(batch.isLive() ? "" : " dead"));
        }
        return text.toString();
    }
}
