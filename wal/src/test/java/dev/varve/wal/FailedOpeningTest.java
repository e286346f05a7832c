package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.RefusedLogException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An opening that fails, wherever it does, leaves nothing behind in the process; the next one succeeds. Only if completions cannot be
 * collected, memory that the kernel may still use is kept on purpose.
 */
class FailedOpeningTest {
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 1000)
        .withLimits(new LogConfig.Limits(1000, 1 << 20, 4));
    private static final int CALLS_MAX = 200;
    private static final long SPARE_READY_NS = 2_000_000_000L;
    /** Held here, because loggers that nobody holds forget their level. */
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    private final CountedMemory memory = new CountedMemory();

    @BeforeAll
    static void tellNothingOfWhatIsMeantToFail() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterAll
    static void tellAgain() {
        LOGGER.setLevel(null);
    }

    private SimulatedLog open(SimulatedDisk disk) {
        return SimulatedLog.open(disk, CONFIG, SimulatedLog.environment(disk, memory, 1));
    }

    /** A disk with nothing on it, and two with a log that a crash cut off, one of them with a spare. */
    private List<SimulatedDisk> disks() {
        List<SimulatedDisk> disks = new ArrayList<>();
        for (int records : new int[] {0, 5, 6}) {
            SimulatedDisk disk = new SimulatedDisk(1, DiskSettings.quiet());
            if (records > 0) {
                SimulatedLog log = open(disk);
                for (int i = 0; i < records; i++) {
                    assertThat(log.offer(new byte[i], AckLevel.DURABLE, null)).isPositive();
                    log.drain();
                }
                log.idle(records == 6 ? SPARE_READY_NS : 0);
            }
            disk.crash();
            memory.forget();
            disks.add(disk);
        }
        return disks;
    }

    @ParameterizedTest
    @EnumSource(names = {"READ", "WRITE", "DATA_SYNC", "SYNC", "CREATE", "OPEN", "RENAME", "DELETE", "LIST", "DIRECTORY_SYNC", "LOCK",
        "OPEN_DIRECTORY", "OPEN_ENGINE", "SUBMIT"})
    void everyCallThatFailsDuringAnOpeningLeavesNothingBehind(Operation operation) {
        for (SimulatedDisk disk : disks()) {
            int failures = 0;
            boolean isOpened = false;
            for (int nth = 1; !isOpened && nth < CALLS_MAX; nth++) {
                SimulatedDisk copy = disk.fork(nth);
                copy.kill();
                copy.faults().fail(Occasion.nth(operation, "*", nth).onwards(), Errno.EIO);
                isOpened = isOpened(copy);
                failures += isOpened ? 0 : 1;
                copy.faults().clear();
                if (!isOpened) {
                    assertThat(copy.openHandles()).as("handles open after failure of %s %d", operation, nth).isZero();
                    assertThat(memory.bytes()).as("bytes kept after failure of %s %d", operation, nth).isZero();
                    assertThat(open(copy).report().verdict().isOpenable()).isTrue();
                }
                memory.forget();
            }
            assertThat(isOpened).as("%d failures were not all", failures).isTrue();
        }
    }

    private boolean isOpened(SimulatedDisk disk) {
        try {
            open(disk);
            return true;
        } catch (IoFailureException e) {
            return false;
        } catch (RefusedLogException e) {
            assertThat(e.report().verdict().isRetryable()).as(e.getMessage()).isTrue();
            return false;
        }
    }

    @Test
    void memoryThatIsGivenBackHoldsNothingToRelyOn() {
        MemorySegment bytes = memory.allocate(4096, 4096);
        memory.free(bytes);
        assertThat(bytes.get(ValueLayout.JAVA_BYTE, 100)).isEqualTo((byte) 0xDB);
        assertThat(memory.bytes()).isZero();
    }
}
