package dev.varve.wal;

import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.ManifestFile;

/**
 * What the manifest should say, and the writes that make it say so, one at a time.
 *
 * <p>Owned by the driver. What takes nothing back goes to one slot: naming a higher segment, anchoring a later batch, and, last of all,
 * setting the clean-close flag. A higher lowest segment takes back the ones below it and goes to both, one after the other; so does a
 * decree.
 */
final class ManifestKeeper {
    private final ManifestFile file;
    private final Runnable lockCheck;
    private long lowest;
    /** The generation that was the first to name the lowest segment; the one after it is in the other slot. */
    private long trimGeneration;
    private long highest;
    private DurablePlace anchor;
    private boolean isClean;
    private long epoch;
    /** Writes until both slots say what must not be unsaid. */
    private int copiesLeft;
    private long writes;

    ManifestKeeper(ManifestFile file, Runnable lockCheck) {
        this.file = file;
        this.lockCheck = lockCheck;
        this.lowest = file.current().lowestSegment();
        this.highest = file.current().highestSegment();
        this.anchor = file.current().durable();
        this.isClean = file.current().cleanClose();
        this.epoch = file.current().epoch();
    }

    /** A segment is prepared under its final name; places may be given out in it once {@link #isNamed} says so. */
    void name(long segment) {
        highest = Math.max(highest, segment);
    }

    boolean isNamed(long segment) {
        return file.current().highestSegment() >= segment;
    }

    /** A segment is prepared under its final name, to be begun by decree in a new incarnation; {@link #isDecreed} says when it may. */
    void decree(long segment, long newEpoch, DurablePlace place) {
        if (epoch != newEpoch) {
            name(segment);
            epoch = newEpoch;
            anchor = place;
            isClean = false;
            copiesLeft = 2;
        }
    }

    /** Whether both slots name the segment, in the incarnation of the decree. */
    boolean isDecreed(long segment) {
        return isNamed(segment) && file.current().epoch() == epoch && copiesLeft == 0 && !file.isBusy();
    }

    /** The log begins with a later segment; what lies below may be touched once {@link #isTrimmed} says so. */
    void trim(long segment) {
        assert isTrimmed() && segment > lowest && segment <= highest : segment;
        lowest = segment;
    }

    /** Whether neither slot names a lower segment any more. */
    boolean isTrimmed() {
        return file.current().lowestSegment() == lowest && file.current().generation() > trimGeneration;
    }

    /** A batch is durable and nothing newer is. */
    void anchor(DurablePlace place) {
        anchor = place;
    }

    /** The batch that the manifest on disk says is durable. */
    long anchoredBatch() {
        return file.current().durable().batch();
    }

    /** The log ends with a CLOSE batch that is durable. */
    void closeClean(DurablePlace place) {
        anchor = place;
        isClean = true;
    }

    /** Whether the manifest on disk says all that it should. */
    boolean isUpToDate() {
        Manifest current = file.current();
        return !file.isBusy() && isTrimmed() && current.highestSegment() == highest && current.durable().batch() == anchor.batch()
            && current.cleanClose() == isClean && current.epoch() == epoch && copiesLeft == 0;
    }

    /** Begins a write if one is due. */
    boolean step() {
        if (file.failure() != null) {
            throw file.failure();
        }
        if (file.isBusy() || isUpToDate()) {
            return false;
        }
        // Lest this spoils what another writer has written meanwhile.
        lockCheck.run();
        Manifest current = file.current();
        if (current.lowestSegment() != lowest) {
            trimGeneration = current.generation() + 1;
        }
        file.start(new Manifest(current.logId(), current.generation() + 1, epoch, lowest, highest, anchor, isClean));
        copiesLeft = Math.max(0, copiesLeft - 1);
        writes++;
        return true;
    }

    boolean isBusy() {
        return file.isBusy();
    }

    long writes() {
        return writes;
    }

    void close() {
        file.close();
    }
}
