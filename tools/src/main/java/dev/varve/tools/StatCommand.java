package dev.varve.tools;

import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentName;
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
    footer = {"", "PAYLOAD: bytes of payload. PADDING: the other bytes of blocks in use, without the headers of batches and records.",
        "STORAGE: how its bytes got to disk; DIRECT_AIO is kernel AIO with direct I/O. Below the table: files that hold nothing yet, for"
            + " segments to come; and what was known of the storage when the segments were begun."})
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
        try (OpenedLog log = OpenedLog.open(console, directory)) {
            ProgressLine progress = new ProgressLine(console);
            Inspection inspection = log.inspect(new InspectionOptions(true, progress::read));
            progress.clear();
            print(inspection);
            console.out().send();
            return Findings.say(console, directory, inspection.report());
        }
    }

    private void print(Inspection inspection) throws IOException {
        TextTable table = new TextTable(List.of("SEGMENT", "STATE", "BASE LSN", "END LSN", "FIRST SEQ", "LAST SEQ", "RECORDS", "BATCHES",
            "PAYLOAD", "PADDING", "LENGTH", "STORAGE"));
        long records = 0;
        long batches = 0;
        long payload = 0;
        long padding = 0;
        long length = 0;
        for (SegmentSummary segment : inspection.segments()) {
            table.add(row(segment));
            records += segment.content().records();
            batches += segment.content().batches();
            payload += segment.content().payloadBytes();
            padding += padding(segment);
            length += segment.header() == null ? 0 : segment.header().geometry().length();
        }
        table.addRule();
        table.add(List.of(Figures.count(inspection.segments().size(), "segment"), words(inspection.report().verdict()), "", "", "", "",
            records, batches, bytes(payload), bytes(padding), bytes(length), ""));
        for (String line : table.lines()) {
            console.out().writeLine(line);
        }
        Inspection.Reserve reserve = inspection.reserve();
        if (reserve.prepared() + reserve.spares() > 0) {
            console.out().writeLine("prepared " + reserve.prepared() + ", spares " + reserve.spares() + ": " + bytes(reserve.bytes()));
        }
        printStorage(inspection.segments().stream().filter(segment -> segment.header() != null).toList());
    }

    private List<Object> row(SegmentSummary segment) {
        SegmentSummary.Content content = segment.content();
        String number = String.format("%016x", segment.segment());
        if (segment.header() == null) {
            return List.of(number, SegmentWords.state(segment), "-", "-", "-", "-", "-", "-", "-", "-", "-", "-");
        }
        long first = segment.header().baseSequence();
        boolean isEmpty = content.records() == 0;
        return List.of(number, SegmentWords.state(segment), segment.header().baseLsn(), segment.endLsn(), isEmpty ? "-" : first,
            isEmpty ? "-" : first + content.records() - 1, content.records(), content.batches(), bytes(content.payloadBytes()),
            bytes(padding(segment)), bytes(segment.header().geometry().length()), segment.header().origin().contract());
    }

    /** What was known of the storage when segments were begun; what many of them have in common, once. */
    private void printStorage(List<SegmentSummary> segments) throws IOException {
        int first = 0;
        for (int i = 0; i < segments.size(); i++) {
            boolean isLast = i + 1 == segments.size();
            if (isLast || !storage(segments.get(i + 1)).equals(storage(segments.get(i)))) {
                String from = SegmentName.of(segments.get(first).header().segment());
                String to = SegmentName.of(segments.get(i).header().segment());
                console.out().writeLine((first == i ? from : from + " to " + to) + ": " + storage(segments.get(i)));
                first = i + 1;
            }
        }
    }

    private static String storage(SegmentSummary segment) {
        SegmentHeader.Origin origin = segment.header().origin();
        return origin.contract() + ", " + origin.storage();
    }

    private String bytes(long count) {
        return exact ? Long.toString(count) : Figures.bytes(count);
    }

    private static String words(Enum<?> name) {
        return name.toString().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** Bytes of used blocks that are neither payload nor header of a data batch or record: what rounds payloads up to 8, too. */
    private static long padding(SegmentSummary segment) {
        SegmentSummary.Content content = segment.content();
        return segment.header() == null ? 0 : content.usedBlocks() * segment.header().geometry().blockSize() - content.payloadBytes()
            - content.batches() * BatchHeaderDescriptor.LENGTH - content.records() * RecordDescriptor.HEADER_LENGTH;
    }
}
