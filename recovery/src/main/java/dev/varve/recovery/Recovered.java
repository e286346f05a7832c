package dev.varve.recovery;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.LockedDirectory;
import dev.varve.engine.segment.ManifestFile;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import java.util.List;

/**
 * A recovered log: all a writer is made from. Whoever takes it closes lock, manifest and files.
 *
 * @param directory the directory with its lock
 * @param manifest  the open manifest, synced, naming the tail's segment, clean-close cleared
 * @param segments  headers of the live segments, lowest first, the tail's last
 * @param tail      where to go on
 * @param spares    files ready to become segments
 * @param report    what was found
 * @param decree    null; or, if there was no space for the segment in which to go on, what is still to be done before anything may be
 *                  written. Then the tail is the segment that ends, the manifest is as it was, and there are no spares
 */
public record Recovered(LockedDirectory directory, ManifestFile manifest, List<SegmentHeader> segments, LogTail tail,
                        List<Spare> spares, RecoveryReport report, OutstandingDecree decree) {
    /**
     * A file that an earlier writer prepared, or left of a segment that it had dropped.
     *
     * @param name        its name
     * @param file        the open file, of the length of the segments to come
     * @param preparation how it was made ready
     */
    public record Spare(String name, IoFile file, Preparation preparation) {
    }
}
