package dev.varve.tools;

import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.SegmentSummary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code varve stat}: what lies in which segment. */
@Command(name = "stat", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Prints a line for each segment: state, range of LSNs and sequences, records, batches, bytes.",
    footer = {"", "PAYLOAD: bytes of payload, each record's rounded up to 8. PADDING: the other bytes of blocks in use, without headers."})
final class StatCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "DIR", description = "The log's directory.")
    private Path directory;

    @Option(names = "--bytes", description = "Exact numbers of bytes instead of KiB, MiB or GiB.")
    private boolean exact;

    StatCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        try (OpenedLog log = OpenedLog.open(directory)) {
            ProgressLine progress = new ProgressLine(console);
            Inspection inspection = log.inspect(new InspectionOptions(true, progress::read));
            progress.clear();
            print(inspection);
            console.out().send();
            return Findings.say(console, inspection.report());
        }
    }

    private void print(Inspection inspection) throws IOException {
        TextTable table = new TextTable(List.of("SEGMENT", "STATE", "BASE LSN", "END LSN", "FIRST SEQ", "LAST SEQ", "RECORDS", "BATCHES",
            "PAYLOAD", "PADDING", "LENGTH"));
        long records = 0;
        long batches = 0;
        long payload = 0;
        long padding = 0;
        long length = 0;
        for (SegmentSummary segment : inspection.segments()) {
            SegmentSummary.Content content = segment.content();
            long first = segment.header().baseSequence();
            boolean isEmpty = content.records() == 0;
            table.add(List.of(String.format("%016x", segment.header().segment()), words(segment.state()), segment.header().baseLsn(),
                segment.endLsn(), isEmpty ? "-" : first, isEmpty ? "-" : first + content.records() - 1, content.records(),
                content.batches(), bytes(content.payloadBytes()), bytes(padding(segment)), bytes(segment.header().geometry().length())));
            records += content.records();
            batches += content.batches();
            payload += content.payloadBytes();
            padding += padding(segment);
            length += segment.header().geometry().length();
        }
        table.addRule();
        table.add(List.of(Figures.count(inspection.segments().size(), "segment"), words(inspection.report().verdict()), "", "", "", "",
            records, batches, bytes(payload), bytes(padding), bytes(length)));
        for (String line : table.lines()) {
            console.out().writeLine(line);
        }
    }

    private String bytes(long count) {
        return exact ? Long.toString(count) : Figures.bytes(count);
    }

    private static String words(Enum<?> name) {
        return name.toString().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** Bytes of used blocks that are neither payload nor header of a data batch or record. */
    private static long padding(SegmentSummary segment) {
        SegmentSummary.Content content = segment.content();
        return content.usedBlocks() * segment.header().geometry().blockSize() - content.payloadBytes()
            - content.batches() * BatchHeaderDescriptor.LENGTH - content.records() * RecordDescriptor.HEADER_LENGTH;
    }
}
