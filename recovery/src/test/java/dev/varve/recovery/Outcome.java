package dev.varve.recovery;

import dev.varve.recovery.ShapedLog.Held;
import java.util.List;

/**
 * What an inspection of everything says of a log, as far as a damage map knows it.
 *
 * @param verdict the verdict
 * @param segment where the walk stopped that the verdict speaks of, 0 if it rests on no walk
 * @param block   the block where it stopped
 * @param last    n
 * @param known   E
 * @param reads   how many records can be read
 * @param warns   whether something odd but harmless was noticed
 */
record Outcome(Verdict verdict, long segment, int block, long last, long known, int reads, boolean warns) {
    static Outcome of(Inspection inspection, List<Held> records) {
        RecoveryReport report = inspection.report();
        Evidence evidence = report.evidence();
        int reads = 0;
        while (reads < records.size() && records.get(reads).lsn() < inspection.chain().endLsn()) {
            reads++;
        }
        boolean warns = !report.warnings().isEmpty();
        return evidence == null ? new Outcome(report.verdict(), 0, 0, 0, 0, reads, warns)
            : new Outcome(report.verdict(), evidence.stop().segment(), evidence.stop().block(), evidence.lastBatch(),
                evidence.acknowledgedBatch(), reads, warns);
    }

    /** One line's end in a damage map. */
    static Outcome parse(String text) {
        String[] words = text.trim().split("[ :]+", -1);
        return new Outcome(Verdict.valueOf(words[0]), Long.parseLong(words[1]), Integer.parseInt(words[2]), Long.parseLong(words[4]),
            Long.parseLong(words[6]), Integer.parseInt(words[8]), words.length > 9);
    }

    @Override
    public String toString() {
        return verdict + " " + segment + ":" + block + " n " + last + " E " + known + " reads " + reads + (warns ? " warns" : "");
    }
}
