package dev.varve.tools;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The three standard streams of a command: data in, data out, and messages.
 *
 * @param in  standard input, not buffered
 * @param out standard output
 * @param err standard error, sent line by line
 */
record Console(InputStream in, OutputPipe out, PrintStream err) {
    /** Standard output's descriptor. */
    static final int STANDARD_OUTPUT = 1;
    /** Standard error's descriptor. */
    static final int STANDARD_ERROR = 2;

    /**
     * The streams of this process.
     *
     * @return a console that shares nothing with {@code System.in} and {@code System.out}
     */
    static Console ofProcess() {
        return new Console(new FileInputStream(FileDescriptor.in), new OutputPipe(new FileOutputStream(FileDescriptor.out)), System.err);
    }

    /**
     * Whether somebody looks at what is written there.
     *
     * @param descriptor of this process
     * @return true if it is a terminal's
     */
    static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(descriptor))).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException _) {
            return false;
        }
    }

    /**
     * Tells the user something.
     *
     * @param message a sentence; control characters in it are replaced
     */
    void say(String message) {
        err.println("varve: " + PayloadText.plain(message));
    }
}
