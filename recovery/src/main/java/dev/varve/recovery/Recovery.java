package dev.varve.recovery;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.LockedDirectory;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import dev.varve.recovery.RecoveryReport.Counts;
import dev.varve.recovery.RecoveryReport.Timings;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Finds out what a log's directory means, with the right to write or without.
 *
 * <p>Has no state; each call works on the calling thread and waits for its I/O there. What a caller passes says what may happen: only a
 * {@link LockedDirectory} lets anything be written.
 */
public final class Recovery {
    private static final System.Logger LOG = System.getLogger(Recovery.class.getName());
    private static final int ATTEMPTS_MAX = 16;

    /**
     * What recovery works with.
     *
     * @param queue  in front of an engine of the directory's disk; owned by the calling thread
     * @param memory where aligned memory comes from; all but the manifest's block is given back before a call returns
     * @param random for salts and log ids: good enough that nobody guesses them
     * @param nanos  a clock that never goes back, in nanoseconds; nothing is decided by it
     */
    public record Resources(IoQueue queue, MemorySource memory, RandomGenerator random, LongSupplier nanos) {
        /** Checks that nothing is missing. */
        public Resources {
            Objects.requireNonNull(queue, "queue");
            Objects.requireNonNull(memory, "memory");
            Objects.requireNonNull(random, "random");
            Objects.requireNonNull(nanos, "nanos");
        }

        /**
         * By the system's clock.
         *
         * @param queue  in front of an engine of the directory's disk; owned by the calling thread
         * @param memory where aligned memory comes from
         * @param random for salts and log ids
         */
        public Resources(IoQueue queue, MemorySource memory, RandomGenerator random) {
            this(queue, memory, random, System::nanoTime);
        }

        long nowNs() {
            return nanos.getAsLong();
        }
    }

    private Recovery() {
    }

    /**
     * Recovers a log, or creates it if the directory holds none. What the result holds is durable. Nothing is written into a segment that
     * did not end cleanly, nothing is cut off, and no file is deleted that holds a record of the log; those that a truncation left are.
     *
     * @param directory the locked directory; stays the caller's if this fails
     * @param resources what to work with
     * @param options   how to recover
     * @return the log: where to go on, and what was found
     * @throws RefusedLogException                                    if something acknowledged is missing, damaged or in doubt
     * @throws dev.varve.engine.segment.UnsupportedVersionException   if a newer version wrote the log
     * @throws dev.varve.engine.io.NoSpaceException                   if there is no space to create a log. One that is there opens all
     *                                                                the same, see {@link Recovered#decree}
     * @throws dev.varve.engine.io.IoFailureException                 if a write or a sync failed
     */
    public static Recovered recover(LockedDirectory directory, Resources resources, RecoveryOptions options) {
        LogFiles files = new LogFiles(directory.directory());
        Recovered recovered;
        if (!files.hasManifest() && LogCreation.isUnfinished(files, resources)) {
            refuseIfExpected(directory.directory(), options);
            if (directory.directory().isExposed()) {
                LOG.log(Level.WARNING, () -> FindingText.exposed(directory.directory().path().toString()));
            }
            recovered = new LogCreation(files, resources, options).run(directory);
        } else {
            Findings findings = examine(files, resources, new Examination.Mode(options.verifyAtOpen() == VerifyAtOpen.ALL, false,
                options.minDurableLsn(), new ReadMeter(options.progress())));
            log(findings.report());
            if (!findings.report().verdict().isOpenable()) {
                throw new RefusedLogException(findings.report());
            }
            recovered = new LogOpening(files, resources, options, findings).run(directory);
        }
        LOG.log(Level.DEBUG, () -> "goes on in segment " + recovered.tail().segment().header().segment() + " at LSN "
            + recovered.tail().endLsn() + " with batch " + recovered.tail().next().batch() + ", epoch " + recovered.tail().next().epoch());
        return recovered;
    }

    private static void refuseIfExpected(Directory directory, RecoveryOptions options) {
        if (options.minDurableLsn() > 0) {
            throw new RefusedLogException(new RecoveryReport(Verdict.CORRUPT, "LSN " + options.minDurableLsn()
                + " was acknowledged, as the caller says, but " + directory.path() + " holds no log; restore it from a copy", null,
                new Counts(0, 0, 0, 0), new Timings(0, 0, 0), List.of()));
        }
    }

    private static Findings examine(LogFiles files, Resources resources, Examination.Mode mode) {
        try (Examination examination = new Examination(files, resources, mode)) {
            return examination.run();
        }
    }

    private static void log(RecoveryReport report) {
        report.warnings().forEach(warning -> LOG.log(Level.WARNING, warning));
        LOG.log(report.verdict().isOpenable() ? Level.DEBUG : Level.ERROR, () -> report.verdict() + ": " + report.detail());
    }

    /**
     * Looks at a log without changing or locking anything; a writer may be at work. Damage is no reason to throw: the verdict is in the
     * report.
     *
     * @param directory the directory
     * @param resources what to work with
     * @param options   how to inspect
     * @return what was found
     * @throws NoLogException                                       if there is no log
     * @throws dev.varve.engine.segment.UnsupportedVersionException if a newer version wrote the log
     * @throws dev.varve.engine.io.IoFailureException               if a file cannot be opened
     */
    public static Inspection inspect(Directory directory, Resources resources, InspectionOptions options) {
        ReadMeter meter = new ReadMeter(options.progress());
        for (int attempt = 1; ; attempt++) {
            boolean isLive = directory.isLocked(SegmentName.LOCK);
            LogFiles files = new LogFiles(directory);
            if (!files.hasManifest() && LogCreation.isUnfinished(files, resources)) {
                throw new NoLogException(directory.path());
            }
            meter.restart();
            Examination.Mode mode = new Examination.Mode(options.walkAll(), isLive, 0, meter);
            try (Examination examination = new Examination(files, resources, mode)) {
                Findings findings = examination.run();
                // A writer may have come and gone since; then the epoch is another one.
                boolean isAlone = !isLive && !directory.isLocked(SegmentName.LOCK);
                boolean isSettled = findings.report().verdict() == Verdict.LIVE
                    || ((isLive || isAlone) && !examination.hasMovedOn(findings.report()));
                if (isSettled) {
                    return inspection(files, findings, findings.report());
                }
                if (attempt == ATTEMPTS_MAX) {
                    return inspection(files, findings, movedOn(findings.report()));
                }
            }
        }
    }

    private static RecoveryReport movedOn(RecoveryReport last) {
        return new RecoveryReport(Verdict.UNDECIDABLE, "the log changes faster than it can be looked at (" + last.detail()
            + "); try again", last.evidence(), last.counts(), last.timings(), last.warnings());
    }

    private static Inspection inspection(LogFiles files, Findings findings, RecoveryReport report) {
        List<SegmentSummary> segments = findings.segments();
        Inspection.Reserve reserve = files.reserve(segments.isEmpty() ? Long.MAX_VALUE : segments.getLast().segment());
        return new Inspection(findings.manifest(), segments, findings.chain(), report, reserve);
    }
}
