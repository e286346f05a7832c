package dev.varve.tools;

import dev.varve.recovery.RecordReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code varve cat}: gives the payloads back, each followed by a newline unless its line had none. */
@Command(name = "cat", mixinStandardHelpOptions = true, description = "Prints the records, byte for byte, one a line.", sortOptions = false,
    footer = {"", LogRecords.WITHOUT_WHOLE_LOG})
final class CatCommand implements Callable<Integer> {
    private final Console console;
    private final boolean isTerminal = Console.isTerminal(Console.STANDARD_OUTPUT);

    @Parameters(paramLabel = "DIR", description = "The log's directory.")
    private Path directory;

    @Mixin
    private RangeOptions range;

    CatCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        return new LogRecords(console, directory, range).forEach(this::print);
    }

    private void print(RecordReader reader) throws IOException {
        if (isTerminal) {
            console.out().write(MemorySegment.ofArray(PayloadText.shown(reader.payload()).getBytes(StandardCharsets.UTF_8)));
        } else {
            console.out().write(reader.payload());
        }
        if (reader.kind() != RecordKind.UNENDED_LINE) {
            console.out().write('\n');
        }
    }
}
