package dev.varve.tools;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Splits a stream into lines at the byte 0x0a and changes nothing else: bytes go in, the same bytes come out.
 *
 * <pre>
 *   buffer   | taken lines | line being looked for ... searched | free |
 *            0             lineStart                    searched  filled
 * </pre>
 *
 * <p>One owner thread. Invariants: lineStart ≤ searched ≤ filled ≤ buffer length; a line that the stream has delivered is returned without
 * reading on, so that a slow input is never held back; no more than twice the longest permitted line and one first buffer is held.
 */
final class LineReader {
    private static final int FIRST_BUFFER_LENGTH = 1 << 18;

    private final InputStream input;
    private final String name;
    private final int lineLengthMax;
    private final Pause pause;
    private byte[] buffer;
    private int lineStart;
    private int searched;
    private int filled;
    private boolean ended;
    private long lineNumber;
    private boolean lineEnded;

    /** Told when the stream has nothing to give at present. */
    interface Pause {
        /** Nobody is told. */
        Pause NONE = new Pause() {
            @Override
            public void begins() {
                // Nothing to do before a wait.
            }

            @Override
            public void ends() {
                // Nothing to do after a wait.
            }
        };

        /**
         * Every line that has come was returned, and the next read will wait.
         *
         * @throws IOException to stop reading
         */
        void begins() throws IOException;

        /** The wait is over. */
        void ends();
    }

    /**
     * Makes a reader.
     *
     * @param input         where lines come from; not buffered, closed by the caller
     * @param name          what it is called when it fails
     * @param lineLengthMax the most bytes of a line, its newline not counted
     * @param pause         told before the reader waits for the stream, and after
     */
    LineReader(InputStream input, String name, int lineLengthMax, Pause pause) {
        this.input = input;
        this.name = name;
        this.lineLengthMax = lineLengthMax;
        this.pause = pause;
        this.buffer = new byte[FIRST_BUFFER_LENGTH];
    }

    /**
     * The next line.
     *
     * @return its bytes without the newline, valid until the next call; null at the end of the stream
     * @throws IOException          if the stream fails
     * @throws LineTooLongException if the line is longer than permitted
     */
    MemorySegment next() throws IOException {
        while (true) {
            int newline = newline();
            if (newline >= 0) {
                MemorySegment line = take(newline, true);
                lineStart = newline + 1;
                searched = lineStart;
                return line;
            }
            if (ended) {
                if (lineStart == filled) {
                    return null;
                }
                MemorySegment line = take(filled, false);
                lineStart = filled;
                return line;
            }
            if (filled - lineStart > lineLengthMax) {
                throw new LineTooLongException(lineNumber + 1, lineLengthMax);
            }
            fill();
        }
    }

    private int newline() {
        for (int i = searched; i < filled; i++) {
            if (buffer[i] == '\n') {
                return i;
            }
        }
        searched = filled;
        return -1;
    }

    private MemorySegment take(int end, boolean newline) throws LineTooLongException {
        if (end - lineStart > lineLengthMax) {
            throw new LineTooLongException(lineNumber + 1, lineLengthMax);
        }
        lineNumber++;
        lineEnded = newline;
        return MemorySegment.ofArray(buffer).asSlice(lineStart, end - lineStart);
    }

    private void fill() throws IOException {
        if (lineStart > 0) {
            System.arraycopy(buffer, lineStart, buffer, 0, filled - lineStart);
            searched -= lineStart;
            filled -= lineStart;
            lineStart = 0;
        }
        if (filled == buffer.length) {
            // One byte more than the longest line, so that a line that is too long is noticed.
            long wanted = Math.min(2L * buffer.length, Math.max(lineLengthMax + 1L, buffer.length + 1L));
            buffer = Arrays.copyOf(buffer, (int) Math.min(wanted, Integer.MAX_VALUE - 8));
        }
        int count = read();
        if (count < 0) {
            ended = true;
        } else {
            filled += count;
        }
    }

    private int read() throws IOException {
        if (isReady()) {
            return readNow();
        }
        pause.begins();
        try {
            return readNow();
        } finally {
            pause.ends();
        }
    }

    private boolean isReady() throws IOException {
        try {
            return input.available() > 0;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private int readNow() throws IOException {
        try {
            return input.read(buffer, filled, buffer.length - filled);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private IOException failed(IOException e) {
        return new IOException(name + ": " + e.getMessage(), e);
    }

    /**
     * Whether the stream may hold something behind the line that {@link #next} returned last. The last call: nothing can be read after it.
     *
     * @param timeoutNs how long to wait for the stream to say so; one that says nothing until then may still go on
     * @return false only if the stream has ended
     */
    boolean isInputLeft(long timeoutNs) {
        if (lineStart < filled || ended) {
            return lineStart < filled;
        }
        // Of a pipe only a read tells, which may wait for ever: by a thread that the end of the command does not wait for.
        AtomicBoolean hasEnded = new AtomicBoolean();
        Thread probe = Thread.ofPlatform().daemon().name("varve-input").start(() -> {
            try {
                hasEnded.set(input.read() < 0);
            } catch (IOException _) {
                // Something may be left that cannot be read.
            }
        });
        try {
            probe.join(Duration.ofNanos(timeoutNs));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return !hasEnded.get();
    }

    /**
     * The number of the line that {@link #next} returned last.
     *
     * @return from 1; 0 before the first
     */
    long lineNumber() {
        return lineNumber;
    }

    /**
     * Whether a newline ended the line that {@link #next} returned last.
     *
     * @return false only for the last line of a stream
     */
    boolean isLineEnded() {
        return lineEnded;
    }

    /** A line is longer than permitted. */
    static final class LineTooLongException extends IOException {
        private static final long serialVersionUID = 1L;

        LineTooLongException(long lineNumber, int lengthMax) {
            super("line " + lineNumber + " is longer than --record-max, which is " + lengthMax + " bytes");
        }
    }
}
