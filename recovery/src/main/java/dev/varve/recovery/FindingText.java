package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Defect;
import dev.varve.recovery.SegmentSummary.State;
import java.util.List;

/** The findings of an examination in sentences: what, where, what to do. Has no state. */
final class FindingText {
    private FindingText() {
    }

    /**
     * The sentence for a decided verdict.
     *
     * @param verdict  the verdict
     * @param evidence what it rests on
     * @param place    the file and offset where the walk stopped
     * @return what, where, and what to do
     */
    static String of(Verdict verdict, Evidence evidence, String place) {
        String where = place + ", LSN " + evidence.stop().lsn();
        return switch (verdict) {
            case CLEAN -> "the log was closed cleanly after batch " + evidence.lastBatch() + ", at " + where;
            case CRASH_TAIL -> "the log ends after batch " + evidence.lastBatch() + ", at " + where + why(evidence) + discarded(evidence);
            case LIVE -> "a writer has the log open; batches up to " + evidence.lastBatch() + " are whole, up to " + where;
            case CORRUPT -> missing(evidence) + " acknowledged"
                + known(evidence) + ", but the log stops being valid at " + where + why(evidence)
                + "; restore the file from a copy; `varve cat` prints what lies before, `varve salvage` saves what is undamaged";
            case UNREADABLE -> missing(evidence) + " acknowledged"
                + known(evidence) + ", but cannot be read at " + where + "; try again, then see to the device";
            case UNDECIDABLE -> "the log is valid up to " + where + ", but blocks behind it cannot be read and may hold acknowledged"
                + " batches; try again, then see to the device";
            default -> throw new IllegalArgumentException("decided before there was evidence: " + verdict);
        };
    }

    /**
     * The sentence for a header that no correct writer writes.
     *
     * @param batch the header
     * @param path  its file
     * @return what, where, and what to do
     */
    static String impossible(BatchHeader batch, String path) {
        return "batch " + batch.batch() + " (" + batch.kind() + ", epoch " + batch.epoch() + ") at block " + batch.content().block()
            + " of " + path + " says that batches up to " + batch.synced()
            + " are synced, which no correct writer says there; keep the files and"
            + " report it";
    }

    /**
     * The sentence for a directory into which others may write.
     *
     * @param path the directory
     * @return what, where, and what to do
     */
    static String exposed(String path) {
        return "others than its owner may write to " + path + " and so exchange the log; `chmod go-w` the directory";
    }

    /**
     * The sentence for a number that no correct writer reaches.
     *
     * @param excess what is too high
     * @param path   the log
     * @return what, where, and what to do
     */
    static String excess(String excess, String path) {
        return excess + " of " + path + " is beyond what a writer reaches, and counting on from there would leave the format; keep the"
            + " files and report it";
    }

    private static String missing(Evidence evidence) {
        long first = evidence.lastBatch() + 1;
        long last = evidence.acknowledgedBatch();
        if (first > last) {
            return "another batch " + last + " was";
        }
        return first == last ? "batch " + first + " was" : "batches " + first + " to " + last + " were";
    }

    /**
     * What became of the segments behind the first that is not whole.
     *
     * @param segments what was found in each, lowest first
     * @return how the finding's sentence goes on; nothing if there are none
     */
    static String behind(List<SegmentSummary> segments) {
        int first = 0;
        while (first < segments.size() && segments.get(first).isReached()) {
            first++;
        }
        // The segment at fault itself has no header and is no news.
        List<SegmentSummary> behind = segments.subList(first, segments.size()).stream().filter(s -> s.header() != null).toList();
        if (behind.isEmpty()) {
            return "";
        }
        String those = behind.size() == 1 ? "the segment behind it" : "the " + behind.size() + " segments behind it";
        if (behind.stream().allMatch(segment -> segment.state() == State.NOT_LOOKED_AT)) {
            return "; " + those + (behind.size() == 1 ? " was" : " were") + " not looked at";
        }
        long whole = behind.stream().filter(segment -> segment.state().isWhole()).count();
        if (behind.size() == 1) {
            return "; " + those + (whole == 1 ? " is whole" : " is not whole, either");
        }
        return "; of " + those + " " + whole + (whole == 1 ? " is whole" : " are whole");
    }

    private static String why(Evidence evidence) {
        return evidence.stop().defect() == Defect.NONE ? "" : " (" + evidence.stop().defect().text() + ")";
    }

    private static String known(Evidence evidence) {
        return switch (evidence.source()) {
            // A valid batch that calls a later one synced is a writer bug, so it never is what says that batches are missing.
            case NONE, WALKED_BATCH -> throw new IllegalArgumentException("no evidence that anything is missing: " + evidence);
            case LATER_BATCH -> " as a later batch says";
            case MANIFEST -> " as the manifest says";
            case SUCCESSOR -> " as the next segment's header says";
            case CALLER -> " as the caller says";
        };
    }

    private static String discarded(Evidence evidence) {
        long headers = evidence.later().headers();
        long blocks = evidence.later().blocks();
        return headers == 0 ? "; nothing acknowledged is missing"
            : "; " + headers + (headers == 1 ? " later batch of " : " later batches of ") + blocks + (blocks == 1 ? " block" : " blocks")
                + (headers == 1 ? " was never acknowledged and does not count" : " were never acknowledged and do not count");
    }
}
