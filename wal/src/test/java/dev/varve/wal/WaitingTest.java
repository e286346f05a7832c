package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.engine.io.Errno;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Waiting for durability that does not come, or not yet, or for what cannot become durable. */
@Timeout(60)
class WaitingTest {
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000);

    private final SimulatedDisk disk = new SimulatedDisk(41, DiskSettings.quiet().threaded());
    private final WriteAheadLog log = WriteAheadLog.open(Path.of("log"), CONFIG,
        new Environment(disk, MemorySource.collected(), new SplittableRandom(1), disk::nowNs, () -> 0));

    @AfterEach
    void close() {
        disk.faults().clear();
        disk.faults().release();
        log.close();
    }

    private IndeterminateAppendException interrupted(Runnable call) {
        Thread.currentThread().interrupt();
        try {
            return catchThrowableOfType(IndeterminateAppendException.class, call::run);
        } finally {
            assertThat(Thread.interrupted()).as("its interrupt status stays set").isTrue();
        }
    }

    private long offer() {
        long lsn = log.offer(MemorySegment.ofArray(new byte[10]), null, null);
        assertThat(lsn).isPositive();
        return lsn;
    }

    @Test
    void anInterruptedAppendIsIndeterminateButTheLogHasNotFailed() {
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        IndeterminateAppendException doubt = interrupted(() -> log.append(new byte[10]));
        assertThat((Throwable) doubt).isNotInstanceOf(LogFailedException.class).hasCauseInstanceOf(InterruptedException.class)
            .hasMessageContaining("LSN " + doubt.lsn()).hasMessageContaining("interrupted");
        assertThat(doubt.endLsn()).isZero();
        Outcomes.await(() -> disk.situations().get("request hung") > 0);
        disk.faults().release();
        log.awaitDurable(doubt.lsn());
        assertThat(log.append(new byte[10])).isGreaterThan(doubt.lsn());
        assertThat(Payloads.all(log)).hasSize(2).first().extracting(Payloads.Read::lsn).isEqualTo(doubt.lsn());
    }

    @Test
    void anInterruptedSyncNamesTheEndOfWhatIsInDoubt() {
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        long lsn = offer();
        IndeterminateAppendException doubt = interrupted(log::sync);
        assertThat(doubt).hasCauseInstanceOf(InterruptedException.class)
            .hasMessageContaining("records below LSN " + doubt.endLsn() + " may or may not be durable");
        assertThat(doubt.endLsn()).isGreaterThan(lsn).isLessThanOrEqualTo(log.tailLsn());
        assertThat(doubt.lsn()).as("no single record's").isZero();
    }

    @Test
    void whatIsAcknowledgedIsCounted() {
        for (int i = 1; i <= 200; i++) {
            log.append(new byte[10]);
            assertThat(log.statistics().records()).isEqualTo(i);
            offer();
            log.sync();
            assertThat(log.statistics().records()).isEqualTo(++i);
        }
    }

    @Test
    void aFailedLogIsTheCauseOfTheDoubt() {
        disk.faults().fail(Occasion.next(Operation.WRITE, "*1.varve"), Errno.EIO);
        assertThatThrownBy(() -> log.append(new byte[10])).isInstanceOf(IndeterminateAppendException.class)
            .hasCauseInstanceOf(LogFailedException.class).hasMessageContaining("EIO");
    }

    @Test
    void onAFailedLogWhatIsDurableIsAndWhatIsNotIsInDoubt() {
        long durable = log.append(new byte[10]);
        disk.faults().fail(Occasion.next(Operation.WRITE, "*1.varve"), Errno.EIO);
        long doubtful = offer();
        Outcomes.await(() -> log.offer(MemorySegment.NULL, null, null) == WriteAheadLog.FAILED);
        log.awaitDurable(durable);
        assertThatThrownBy(() -> log.awaitDurable(doubtful)).isInstanceOf(IndeterminateAppendException.class)
            .hasCauseInstanceOf(LogFailedException.class).hasMessageContaining("LSN " + doubtful);
        assertThatThrownBy(log::sync).isInstanceOf(LogFailedException.class);
    }

    @ParameterizedTest
    @CsvSource({"0,0 means no record", "-1,-1 is BACK_PRESSURED", "-2,-2 is CLOSED", "-3,-3 is FAILED", "-4,-4 is FULL",
        "-5,LSNs are positive", "-4294967297,LSNs are positive"})
    void aReturnCodeOfOfferIsNeverTakenForADurableRecord(long code, String meaning) {
        log.append(new byte[10]);
        assertThatThrownBy(() -> log.awaitDurable(code)).isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("lsn=" + code + " is no LSN").hasMessageContaining(meaning);
    }

    @Test
    void anLsnThatNoRecordHasYetIsRefusedAndTheMessageSaysWhichEndIsWhich() {
        long lsn = log.append(new byte[10]);
        long durable = log.durableLsn();
        assertThat(durable).as("counts whole blocks").isGreaterThan(lsn + 100);
        log.awaitDurable(lsn);
        for (long wrong : new long[] {durable - 1, durable, log.tailLsn(), Long.MAX_VALUE}) {
            assertThatThrownBy(() -> log.awaitDurable(wrong)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lsn=" + wrong).hasMessageContaining("the last one accepted ends at LSN")
                .hasMessageContaining("tailLsn=" + log.tailLsn()).hasMessageContaining("durableLsn=" + durable);
        }
    }
}
