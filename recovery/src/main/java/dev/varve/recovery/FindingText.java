package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Defect;

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
                + "; restore the file from a copy, or read the records before that place and salvage those behind it";
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

    private static String missing(Evidence evidence) {
        long first = evidence.lastBatch() + 1;
        long last = evidence.acknowledgedBatch();
        return first == last ? "batch " + first + " was" : "batches " + first + " to " + last + " were";
    }

    private static String why(Evidence evidence) {
        return evidence.stop().defect() == Defect.NONE ? "" : " (" + evidence.stop().defect().text() + ")";
    }

    private static String known(Evidence evidence) {
        return switch (evidence.source()) {
            case NONE -> "";
            case WALKED_BATCH -> " as an earlier batch says";
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
