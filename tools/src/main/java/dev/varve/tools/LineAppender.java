package dev.varve.tools;

import dev.varve.wal.IndeterminateAppendException;
import dev.varve.wal.LogClosedException;
import dev.varve.wal.LogFailedException;
import dev.varve.wal.LogStatistics;
import dev.varve.wal.WriteAheadLog;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;

/**
 * Appends the lines of a stream, keeps a number of appends outstanding, acknowledges in order, and says at the end what was done.
 *
 * <pre>
 *   LineReader ──► appendAsync ──► OutstandingAppends ──► Acks, LatencySummary
 * </pre>
 *
 * <p>One owner thread. Invariant: before the stream is waited for, everything appended is acknowledged, so that a slow stream is never held
 * back, and a signal then finds nothing outstanding.
 */
final class LineAppender implements LineReader.Pause {
    private static final int PROGRESS_MASK = 0x3ff;
    private static final long INPUT_END_TIMEOUT_NS = 200_000_000;

    private final Console console;
    private final WriteAheadLog log;
    private final Options options;
    private final ProgressLine progress;
    private final OutstandingAppends outstanding;
    private volatile LogStatistics statistics;
    private final long startNs = System.nanoTime();
    private Interrupts interrupts;

    /**
     * How to append.
     *
     * @param recordMax the longest line
     * @param pipeline  the most outstanding appends
     * @param acks      whether LSNs are printed
     */
    record Options(int recordMax, int pipeline, boolean acks) {
    }

    LineAppender(Console console, WriteAheadLog log, Options options) {
        this.console = console;
        this.log = log;
        this.options = options;
        this.progress = new ProgressLine(console);
        this.outstanding = new OutstandingAppends(options.pipeline(), new Acks(console.out(), options.acks()));
    }

    /**
     * Appends until the stream ends or a signal comes, then closes the log.
     *
     * @param input the stream
     * @param name  what it is called
     * @return the exit status: that of a failure if nobody reads the acknowledgements any more and input may be left
     * @throws IOException if input or output fails, or a line is too long; everything before is durable then, and how far that is was said
     */
    int run(InputStream input, String name) throws IOException {
        LineReader reader = new LineReader(input, name, options.recordMax(), this);
        try (Interrupts handled = Interrupts.handle(this::closeLog, this::sayEnd)) {
            interrupts = handled;
            try {
                ExitStatus status = appendAll(reader);
                outstanding.takeAll();
                closeLog();
                return status.code();
            } finally {
                sayEnd();
            }
        }
    }

    private ExitStatus appendAll(LineReader reader) throws IOException {
        try {
            MemorySegment line = next(reader);
            while (line != null && !interrupts.isInterrupted()) {
                append(line, reader.isLineEnded() ? RecordKind.LINE : RecordKind.UNENDED_LINE);
                if ((reader.lineNumber() & PROGRESS_MASK) == 0 && progress.isDue()) {
                    progress.show(progressText());
                }
                line = next(reader);
            }
            return ExitStatus.DONE;
        } catch (OutputPipe.ClosedException _) {
            outstanding.takeAll();
            return stopUnheard(reader);
        } catch (IOException e) {
            outstanding.takeAll();
            progress.clear();
            console.say(position());
            throw e;
        } catch (RuntimeException | Error e) {
            boolean isExact = isSettled();
            progress.clear();
            console.say(position() + (isExact ? "" : "; whether later lines are is not known"));
            throw e;
        }
    }

    /** Nobody reads the acknowledgements any more: no reason to go on, and a failure only if something is not appended. */
    private ExitStatus stopUnheard(LineReader reader) {
        if (!reader.isInputLeft(INPUT_END_TIMEOUT_NS)) {
            return ExitStatus.DONE;
        }
        progress.clear();
        console.say("nobody reads the acknowledgements any more; what the input holds after line " + reader.lineNumber() + " was left");
        return ExitStatus.FAILED;
    }

    /** Takes what the log has accepted, as far as it will ever be acknowledged; whether that is all of it. */
    private boolean isSettled() throws IOException {
        try {
            outstanding.takeAll();
            return true;
        } catch (RuntimeException _) {
            // The log has failed: what was thrown first says why.
            return false;
        }
    }

    /** Acknowledges first: when that fails, every line that was read has been appended, and the reader's count says where to go on. */
    private MemorySegment next(LineReader reader) throws IOException {
        outstanding.begin(System.nanoTime());
        return reader.next();
    }

    private void append(MemorySegment line, int kind) throws IOException {
        long appendNs = System.nanoTime();
        try {
            outstanding.add(log.appendAsync(kind, line), line.byteSize(), appendNs);
        } catch (LogClosedException e) {
            // Closed by the hook: the line was not taken, and nothing is said of it.
            if (!interrupts.isInterrupted()) {
                throw e;
            }
        }
    }

    @Override
    public void begins() throws IOException {
        outstanding.takeAll();
        if (progress.isDue()) {
            progress.show(progressText());
        }
        interrupts.beginWaiting();
    }

    @Override
    public void ends() {
        interrupts.endWaiting();
    }

    private String progressText() {
        long elapsedNs = System.nanoTime() - startNs;
        return Figures.count(outstanding.acknowledged(), "record") + " durable, " + Figures.bytes(outstanding.acknowledgedBytes()) + ", "
            + Figures.perSecond(outstanding.acknowledged(), elapsedNs) + " records/s";
    }

    private String position() {
        long count = outstanding.acknowledged();
        if (count == 0) {
            return "no line is durable";
        }
        return (count == 1 ? "1 line is durable, at LSN " : count + " lines are durable, the last at LSN ") + outstanding.lastLsn();
    }

    /** Closes the log, by whichever thread ends the command; a closed log tells nothing, so it is asked before. */
    private void closeLog() {
        noteStatistics();
        log.close();
    }

    private void noteStatistics() {
        try {
            log.sync();
            statistics = log.statistics();
        } catch (LogClosedException | LogFailedException | IndeterminateAppendException e) {
            // Closed by the other thread, which has noted them, or failed: what was noted last stays.
            progress.clear();
        }
    }

    private void sayEnd() {
        progress.clear();
        long elapsedNs = System.nanoTime() - startNs;
        console.say(Figures.count(outstanding.acknowledged(), "record") + ", "
            + Figures.count(outstanding.acknowledgedBytes(), "byte") + " in " + Figures.duration(elapsedNs) + ": "
            + Figures.perSecond(outstanding.acknowledged(), elapsedNs) + " records/s, "
            + Figures.bytes(Figures.perSecond(outstanding.acknowledgedBytes(), elapsedNs)) + "/s");
        if (statistics == null) {
            noteStatistics();
        }
        LogStatistics last = statistics == null ? LogStatistics.NONE : statistics;
        console.say(Figures.count(last.batches(), "batch") + ", " + Figures.count(last.syncs(), "sync") + "; commit latency "
            + outstanding.latency().text());
        if (outstanding.acknowledged() > 0) {
            console.say("last durable LSN " + outstanding.lastLsn());
        }
    }
}
