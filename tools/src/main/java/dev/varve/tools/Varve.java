package dev.varve.tools;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code varve} command: takes the command line apart, runs the command, and ends with its {@link ExitStatus}. */
@Command(name = "varve", mixinStandardHelpOptions = true, versionProvider = Version.class, synopsisSubcommandLabel = "COMMAND",
    description = "Appends to write-ahead logs and looks into them.",
    exitCodeListHeading = "%nExit status:%n", exitCodeList = {"0:done",
        "1:usage, or a line that is too long",
        "2:input, output, memory or permission; blocks that cannot be read",
        "3:the log ends in a crash tail, nothing acknowledged is missing (verify only)",
        "4:acknowledged records, or what holds them together, are damaged or missing",
        "5:another writer has the log open",
        "6:the log was written by a newer format version",
        "7:machine or file system cannot keep the log's promise",
        "69:the launcher found no JDK",
        "129, 130, 143:ended by SIGHUP, SIGINT or SIGTERM, after a clean close"})
final class Varve implements Runnable {
    private final CommandLine commandLine;

    private Varve(Console console) {
        commandLine = new CommandLine(this)
            .addSubcommand(new AppendCommand(console))
            .addSubcommand(new CatCommand(console))
            .addSubcommand(new VerifyCommand(console))
            .addSubcommand(new StatCommand(console))
            .addSubcommand(new DumpCommand(console))
            .addSubcommand(new SalvageCommand(console))
            .addSubcommand(new ProbeCommand(console));
        // Asked of a command, --version tells the same as asked of varve.
        commandLine.getSubcommands().values().forEach(command -> command.getCommandSpec().versionProvider(new Version()));
        commandLine.setOut(new PrintWriter(console.out(), false, StandardCharsets.UTF_8))
            .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8))
            .setParameterExceptionHandler((e, _) -> refuse(console, e))
            .setExecutionExceptionHandler((e, _, _) -> fail(console, e));
    }

    /**
     * Runs a command and ends the JVM.
     *
     * @param arguments the command line
     */
    public static void main(String[] arguments) {
        if (arguments.length == 1 && arguments[0].equals("--version")) {
            // Scripts ask for it; setting up every command takes longer than starting the JVM.
            System.exit(printVersion(Console.ofProcess()));
        }
        System.exit(run(Console.ofProcess(), arguments));
    }

    private static int printVersion(Console console) {
        try {
            console.out().writeLine(Version.text());
            console.out().send();
            return ExitStatus.DONE.code();
        } catch (IOException e) {
            return fail(console, e);
        }
    }

    /**
     * Runs a command.
     *
     * @param console   where it reads and writes
     * @param arguments the command line
     * @return the exit status
     */
    static int run(Console console, String... arguments) {
        try {
            CoreLog.showWarnings();
            int status = new Varve(console).commandLine.execute(arguments);
            console.out().send();
            return status;
        } catch (IOException | Error e) {
            // picocli lets Errors through; the JVM would print a stack trace and end with 1.
            return fail(console, e);
        }
    }

    private static int refuse(Console console, CommandLine.ParameterException e) {
        console.say(e.getMessage());
        console.say("see " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        return ExitStatus.USAGE.code();
    }

    private static int fail(Console console, Throwable thrown) {
        ExitStatus status = ExitStatus.of(thrown);
        if (status != ExitStatus.DONE) {
            console.say(FailureText.of(thrown));
        }
        return status.code();
    }

    /** Called when no command was named. */
    @Override
    public void run() {
        throw new CommandLine.ParameterException(commandLine, "a command is missing: append, cat, verify, stat, dump, salvage or probe");
    }
}
