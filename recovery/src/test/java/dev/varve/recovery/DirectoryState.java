package dev.varve.recovery;

import dev.varve.engine.segment.LogId;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.ShapedLog.Kind;
import dev.varve.recovery.ShapedLog.Part;
import dev.varve.recovery.ShapedLog.Placed;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which file lies under which name, and how much of it: a log's directory as a restore, a copy or a lost name may leave it. Says what
 * recovery must conclude, from the names alone.
 *
 * @param log   the log that was there
 * @param other another log of as many segments
 * @param files what lies under each segment number
 * @param slots which slots of the manifest are lost
 * @param whose the manifest's own log: this one's, the other's, or null if there is no manifest at all
 */
record DirectoryState(ShapedLog log, ShapedLog other, TreeMap<Long, Content> files, Set<Integer> slots, ShapedLog whose) {
    /**
     * What a file holds.
     *
     * @param of     the log it comes from, null for zeros
     * @param number the segment it is there
     * @param isBare true if its header is of another life than its batches were, so that none belongs to it
     * @param length how many bytes of it there are, more than a segment's if it was extended
     */
    record Content(ShapedLog of, long number, boolean isBare, long length) {
        Content cutTo(long newLength) {
            return new Content(of, number, isBare, newLength);
        }

        /** A header is believed if its block is there. */
        boolean isHeaded() {
            return of != null && length >= ShapedLog.BLOCK;
        }

        boolean isSegment(LogId id, long wanted) {
            return isHeaded() && number == wanted && idOf(of).equals(id);
        }

        boolean isForeign(LogId id, long wanted) {
            return isHeaded() && (!idOf(of).equals(id) || number > wanted);
        }
    }

    static DirectoryState of(ShapedLog log, ShapedLog other) {
        TreeMap<Long, Content> files = new TreeMap<>();
        log.headers().forEach(header -> files.put(header.segment(),
            new Content(log, header.segment(), false, header.geometry().length())));
        return new DirectoryState(log, other, files, Set.of(), log);
    }

    private static LogId idOf(ShapedLog log) {
        return log.headers().getFirst().logId();
    }

    DirectoryState with(long number, Content content) {
        TreeMap<Long, Content> changed = new TreeMap<>(files);
        if (content == null) {
            changed.remove(number);
        } else {
            changed.put(number, content);
        }
        return new DirectoryState(log, other, changed, slots, whose);
    }

    DirectoryState withoutSlots(Set<Integer> lost) {
        Set<Integer> all = new HashSet<>(slots);
        all.addAll(lost);
        return new DirectoryState(log, other, files, all, whose);
    }

    DirectoryState withManifestOf(ShapedLog newWhose) {
        return new DirectoryState(log, other, files, slots, newWhose);
    }

    /** The log that the manifest speaks of. */
    ShapedLog meant() {
        return whose == null ? log : whose;
    }

    /** The structures that are not there any more, of the files that lie in their own places. */
    private Set<Part> lost() {
        Set<Part> lost = new HashSet<>();
        for (Placed batch : meant().batches()) {
            Content content = files.get(batch.segment());
            boolean isOwn = content != null && content.of() != null && idOf(content.of()).equals(idOf(meant()))
                && content.number() == batch.segment() && !content.isBare();
            long there = isOwn ? content.length() : 0;
            for (Part part : meant().parts().get(batch.file()).subMap(batch.offset(), batch.end()).values()) {
                boolean isGone = part.kind() == Kind.BATCH_HEADER ? there < batch.offset() + ShapedLog.BLOCK : there < part.to();
                if (isGone) {
                    lost.add(part);
                }
            }
        }
        return lost;
    }

    /** What recovery must say, and how many records of {@link #meant()} it must let be read; only these two mean anything. */
    Outcome expect() {
        DamageRule rule = new DamageRule(meant());
        Manifest manifest = whose == null ? null : rule.newest(slots);
        if (manifest == null) {
            return new Outcome(Verdict.BAD_MANIFEST, 0, 0, 0, 0, 0, false);
        }
        LogId id = manifest.logId();
        long highest = manifest.highestSegment();
        for (Map.Entry<Long, Content> file : files.tailMap(highest, false).entrySet()) {
            if (file.getValue().isSegment(id, file.getKey())) {
                return fault(Verdict.BAD_MANIFEST, file.getKey(), id);
            }
            if (file.getValue().isForeign(id, file.getKey())) {
                return fault(Verdict.SEGMENT_FOREIGN, file.getKey(), id);
            }
        }
        long last = highest;
        Content content = files.get(highest);
        if (content != null && !content.isSegment(id, highest) && !content.isForeign(id, highest)) {
            if (manifest.durable().segment() == highest || holdsBatchOf(highest, content)) {
                return fault(Verdict.BAD_HEADER, highest, id);
            }
            last = highest - 1;
        }
        for (long number = last; number >= manifest.lowestSegment(); number--) {
            content = files.get(number);
            if (content == null) {
                return fault(Verdict.SEGMENT_MISSING, number, id);
            }
            if (!content.isSegment(id, number)) {
                return fault(content.isHeaded() ? Verdict.SEGMENT_FOREIGN : Verdict.BAD_HEADER, number, id);
            }
        }
        return rule.judge(lost(), manifest, last, false);
    }

    /** Without a header, a batch tells that a segment was begun: here only one that has lost its end, and so has none. */
    private boolean holdsBatchOf(long number, Content content) {
        return content.of() != null && content.number() == number && content.length() >= 2L * ShapedLog.BLOCK && !content.isHeaded();
    }

    /** The segments from the lowest up to the one at fault are read, as far as each is there. */
    private Outcome fault(Verdict verdict, long fault, LogId id) {
        long upTo = 1;
        while (upTo < fault && files.containsKey(upTo) && files.get(upTo).isSegment(id, upTo)) {
            upTo++;
        }
        return new Outcome(verdict, 0, 0, 0, 0, new DamageRule(meant()).readsUpTo(lost(), upTo), false);
    }

    /** Lays the files out. */
    void layOut(DiskImage image, FileBytes bytes) {
        for (String name : image.names()) {
            if (SegmentName.segmentIn(name) > 0 && !files.containsKey(SegmentName.segmentIn(name))) {
                image.remove(name);
            }
        }
        files.forEach((number, content) -> image.put(SegmentName.of(number), bytes.of(content)));
    }

    /** Where a content's bytes come from. */
    interface FileBytes {
        byte[] of(Content content);
    }
}
