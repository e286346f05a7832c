package dev.varve.recovery;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.StorageSummary;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.FooterBuilder;
import dev.varve.engine.segment.LockedDirectory;
import dev.varve.engine.segment.LogId;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.ManifestFile;
import dev.varve.engine.segment.SegmentFile;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.segment.SegmentStarter;
import dev.varve.engine.segment.SegmentStarter.NewLife;
import dev.varve.recovery.RecoveryReport.Counts;
import dev.varve.recovery.RecoveryReport.Timings;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Makes a new log: first the segment, then the manifest, so that a manifest never names a segment that is not there. A creation that a
 * crash cut short is recognised by a segment 1 without a batch and without a manifest, and is done again from the start.
 *
 * <p>Owned by one thread; used once.
 */
final class LogCreation {
    private static final long FIRST_SEGMENT = 1;
    private static final long FIRST_EPOCH = 1;

    private final LogFiles files;
    private final Recovery.Resources resources;
    private final RecoveryOptions options;

    LogCreation(LogFiles files, Recovery.Resources resources, RecoveryOptions options) {
        this.files = files;
        this.resources = resources;
        this.options = options;
    }

    /**
     * Whether a directory without a manifest holds nothing that was ever acknowledged.
     *
     * @param files     its names
     * @param resources what to look with
     * @return true if it is empty, or a creation was cut short there
     */
    static boolean isUnfinished(LogFiles files, Recovery.Resources resources) {
        if (files.isUnfinishedSalvage()) {
            return false;
        }
        if (files.segments().isEmpty()) {
            return true;
        }
        if (files.segments().size() > 1 || files.segments().first() != FIRST_SEGMENT) {
            return false;
        }
        IoFile file = files.open(FIRST_SEGMENT, Access.READ);
        if (file == null) {
            return true;
        }
        try (file; BlockStream stream = new BlockStream(resources, new ReadMeter(RecoveryOptions.Progress.NONE))) {
            return new StrayBatchScan(stream).run(file, FIRST_SEGMENT, null) == StrayBatchScan.Result.NOTHING;
        }
    }

    /**
     * Creates the log.
     *
     * @param directory the locked directory, given on to the result
     * @return the log
     */
    Recovered run(LockedDirectory directory) {
        long startNs = resources.nowNs();
        SegmentSupply supply = new SegmentSupply(files.directory(), resources, options.geometry().length());
        SegmentFile segment = null;
        ManifestFile manifest = null;
        try {
            for (long number : files.segments()) {
                files.directory().delete(SegmentName.of(number));
            }
            files.directory().sync();
            supply.tidy(files, List.of(), List.of());
            segment = begin(supply.allocate(FIRST_SEGMENT), files.directory().storage().with(supply.asynchrony()));
            manifest = writeManifest(segment.header().logId());
            LogTail tail = new LogTail(segment, Position.startOf(segment.header()), new FooterBuilder(segment.header()));
            RecoveryReport report = new RecoveryReport(Verdict.CREATED, "a new log was created in " + files.directory().path(), null,
                new Counts(1, 0, 0, 0), new Timings(0, 0, resources.nowNs() - startNs), List.of());
            return new Recovered(directory, manifest, List.of(segment.header()), tail, supply.spares(), report, null);
        } finally {
            if (manifest == null) {
                supply.close();
                if (segment != null) {
                    segment.close();
                }
            }
        }
    }

    private SegmentFile begin(IoFile file, StorageSummary storage) {
        MemorySegment block = resources.memory().allocate(options.geometry().blockSize(), options.geometry().blockSize());
        boolean isBegun = false;
        try {
            NewLife life = new NewLife(resources.random().nextLong(), FIRST_EPOCH, options.geometry(),
                new SegmentHeader.Origin(options.contract(), Preparation.ZEROED, storage));
            SegmentStarter starter = new SegmentStarter(resources.queue(), block);
            starter.start(file, SegmentStarter.origin(LogId.random(resources.random()), life));
            SegmentFile segment = starter.await();
            isBegun = true;
            return segment;
        } finally {
            resources.memory().free(block);
            if (!isBegun) {
                file.close();
            }
        }
    }

    private ManifestFile writeManifest(LogId logId) {
        Directory directory = files.directory();
        MemorySegment block = resources.memory().allocate(directory.blockSize(), directory.blockSize());
        Manifest first = new Manifest(logId, 1, FIRST_EPOCH, FIRST_SEGMENT, FIRST_SEGMENT, DurablePlace.NONE, false);
        ManifestFile manifest = null;
        try {
            manifest = ManifestFile.create(directory, resources.queue(), block, first);
            return manifest;
        } finally {
            if (manifest == null) {
                resources.memory().free(block);
            }
        }
    }
}
