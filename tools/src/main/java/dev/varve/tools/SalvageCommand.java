package dev.varve.tools;

import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.Hole;
import dev.varve.recovery.Island;
import dev.varve.recovery.Islands;
import dev.varve.wal.Salvage;
import dev.varve.wal.SalvageOptions;
import dev.varve.wal.SalvageReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code varve salvage}: copies what is undamaged of a log into a new one, and says what is missing. */
@Command(name = "salvage", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Copies the undamaged batches of a damaged log into a new directory; the damaged one is only read.",
    footer = {"", "Records keep their LSNs and sequences. NEWDIR must not exist or be empty; a salvage that was cut short is begun anew.",
        "Exit status: 0 nothing is missing, 4 holes were left, 2 nothing was made."})
final class SalvageCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(index = "0", paramLabel = "DIR", description = "The damaged log's directory.")
    private Path source;

    @Parameters(index = "1", paramLabel = "NEWDIR", description = "The new log's directory.")
    private Path target;

    @Option(names = "--presume-links", description = "Where a segment is lost that would say which one came before it, take the next lower"
        + " number; right if the log's end was never truncated.")
    private boolean presumeLinks;

    @Option(names = "--unacknowledged", description = "Also take whole batches behind damage that were never acknowledged, as far as is"
        + " known.")
    private boolean unacknowledged;

    SalvageCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        ProgressLine progress = new ProgressLine(console);
        SalvageReport report = Salvage.of(source, target,
            SalvageOptions.defaults().withPresumedLinks(presumeLinks).withUnacknowledged(unacknowledged).withProgress(progress::read));
        progress.clear();
        print(report);
        console.out().send();
        return (report.isComplete() ? ExitStatus.DONE : ExitStatus.DAMAGED).code();
    }

    private void print(SalvageReport report) throws IOException {
        Islands found = report.found();
        console.out().writeLine((report.isComplete() ? "complete" : "holes") + ": " + Figures.count(report.records(), "record") + " in "
            + Figures.count(report.batches(), "batch") + " were taken, " + missing(report));
        line("from", report.source() + ", log " + found.logId());
        line("to", report.target() + ", log " + report.newLogId() + ", " + Figures.count(report.segments(), "segment"));
        line("goes on", "at LSN " + report.endLsn() + ", sequence " + found.bounds().endSequence());
        for (int i = 0; i <= found.islands().size(); i++) {
            printHole(found.holes(), i);
            if (i < found.islands().size()) {
                print(found.islands().get(i));
            }
        }
        for (Islands.LeftOut left : found.leftOut()) {
            line("left out", SegmentName.of(left.segment()) + " offset " + left.fromByte() + ": "
                + (left.firstBatch() == 0 ? "" : "batches " + left.firstBatch() + " to " + left.lastBatch() + ": ") + left.reason());
        }
        for (String note : found.notes()) {
            line("note", note);
        }
    }

    private static String missing(SalvageReport report) {
        if (report.isComplete()) {
            return "nothing is missing";
        }
        return (report.isMoreMissing() ? "at least " : "") + Figures.count(report.recordsMissing(), "record") + " missing in "
            + Figures.count(report.found().holes().size(), "hole");
    }

    private void print(Island island) throws IOException {
        line("island", "LSN " + island.startLsn() + " to " + island.endLsn() + ", sequence " + island.firstSequence() + " to "
            + (island.endSequence() - 1) + ", " + SegmentName.of(island.segment().segment())
            + (island.isAcknowledged() ? "" : ", never acknowledged as far as is known"));
    }

    private void printHole(List<Hole> holes, int island) throws IOException {
        for (Hole hole : holes) {
            if (hole.island() != island) {
                continue;
            }
            String count = hole.records() < 0 ? "an unknown number of records" : Figures.count(hole.records(), "record");
            line("HOLE", "LSN " + hole.fromLsn() + " to " + hole.toLsn() + ", sequence " + hole.fromSequence() + " to "
                + (hole.toSequence() == 0 ? "unknown" : Long.toString(hole.toSequence() - 1)) + ": " + count);
            for (Hole.Part part : hole.parts()) {
                line("", SegmentName.of(part.segment()) + (part.toByte() == 0 ? "" : " bytes " + part.fromByte() + " to " + part.toByte())
                    + ": " + part.reason());
            }
        }
    }

    private void line(String label, String text) throws IOException {
        console.out().writeLine(String.format("  %-12s %s", label, PayloadText.plain(text)));
    }
}
