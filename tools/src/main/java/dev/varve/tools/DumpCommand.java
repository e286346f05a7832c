package dev.varve.tools;

import dev.varve.recovery.RecordReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code varve dump}: one line a record, with all that the format knows of it, safe to look at on a terminal. */
@Command(name = "dump", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Prints one line a record: LSN, sequence, batch, kind, length, CRC, payload.",
    footer = {"", LogRecords.WITHOUT_WHOLE_LOG})
final class DumpCommand implements Callable<Integer> {
    private static final String HEADINGS = String.format("%16s %12s %10s %5s %10s %8s %s",
        "LSN", "SEQUENCE", "BATCH", "KIND", "LENGTH", "CRC", "PAYLOAD");
    private static final long PAYLOAD_MAX = 1 << 29;

    private final Console console;

    @Parameters(paramLabel = "DIR", description = "The log's directory.")
    private Path directory;

    @Mixin
    private RangeOptions range;

    @Option(names = "--hex", description = "Payloads as hexadecimal digits instead of escaped text.")
    private boolean hex;

    @Option(names = "--payload-max", paramLabel = "BYTES", defaultValue = "64M", converter = ByteCount.class,
        description = "Bytes of each payload to print (${DEFAULT-VALUE}).")
    private long payloadMax;

    @Option(names = "--header", description = "Headings above the columns, also if standard output is no terminal.")
    private boolean header;

    DumpCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (header || Console.isTerminal(Console.STANDARD_OUTPUT)) {
            console.out().writeLine(HEADINGS);
        }
        return new LogRecords(console, directory, range).forEach(this::print);
    }

    private void print(RecordReader reader) throws IOException {
        MemorySegment payload = reader.payload();
        long shown = Math.min(payloadMax, PAYLOAD_MAX);
        console.out().writeLine(String.format(Locale.ROOT, "%16d %12d %10d %5d %10d %08x %s", reader.lsn(), reader.sequence(),
            reader.batch().batch(), reader.kind(), payload.byteSize(), reader.storedCrc(),
            hex ? PayloadText.hex(payload, shown) : PayloadText.escaped(payload, shown)));
    }
}
