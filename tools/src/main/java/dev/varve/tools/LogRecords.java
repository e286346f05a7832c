package dev.varve.tools;

import dev.varve.recovery.DamagedLogException;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.OvertakenException;
import dev.varve.recovery.RecordReader;
import dev.varve.recovery.RecoveryOptions.Progress;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Goes through the records of a log's intact prefix and then says what is wrong behind it: what {@code cat} and {@code dump} share.
 *
 * <p>One owner thread.
 */
final class LogRecords {
    /** What the help of a command says that uses this. */
    static final String WITHOUT_WHOLE_LOG = "If something acknowledged is damaged or missing, the intact prefix is printed, then what is"
        + " wrong on standard error, and the exit status is 4. Without a valid MANIFEST nothing is printed: only it says which segments are"
        + " the log.";

    private final Console console;
    private final Path directory;
    private final RangeOptions range;

    /** Takes one record at a time. */
    @FunctionalInterface
    interface Visitor {
        /**
         * A record.
         *
         * @param reader positioned at it; its payload is valid until the call returns
         * @throws IOException if it cannot be written
         */
        void visit(RecordReader reader) throws IOException;
    }

    LogRecords(Console console, Path directory, RangeOptions range) {
        this.console = console;
        this.directory = directory;
        this.range = range;
    }

    /**
     * Visits every record in range.
     *
     * @param visitor takes them in order
     * @return the command's exit status
     * @throws IOException if the visitor cannot write
     */
    int forEach(Visitor visitor) throws IOException {
        range.check();
        try (OpenedLog log = OpenedLog.open(console, directory)) {
            Inspection inspection = log.inspect(new InspectionOptions(false, Progress.NONE));
            try (RecordReader reader = log.read(inspection, range.fromLsn())) {
                visit(reader, visitor);
            } catch (DamagedLogException | OvertakenException e) {
                console.out().send();
                console.say(e.getMessage());
                return ExitStatus.of(e).code();
            }
            console.out().send();
            return Findings.say(console, directory, inspection.report());
        }
    }

    private void visit(RecordReader reader, Visitor visitor) throws IOException {
        long left = range.limit();
        while (left-- > 0 && reader.next() && reader.lsn() < range.toLsn()) {
            if (reader.lsn() >= range.fromLsn()) {
                visitor.visit(reader);
            } else {
                left++;
            }
        }
    }
}
