package dev.varve.tools;

import dev.varve.recovery.RecordReader;
import java.io.IOException;
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
        console.out().write(reader.payload());
        if (reader.kind() != RecordKind.UNENDED_LINE) {
            console.out().write('\n');
        }
    }
}
