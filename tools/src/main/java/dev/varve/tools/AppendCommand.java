package dev.varve.tools;

import dev.varve.recovery.Verdict;
import dev.varve.wal.LogConfig;
import dev.varve.wal.WriteAheadLog;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code varve append}: checks the options, opens input and log, and lets a {@link LineAppender} work. */
@Command(name = "append", mixinStandardHelpOptions = true, description = "Appends each line of a file as one record.",
    sortOptions = false, footer = {"", "When the command ends with status 0, every line is durable. When nobody reads the acknowledgements"
        + " any more, it stops reading and closes the log, and ends with 2 if input may be left. Sizes may end with K, M or G."})
final class AppendCommand implements Callable<Integer> {
    private static final String STANDARD_INPUT = "-";
    private static final int PIPELINE_MAX = 1 << 20;
    private static final long SEGMENT_SLACK = 1 << 20;

    private final Console console;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "The log's directory; created if it does not exist.")
    private Path directory;

    @Option(names = "--lines", paramLabel = "FILE", required = true, description = "The file to read, or - for standard input.")
    private String lines;

    @Option(names = "--pipeline", paramLabel = "N", defaultValue = "1024",
        description = "Appends kept outstanding at most (${DEFAULT-VALUE}).")
    private int pipeline;

    @Option(names = "--record-max", paramLabel = "BYTES", defaultValue = "16M", converter = ByteCount.class,
        description = "The longest line that is taken (${DEFAULT-VALUE}).")
    private long recordMax;

    @Option(names = "--segment-length", paramLabel = "BYTES", converter = ByteCount.class,
        description = "Length of the segments to come (64M, or as much as --record-max needs).")
    private Long segmentLength;

    @Option(names = "--acks", description = "Print each record's LSN once it is durable.")
    private boolean acks;

    AppendCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        LogConfig config = config();
        try (InputStream input = openInput(); WriteAheadLog log = WriteAheadLog.open(directory, config)) {
            if (log.recovery().verdict() == Verdict.CRASH_TAIL) {
                console.say("the log " + log.recovery().verdict().text() + "; going on behind it");
            }
            String name = lines.equals(STANDARD_INPUT) ? "standard input" : lines;
            return new LineAppender(console, log, new LineAppender.Options((int) recordMax, pipeline, acks)).run(input, name);
        }
    }

    private LogConfig config() {
        if (pipeline < 1 || pipeline > PIPELINE_MAX) {
            throw wrong("--pipeline is " + pipeline + ", but must be from 1 to " + PIPELINE_MAX);
        }
        if (recordMax < 1 || recordMax > LogConfig.SEGMENT_LENGTH_MAX) {
            throw wrong("--record-max is " + recordMax + " bytes, but must be from 1 to " + LogConfig.SEGMENT_LENGTH_MAX);
        }
        LogConfig config = LogConfig.defaults();
        long length = segmentLength != null ? segmentLength : Math.max(config.segments().length(), segmentLengthFor(recordMax));
        try {
            return config.withSegmentAndRecordLength(length, (int) recordMax);
        } catch (IllegalArgumentException e) {
            throw wrong("--record-max and --segment-length: " + e.getMessage());
        }
    }

    private static long segmentLengthFor(long recordLength) {
        return (recordLength + 2 * SEGMENT_SLACK - 1) / SEGMENT_SLACK * SEGMENT_SLACK;
    }

    private CommandLine.ParameterException wrong(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }

    private InputStream openInput() throws IOException {
        if (lines.equals(STANDARD_INPUT)) {
            return console.in();
        }
        Path file = Path.of(lines);
        if (Files.isDirectory(file)) {
            throw new IOException("--lines: " + file + " is a directory");
        }
        // Not a channel: available() says whether a read would wait, for pipes, too.
        return new FileInputStream(file.toFile());
    }
}
