package dev.varve.tools;

import dev.varve.engine.probe.StorageProbe;
import dev.varve.engine.probe.StorageReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code varve probe}: what the storage under a directory is, and what durability costs there. */
@Command(name = "probe", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Tries the storage under a directory and prints what it is and what durability costs there.",
    footer = {"", "A file of 8 MiB is written there and deleted. The contract is the best that a log can keep; see append --storage."})
final class ProbeCommand implements Callable<Integer> {
    private final Console console;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "An existing directory.")
    private Path directory;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text", description = "text (default) or json.")
    private String format;

    ProbeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        boolean isJson = format.equals("json");
        if (!isJson && !format.equals("text")) {
            throw new ParameterException(spec.commandLine(), "--format is '" + format + "', but must be text or json");
        }
        StorageReport report = StorageProbe.run(directory);
        if (isJson) {
            console.out().writeLine(report.toJson());
        } else {
            for (String line : report.lines()) {
                console.out().writeLine(PayloadText.plain(line));
            }
        }
        console.out().send();
        return ExitStatus.DONE.code();
    }
}
