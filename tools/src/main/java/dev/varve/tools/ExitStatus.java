package dev.varve.tools;

import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.segment.LogLockedException;
import dev.varve.engine.segment.UnsupportedVersionException;
import dev.varve.recovery.DamagedLogException;
import dev.varve.recovery.RecoveryReport;
import dev.varve.recovery.RefusedLogException;
import dev.varve.recovery.Verdict;
import dev.varve.wal.RecordTooLargeException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine;

/**
 * What a command ends with: the only place that decides it. {@code README.md} lists the same values; besides these the launcher ends with
 * 69 if it finds no JDK, and the JVM with 129, 130 or 143 when a signal interrupts it.
 */
enum ExitStatus {
    /** The command did what was asked. */
    DONE(0),
    /** The command line, or a line of the input, is not acceptable. */
    USAGE(1),
    /** Input or output failed, something may not be accessed, blocks cannot be read so that the end is not known, or records are gone. */
    FAILED(2),
    /** Only from {@code verify}: the log ends in a crash tail; nothing acknowledged is missing. */
    CRASH_TAIL(3),
    /** Acknowledged records are damaged or missing. */
    DAMAGED(4),
    /** Another writer has the log open. */
    LOCKED(5),
    /** The log was written by a newer format version. */
    TOO_NEW(6),
    /** Machine or file system cannot keep the log's promise. */
    CONTRACT(7);

    private final int code;

    ExitStatus(int code) {
        this.code = code;
    }

    /**
     * The process's exit status.
     *
     * @return from 0 to 7
     */
    int code() {
        return code;
    }

    /**
     * The status for something thrown.
     *
     * @param thrown what ended the command
     * @return the status; {@link #FAILED} for whatever is not named here
     */
    static ExitStatus of(Throwable thrown) {
        return switch (thrown) {
            case OutputPipe.ClosedException _ -> DONE;
            case CommandLine.ParameterException _ -> USAGE;
            case LineReader.LineTooLongException _ -> USAGE;
            case RecordTooLargeException _ -> USAGE;
            case LogLockedException _ -> LOCKED;
            case UnsupportedVersionException _ -> TOO_NEW;
            case StorageContractException _ -> CONTRACT;
            case DamagedLogException _ -> DAMAGED;
            case RefusedLogException refused -> of(refused.report());
            case CompletionException wrapper when wrapper.getCause() != null -> of(wrapper.getCause());
            case ExecutionException wrapper when wrapper.getCause() != null -> of(wrapper.getCause());
            default -> FAILED;
        };
    }

    private static ExitStatus of(RecoveryReport report) {
        // The report does not outlive serialization; a refusal without one is still a refusal.
        return report == null ? FAILED : of(report.verdict());
    }

    /**
     * The status of a command that met a log of this kind and could do its work as far as the log is whole.
     *
     * @param verdict what the log is
     * @return the status
     */
    static ExitStatus of(Verdict verdict) {
        return switch (verdict) {
            case CLEAN, CRASH_TAIL, LIVE, CREATED -> DONE;
            case UNREADABLE, UNDECIDABLE -> FAILED;
            case CORRUPT, WRITER_BUG, BAD_MANIFEST, BAD_HEADER, SEGMENT_MISSING, SEGMENT_FOREIGN -> DAMAGED;
        };
    }

    /**
     * The status of {@code verify}, which alone tells a crash tail from a clean end.
     *
     * @param verdict what the log is
     * @return the status
     */
    static ExitStatus ofVerified(Verdict verdict) {
        return verdict == Verdict.CRASH_TAIL ? CRASH_TAIL : of(verdict);
    }
}
