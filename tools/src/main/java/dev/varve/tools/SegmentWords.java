package dev.varve.tools;

import dev.varve.engine.segment.Defect;
import dev.varve.recovery.Evidence;
import dev.varve.recovery.SegmentSummary;
import dev.varve.recovery.SegmentSummary.State;
import java.util.Locale;

/** What was found in one segment, in words. No state. */
final class SegmentWords {
    private SegmentWords() {
    }

    /**
     * How it ends or what is wrong with it, and whether reading from the lowest segment on gets to it.
     *
     * @param segment what was found
     * @return a few words
     */
    static String state(SegmentSummary segment) {
        boolean isCutOff = !segment.isReached() && segment.header() != null;
        return segment.state().toString().toLowerCase(Locale.ROOT).replace('_', ' ') + (isCutOff ? ", behind damage" : "");
    }

    /**
     * All that was found.
     *
     * @param segment what was found
     * @return state, what is valid, and unless it is whole, what is wrong and what lies behind that
     */
    static String of(SegmentSummary segment) {
        if (segment.header() == null || segment.state() == State.NOT_LOOKED_AT) {
            return state(segment);
        }
        SegmentSummary.Content content = segment.content();
        String valid = state(segment) + "; " + Figures.count(content.batches(), "batch") + ", " + Figures.count(content.records(), "record")
            + ", up to LSN " + segment.endLsn();
        if (segment.state().isWhole()) {
            return valid;
        }
        Defect defect = segment.doubt().defect();
        return valid + (defect == Defect.NONE || defect == Defect.NEVER_WRITTEN ? "" : ": " + defect.text())
            + "; behind that " + of(segment.doubt().later());
    }

    /**
     * What was found behind the end of what is valid.
     *
     * @param later what was found
     * @return a few words
     */
    static String of(Evidence.Later later) {
        if (later.equals(Evidence.Later.NOTHING)) {
            return "nothing of this log";
        }
        return Figures.count(later.headers(), "batch header") + " over " + Figures.count(later.blocks(), "block")
            + (later.headers() == 0 ? "" : ", up to batch " + later.highestBatch())
            + (later.unreadable() == 0 ? "" : "; " + Figures.count(later.unreadable(), "block") + " cannot be read");
    }
}
