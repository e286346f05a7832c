package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.ShapedLog.Part;
import dev.varve.recovery.ShapedLog.Placed;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What must come of it when structures of a log are damaged, said a second time and in another way than recovery does: by which structures
 * are whole, not by what their bytes are.
 *
 * <p>The blind window is in it: what is lost of the last batches counts as a crash tail unless a whole header, the manifest or the next
 * segment speaks of it.
 */
final class DamageRule {
    private final ShapedLog log;
    /** The manifest's slots as they lie on disk, by place. */
    private final List<Manifest> slots = new ArrayList<>();

    DamageRule(ShapedLog log) {
        this.log = log;
        MemorySegment manifest = log.image().file(SegmentName.MANIFEST);
        for (int slot = 0; slot < 2; slot++) {
            slots.add(ManifestDescriptor.decode(manifest, (long) slot * ManifestDescriptor.SLOT_DISTANCE));
        }
    }

    private static Set<Integer> hits(Set<Part> hit, ShapedLog.Kind kind) {
        Set<Integer> indices = new TreeSet<>();
        hit.stream().filter(part -> part.kind() == kind).forEach(part -> indices.add(part.index()));
        return indices;
    }

    /**
     * The verdict.
     *
     * @param hit the structures of which some byte is not what it was
     * @return what an inspection must say
     */
    Outcome expect(Set<Part> hit) {
        Set<Integer> lostSlots = hits(hit, ShapedLog.Kind.SLOT);
        Set<Integer> lostHeaders = hits(hit, ShapedLog.Kind.HEADER);
        Set<Integer> lostCopies = hits(hit, ShapedLog.Kind.COPY);
        boolean warns = !lostSlots.isEmpty() || !lostHeaders.isEmpty() || !lostCopies.isEmpty();
        Manifest manifest = newest(lostSlots);
        if (manifest == null) {
            return new Outcome(Verdict.BAD_MANIFEST, 0, 0, 0, 0, 0, true);
        }
        for (int i = log.headers().size() - 1; i >= 0; i--) {
            if (lostHeaders.contains(i) && lostCopies.contains(i)) {
                // Of what lies below it nothing has been said yet.
                boolean warnsBefore = !lostSlots.isEmpty() || isAnyAbove(i, lostHeaders) || isAnyAbove(i, lostCopies);
                return new Outcome(Verdict.BAD_HEADER, 0, 0, 0, 0, readsUpTo(hit, log.headers().get(i).segment()), warnsBefore);
            }
        }
        long last = log.headers().getLast().segment();
        if (manifest.highestSegment() < last) {
            return new Outcome(Verdict.BAD_MANIFEST, 0, 0, 0, 0, readsUpTo(hit, last), warns);
        }
        return judge(hit, manifest, last, warns || isFooterAlone(hit));
    }

    private static boolean isAnyAbove(int index, Set<Integer> lost) {
        return lost.stream().anyMatch(other -> other > index);
    }

    /** The manifest that counts, null if there is none. */
    Manifest newest(Set<Integer> lostSlots) {
        Manifest newest = null;
        for (int slot = 0; slot < slots.size(); slot++) {
            boolean isNewer = !lostSlots.contains(slot) && (newest == null || slots.get(slot).generation() > newest.generation());
            newest = isNewer ? slots.get(slot) : newest;
        }
        return newest;
    }

    /** What the walks find, if the files make up a log. */
    Outcome judge(Set<Part> hit, Manifest manifest, long last, boolean warns) {
        int bad = firstBad(hit);
        Placed batch = bad < log.batches().size() ? log.batches().get(bad) : null;
        if (batch != null && batch.segment() < last) {
            return new Outcome(Verdict.CORRUPT, batch.segment(), batch.header().content().block(), batch.header().batch() - 1,
                declared(batch.segment()), batch.recordsBefore(), warns);
        }
        return inLast(hit, manifest, last, warns);
    }

    /** A footer's body makes a warning besides, if its own header still says where it is. */
    private boolean isFooterAlone(Set<Part> hit) {
        Set<Integer> headers = hits(hit, ShapedLog.Kind.BATCH_HEADER);
        long last = log.headers().getLast().segment();
        return hits(hit, ShapedLog.Kind.BATCH_BODY).stream().anyMatch(i -> log.batches().get(i).header().kind() == Kind.SEAL
            && log.batches().get(i).segment() < last && !headers.contains(i));
    }

    /** The place in the list of the first batch that is not whole; the list's size if all are. */
    private int firstBad(Set<Part> hit) {
        Set<Integer> headers = hits(hit, ShapedLog.Kind.BATCH_HEADER);
        Set<Integer> bodies = hits(hit, ShapedLog.Kind.BATCH_BODY);
        for (int i = 0; i < log.batches().size(); i++) {
            Placed batch = log.batches().get(i);
            if (headers.contains(i) || bodies.contains(i) || !batch.isHeaderWhole() || !batch.isBodyWhole()) {
                return i;
            }
        }
        return log.batches().size();
    }

    /** The records before the first damage that also lie before a segment. */
    int readsUpTo(Set<Part> hit, long segment) {
        int bad = firstBad(hit);
        int i = 0;
        while (i < bad && log.batches().get(i).segment() < segment) {
            i++;
        }
        return i < log.batches().size() ? log.batches().get(i).recordsBefore() : log.records().size();
    }

    private long declared(long segment) {
        return log.headers().stream().filter(header -> header.predecessor().segment() == segment).findFirst().orElseThrow()
            .predecessor().batch();
    }

    private Outcome inLast(Set<Part> hit, Manifest manifest, long segment, boolean warns) {
        Set<Integer> lost = hits(hit, ShapedLog.Kind.BATCH_HEADER);
        int bad = firstBad(hit);
        long known = manifest.durable().batch();
        boolean isAnyLater = false;
        SegmentHeader last = log.headers().stream().filter(header -> header.segment() == segment).findFirst().orElseThrow();
        long n = last.baseBatch() - 1;
        int block = 1;
        Kind kind = Kind.DATA;
        int reads = readsUpTo(hit, segment + 1);
        for (int i = 0; i < log.batches().size(); i++) {
            BatchHeader header = log.batches().get(i).header();
            if (header.life().segment() != segment) {
                continue;
            }
            if (i < bad) {
                n = header.batch();
                block = header.endBlock();
                kind = header.kind();
            }
            if (!lost.contains(i) && log.batches().get(i).isHeaderWhole()) {
                known = Math.max(known, header.synced());
                isAnyLater |= i >= bad;
            }
        }
        boolean isClean = kind == Kind.CLOSE && manifest.cleanClose() && !isAnyLater;
        Verdict verdict = known > n ? Verdict.CORRUPT : isClean ? Verdict.CLEAN : Verdict.CRASH_TAIL;
        return new Outcome(verdict, segment, block, n, known, reads, warns);
    }
}
