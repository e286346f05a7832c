package dev.varve.tools;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Standard output: buffered bytes, sent as they are. Tells a reader that has gone, which ends a command quietly, from output that failed.
 *
 * <p>One thread at a time. Invariant: nothing leaves the buffer but through {@link #send}, which reports what went wrong: a
 * {@code PrintWriter} in front of this cannot swallow it.
 */
final class OutputPipe extends OutputStream {
    private static final int BUFFER_LENGTH = 1 << 16;

    private final OutputStream output;
    private final byte[] buffer = new byte[BUFFER_LENGTH];
    private int filled;

    /**
     * Makes a pipe.
     *
     * @param output where bytes go; not buffered
     */
    OutputPipe(OutputStream output) {
        this.output = output;
    }

    @Override
    public void write(int value) throws IOException {
        if (filled == buffer.length) {
            send();
        }
        buffer[filled++] = (byte) value;
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        write(MemorySegment.ofArray(bytes).asSlice(from, length));
    }

    /**
     * Writes bytes.
     *
     * @param bytes any number of them
     * @throws IOException if they cannot be written; {@link ClosedException} if nobody reads any more
     */
    void write(MemorySegment bytes) throws IOException {
        long at = 0;
        while (at < bytes.byteSize()) {
            if (filled == buffer.length) {
                send();
            }
            int count = (int) Math.min(buffer.length - filled, bytes.byteSize() - at);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, buffer, filled, count);
            filled += count;
            at += count;
        }
    }

    /**
     * Writes text and a newline.
     *
     * @param text one line
     * @throws IOException as {@link #write}
     */
    void writeLine(String text) throws IOException {
        write(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)));
        write('\n');
    }

    /**
     * Hands what was written to the operating system.
     *
     * @throws IOException as {@link #write}
     */
    void send() throws IOException {
        int count = filled;
        // Bytes that could not be written are not tried again.
        filled = 0;
        if (count == 0) {
            return;
        }
        try {
            output.write(buffer, 0, count);
        } catch (IOException e) {
            throw isReaderGone(e) ? new ClosedException(e) : new IOException("standard output: " + e.getMessage(), e);
        }
    }

    /** The message is in the user's language, so the kind of the descriptor is asked, too: on a pipe nothing else goes wrong. */
    private static boolean isReaderGone(IOException e) {
        String message = e.getMessage();
        if (message != null && message.contains("Broken pipe")) {
            return true;
        }
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("pipe:") || target.startsWith("socket:");
        } catch (IOException _) {
            return false;
        }
    }

    /** Nobody reads standard output any more. */
    static final class ClosedException extends IOException {
        private static final long serialVersionUID = 1L;

        ClosedException(IOException cause) {
            super("nobody reads standard output any more", cause);
        }
    }
}
