package dev.varve.tools;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code varve} command: takes the command line apart, runs the command, and ends with its {@link ExitStatus}. */
@Command(name = "varve", mixinStandardHelpOptions = true, versionProvider = Version.class, synopsisSubcommandLabel = "COMMAND",
    description = "Appends to write-ahead logs and looks into them.",
    footer = {"", "Exit status: 0 done, 1 usage, 2 input, output or permission, 3 crash tail (verify only), 4 damaged,",
        "5 locked by another writer, 6 format too new, 7 file system not fit, 69 no JDK, 130 or 143 interrupted."})
final class Varve implements Runnable {
    private final CommandLine commandLine;

    private Varve(Console console) {
        commandLine = new CommandLine(this)
            .addSubcommand(new AppendCommand(console))
            .addSubcommand(new CatCommand(console))
            .addSubcommand(new VerifyCommand(console))
            .addSubcommand(new StatCommand(console))
            .addSubcommand(new DumpCommand(console))
            .addSubcommand(new ProbeCommand(console));
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
            System.out.println(Version.text());
            return;
        }
        System.exit(run(Console.ofProcess(), arguments));
    }

    /**
     * Runs a command.
     *
     * @param console   where it reads and writes
     * @param arguments the command line
     * @return the exit status
     */
    static int run(Console console, String... arguments) {
        CoreLog.showWarnings();
        int status = new Varve(console).commandLine.execute(arguments);
        try {
            console.out().send();
            return status;
        } catch (IOException e) {
            return fail(console, e);
        }
    }

    private static int refuse(Console console, CommandLine.ParameterException e) {
        console.say(e.getMessage());
        console.say("see " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        return ExitStatus.USAGE.code();
    }

    private static int fail(Console console, Exception e) {
        ExitStatus status = ExitStatus.of(e);
        if (status != ExitStatus.DONE) {
            Throwable reason = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            console.say(reason.getMessage() == null ? reason.toString() : reason.getMessage());
        }
        return status.code();
    }

    /** Called when no command was named. */
    @Override
    public void run() {
        throw new CommandLine.ParameterException(commandLine, "a command is missing: append, cat, verify, stat, dump or probe");
    }
}
