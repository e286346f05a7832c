package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.LogLockedException;
import dev.varve.engine.segment.UnsupportedVersionException;
import dev.varve.recovery.DamagedLogException;
import dev.varve.recovery.RecoveryReport;
import dev.varve.recovery.RefusedLogException;
import dev.varve.recovery.Verdict;
import dev.varve.wal.IndeterminateAppendException;
import dev.varve.wal.LogClosedException;
import dev.varve.wal.LogFailedException;
import dev.varve.wal.RecordTooLargeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ExitStatusTest {
    private static final Set<Verdict> WHOLE = EnumSet.of(Verdict.CLEAN, Verdict.CRASH_TAIL, Verdict.LIVE, Verdict.CREATED);
    private static final Set<Verdict> IN_DOUBT = EnumSet.of(Verdict.UNREADABLE, Verdict.UNDECIDABLE);

    private static int of(Throwable thrown) {
        return ExitStatus.of(thrown).code();
    }

    private static RefusedLogException refusal(Verdict verdict) {
        return new RefusedLogException(new RecoveryReport(verdict, "for a test", null, null, null, List.of()));
    }

    @Test
    void shouldKnowEachFailure() {
        assertThat(of(new CommandLine.ParameterException(new CommandLine(CommandLine.Model.CommandSpec.create()), "wrong"))).isEqualTo(1);
        assertThat(of(new LineReader.LineTooLongException(1, 2))).isEqualTo(1);
        assertThat(of(new RecordTooLargeException(2, 1))).isEqualTo(1);
        assertThat(of(new IOException("no such file"))).isEqualTo(2);
        assertThat(of(new IoFailureException("read", 5))).isEqualTo(2);
        assertThat(of(new NoSpaceException("full", 28))).isEqualTo(2);
        assertThat(of(new LogFailedException("failed", new IOException()))).isEqualTo(2);
        assertThat(of(new LogClosedException(Path.of("log")))).isEqualTo(2);
        assertThat(of(new IndeterminateAppendException(8, "failed", null))).isEqualTo(2);
        assertThat(of(new OutOfMemoryError())).isEqualTo(2);
        assertThat(of(new DamagedLogException("here", 8, Defect.BODY_CRC))).isEqualTo(4);
        assertThat(of(new LogLockedException(Path.of("log")))).isEqualTo(5);
        assertThat(of(new UnsupportedVersionException("manifest"))).isEqualTo(6);
        assertThat(of(new StorageContractException(StorageObstacle.FILE_SYSTEM, "tmpfs", 0))).isEqualTo(7);
    }

    @Test
    void shouldBeQuietWhenTheReaderOfStandardOutputHasGone() {
        assertThat(of(new OutputPipe.ClosedException(new IOException("Broken pipe")))).isZero();
    }

    @Test
    void shouldLookIntoWhatAFutureWraps() {
        assertThat(of(new CompletionException(new StorageContractException(StorageObstacle.FILE_SYSTEM, "tmpfs", 0)))).isEqualTo(7);
        assertThat(of(new CompletionException("without a cause", null))).isEqualTo(2);
    }

    @Test
    void shouldTellARefusalByItsVerdict() {
        for (Verdict verdict : Verdict.values()) {
            int expected = WHOLE.contains(verdict) ? 0 : IN_DOUBT.contains(verdict) ? 2 : 4;

            assertThat(of(refusal(verdict))).as("refused: %s", verdict).isEqualTo(expected);
            assertThat(ExitStatus.of(verdict).code()).as("met: %s", verdict).isEqualTo(expected);
        }
    }

    @Test
    void shouldTellACrashTailOnlyWhenVerifying() {
        for (Verdict verdict : Verdict.values()) {
            int expected = verdict == Verdict.CRASH_TAIL ? 3 : ExitStatus.of(verdict).code();

            assertThat(ExitStatus.ofVerified(verdict).code()).as("%s", verdict).isEqualTo(expected);
        }
    }
}
