package dev.varve.tools;

/**
 * Says on standard error how far a command is: on a terminal one line that is written over, elsewhere a line every ten seconds, so that a
 * file does not fill up. One thread at a time.
 */
final class ProgressLine {
    private static final long TERMINAL_INTERVAL_NS = 200_000_000;
    private static final long FILE_INTERVAL_NS = 10_000_000_000L;
    private static final int WIDTH = 78;

    private final Console console;
    private final boolean terminal;
    private long lastNs = System.nanoTime();
    private boolean shown;

    /**
     * Makes a line that is not shown yet.
     *
     * @param console where it is written
     */
    ProgressLine(Console console) {
        this.console = console;
        this.terminal = Console.isTerminal(Console.STANDARD_ERROR);
    }

    /**
     * Whether it is time to {@link #show} something.
     *
     * @return true if the last line is old enough
     */
    boolean isDue() {
        return System.nanoTime() - lastNs >= (terminal ? TERMINAL_INTERVAL_NS : FILE_INTERVAL_NS);
    }

    /**
     * Shows how far the command is.
     *
     * @param text without control characters
     */
    void show(String text) {
        lastNs = System.nanoTime();
        if (terminal) {
            console.err().print("\r" + String.format("%-" + WIDTH + "s", text));
            console.err().flush();
            shown = true;
        } else {
            console.say(text);
        }
    }

    /**
     * Shows how much of something has been read, if it is time.
     *
     * @param bytesDone  so far
     * @param bytesTotal in all, as far as known
     */
    void read(long bytesDone, long bytesTotal) {
        if (isDue()) {
            String percent = bytesTotal > 0 ? " (" + Math.min(100, bytesDone * 100 / bytesTotal) + " %)" : "";
            show("read " + Figures.bytes(bytesDone) + " of " + Figures.bytes(bytesTotal) + percent);
        }
    }

    /** Takes the line away, so that something else can be said. */
    void clear() {
        if (shown) {
            console.err().print("\r" + " ".repeat(WIDTH) + "\r");
            console.err().flush();
            shown = false;
        }
    }
}
