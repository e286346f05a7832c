package dev.varve.tools;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;

/**
 * The three standard streams of a command: data in, data out, and messages.
 *
 * @param in  standard input, not buffered
 * @param out standard output
 * @param err standard error, sent line by line
 */
record Console(InputStream in, OutputPipe out, PrintStream err) {
    /**
     * The streams of this process.
     *
     * @return a console that shares nothing with {@code System.in} and {@code System.out}
     */
    static Console ofProcess() {
        return new Console(new FileInputStream(FileDescriptor.in), new OutputPipe(new FileOutputStream(FileDescriptor.out)), System.err);
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
