package dev.varve.tools;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a command did. */
final class CommandRun {
    private final int status;
    private final byte[] output;
    private final String errors;

    private CommandRun(int status, byte[] output, String errors) {
        this.status = status;
        this.output = output;
        this.errors = errors;
    }

    /**
     * Runs a command in this JVM.
     *
     * @param input     its standard input
     * @param arguments the command line; paths are written as they are
     * @return what it did
     */
    static CommandRun of(byte[] input, Object... arguments) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        InputStream in = new ByteArrayInputStream(input);
        int status = Varve.run(new Console(in, new OutputPipe(output), new PrintStream(errors, true, StandardCharsets.UTF_8)),
            text(arguments).toArray(String[]::new));
        return new CommandRun(status, output.toByteArray(), errors.toString(StandardCharsets.UTF_8));
    }

    /** A console without input, of which nobody sees the output. */
    static Console console() {
        return new Console(InputStream.nullInputStream(), new OutputPipe(new ByteArrayOutputStream()),
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
    }

    /**
     * Runs a command in this JVM without input.
     *
     * @param arguments the command line
     * @return what it did
     */
    static CommandRun of(Object... arguments) {
        return of(new byte[0], arguments);
    }

    /**
     * Prepares a command in a JVM of its own, for signals, pipes and sudden deaths.
     *
     * @param arguments the command line
     * @return to be started
     */
    static ProcessBuilder process(Object... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea",
            "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), Varve.class.getName()));
        command.addAll(text(arguments));
        return new ProcessBuilder(command);
    }

    /**
     * Waits for a process, reading what it writes.
     *
     * @param process a started process, its output not read yet
     * @return what it did
     */
    static CommandRun awaited(Process process) throws IOException, InterruptedException {
        byte[] output = process.getInputStream().readAllBytes();
        String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new CommandRun(process.waitFor(), output, errors);
    }

    private static List<String> text(Object... arguments) {
        List<String> text = new ArrayList<>();
        for (Object argument : arguments) {
            text.add(argument.toString());
        }
        return text;
    }

    /** Its exit status. */
    int status() {
        return status;
    }

    /** What it wrote to standard output. */
    byte[] output() {
        return output;
    }

    /** What it wrote to standard error. */
    String errors() {
        return errors;
    }

    /** What it wrote to standard output, a character for each byte. */
    String outputText() {
        return new String(output, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return "exit status " + status + ", " + output.length + " bytes of output, on standard error:\n" + errors;
    }
}
