package dev.varve.recovery;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.SegmentHeader;
import java.util.ArrayList;

/**
 * Finds out, when a segment cannot be read as it should, whether that is because it was dropped meanwhile: its file is gone, or leads
 * another life. What the chain says of it may be as old as the last look; the manifest names a higher lowest segment, in both slots, before
 * any file is touched.
 *
 * <p>Owned by one thread; has no state.
 */
final class Overtaking {
    private static final int ATTEMPTS_MAX = 16;

    private final Directory directory;
    private final Recovery.Resources resources;

    Overtaking(Directory directory, Recovery.Resources resources) {
        this.directory = directory;
        this.resources = resources;
    }

    /**
     * The segment with which the log begins by now.
     *
     * @param segment a segment that cannot be read
     * @return the header of the lowest one if that is a later one; null if the segment was not dropped
     */
    SegmentHeader lowestBehind(SegmentHeader segment) {
        try (BlockStream stream = new BlockStream(resources, new ReadMeter(RecoveryOptions.Progress.NONE))) {
            for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
                LogFiles files = new LogFiles(directory);
                Manifest manifest = new ManifestReader(files, stream, new ArrayList<>()).read();
                if (!manifest.logId().equals(segment.logId()) || manifest.lowestSegment() <= segment.segment()) {
                    return null;
                }
                SegmentHeader lowest = header(files, manifest, stream);
                if (lowest != null) {
                    return lowest;
                }
                // Dropped, too, between these two looks.
            }
            return null;
        } catch (UnsoundLogException e) {
            return null;
        }
    }

    private static SegmentHeader header(LogFiles files, Manifest manifest, BlockStream stream) {
        IoFile file = files.open(manifest.lowestSegment(), Access.READ);
        if (file == null) {
            return null;
        }
        try (file) {
            return new HeaderReader(stream).read(file).of(manifest.logId(), manifest.lowestSegment());
        }
    }
}
