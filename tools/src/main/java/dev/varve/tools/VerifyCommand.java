package dev.varve.tools;

import dev.varve.recovery.Evidence;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.RecoveryReport;
import dev.varve.recovery.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve verify}: reads everything, and says what the log is and why. */
@Command(name = "verify", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Reads the whole log and prints its verdict and what it rests on.",
    footer = {"", "Exit status: 0 whole, 3 whole but ends in a crash tail, 4 damaged, 2 cannot be read or decided."})
final class VerifyCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "DIR", description = "The log's directory.")
    private Path directory;

    VerifyCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        try (OpenedLog log = OpenedLog.open(directory)) {
            ProgressLine progress = new ProgressLine(console);
            Inspection inspection = log.inspect(new InspectionOptions(true, progress::read));
            progress.clear();
            RecoveryReport report = inspection.report();
            print(report);
            console.out().send();
            ExitStatus status = ExitStatus.ofVerified(report.verdict());
            if (status != ExitStatus.DONE) {
                console.say(directory + ": " + name(report.verdict()) + ", " + report.verdict().text());
            }
            return status.code();
        }
    }

    private void print(RecoveryReport report) throws IOException {
        line(name(report.verdict()) + ": " + report.verdict().text());
        if (!report.detail().isEmpty()) {
            line("  " + report.detail());
        }
        RecoveryReport.Counts counts = report.counts();
        line(String.format(Locale.ROOT, "intact: %d segments, %d batches, %d records; %s read in %s", counts.segments(), counts.batches(),
            counts.records(), Figures.bytes(counts.bytesRead()),
            Figures.duration(report.timings().inventoryNs() + report.timings().walkNs())));
        if (report.evidence() != null) {
            print(report.evidence());
        }
        for (String warning : report.warnings()) {
            line("warning: " + warning);
        }
    }

    private void print(Evidence evidence) throws IOException {
        line("evidence:");
        line("  the last valid batch is " + evidence.lastBatch() + "; the highest one known to be durable is "
            + evidence.acknowledgedBatch() + source(evidence.source()));
        Evidence.Stop stop = evidence.stop();
        if (stop != null) {
            line(String.format("  the walk stopped in segment %016x at block %d, LSN %d: %s", stop.segment(), stop.block(), stop.lsn(),
                stop.defect().text()));
        }
        Evidence.Later later = evidence.later();
        if (later == null || later.equals(Evidence.Later.NOTHING)) {
            line("  nothing of this log lies behind it");
        } else {
            line("  behind it lie " + later.headers() + " batch headers over " + later.blocks() + " blocks, the highest batch "
                + later.highestBatch() + "; " + later.unreadable() + " blocks cannot be read");
        }
    }

    private static String source(Evidence.Source source) {
        return switch (source) {
            case NONE -> "";
            case WALKED_BATCH -> ", says a later valid batch";
            case LATER_BATCH -> ", says a batch header behind the stop";
            case MANIFEST -> ", says the manifest";
            case SUCCESSOR -> ", says the next segment's header";
            case CALLER -> ", says the caller";
        };
    }

    private static String name(Verdict verdict) {
        return verdict == Verdict.LIVE ? "live" : verdict.toString();
    }

    private void line(String text) throws IOException {
        console.out().writeLine(PayloadText.plain(text));
    }
}
