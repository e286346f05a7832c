package dev.varve.recovery;

import java.util.List;

/**
 * What recovery or an inspection found.
 *
 * @param verdict  what the directory means
 * @param detail   the finding in a sentence: what, where (file, offset, LSN), and what to do about it
 * @param evidence what the verdict rests on; null if the last segment was never walked
 * @param counts   what was found
 * @param timings  how long it took
 * @param warnings what is odd but harmless, in sentences
 */
public record RecoveryReport(Verdict verdict, String detail, Evidence evidence, Counts counts, Timings timings,
                             List<String> warnings) {
    /**
     * What was found whole. Segments that were only checked by link and footer count with what their footer says.
     *
     * @param segments  segments in which nothing is wrong, wherever they lie
     * @param batches   data batches in these
     * @param records   records in these
     * @param bytesRead bytes read from disk
     */
    public record Counts(int segments, long batches, long records, long bytesRead) {
    }

    /**
     * How long the steps took, in nanoseconds.
     *
     * @param inventoryNs manifest and headers
     * @param walkNs      walking batches and looking for evidence
     * @param decreeNs    syncing and beginning the next segment; 0 for an inspection
     */
    public record Timings(long inventoryNs, long walkNs, long decreeNs) {
    }
}
