package dev.varve.tools;

import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.Evidence;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.RecoveryReport;
import dev.varve.recovery.Verdict;
import java.io.IOException;
import java.nio.file.Path;
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
            if (status != ExitStatus.DONE && !Console.isTerminal(Console.STANDARD_OUTPUT)) {
                console.say(directory + ": " + name(report.verdict()) + ", " + report.verdict().text());
            }
            return status.code();
        }
    }

    /** The verdict, then what it rests on, each fact once under its label. */
    private void print(RecoveryReport report) throws IOException {
        console.out().writeLine(name(report.verdict()) + ": " + report.verdict().text());
        Evidence evidence = report.evidence();
        boolean isWhole = ExitStatus.of(report.verdict()) == ExitStatus.DONE;
        if (!isWhole || evidence == null) {
            line("finding", report.detail());
        }
        if (evidence != null) {
            print(evidence, isWhole);
        }
        RecoveryReport.Counts counts = report.counts();
        line("intact", Figures.count(counts.segments(), "segment") + ", " + Figures.count(counts.batches(), "batch") + ", "
            + Figures.count(counts.records(), "record"));
        line("read", Figures.bytes(counts.bytesRead()) + " in "
            + Figures.duration(report.timings().inventoryNs() + report.timings().walkNs()));
        for (String warning : report.warnings()) {
            line("warning", warning);
        }
    }

    private void print(Evidence evidence, boolean isWhole) throws IOException {
        Evidence.Stop stop = evidence.stop();
        if (stop != null) {
            line(isWhole ? "ends at" : "valid up to", String.format("LSN %d, block %d of %s%s", stop.lsn(), stop.block(),
                SegmentName.of(stop.segment()), isEnd(stop.defect()) ? "" : ": " + stop.defect().text()));
        }
        line("last batch", evidence.lastBatch() == 0 ? "none" : Long.toString(evidence.lastBatch()));
        line("durable", evidence.acknowledgedBatch() == 0 ? "no batch, as far as is known"
            : "up to batch " + evidence.acknowledgedBatch() + source(evidence.source()));
        Evidence.Later later = evidence.later();
        if (later == null || later.equals(Evidence.Later.NOTHING)) {
            line("behind it", "nothing of this log");
        } else {
            line("behind it", Figures.count(later.headers(), "batch header") + " over " + Figures.count(later.blocks(), "block")
                + (later.headers() == 0 ? "" : ", up to batch " + later.highestBatch())
                + (later.unreadable() == 0 ? "" : "; " + Figures.count(later.unreadable(), "block") + " cannot be read"));
        }
    }

    /** A log that goes no further because nothing more was written there. */
    private static boolean isEnd(Defect defect) {
        return defect == Defect.NONE || defect == Defect.NEVER_WRITTEN;
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

    private void line(String label, String text) throws IOException {
        console.out().writeLine(String.format("  %-12s %s", label, PayloadText.plain(text)));
    }
}
