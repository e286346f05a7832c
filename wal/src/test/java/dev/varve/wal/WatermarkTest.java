package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** W, by which later batches tell that earlier ones were acknowledged: if it is wrong, damage passes for a crash, or a crash for damage. */
@Timeout(60)
class WatermarkTest {
    private static final long DELAY_NS = 2_000_000;
    private static final String SEGMENT_1 = "0000000000000001.varve";

    private final SimulatedDisk disk = new SimulatedDisk(31, DiskSettings.quiet());
    private final LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
        .withCommit(new LogConfig.Commit(1 << 13, DELAY_NS, 50_000_000, 10_000_000_000L));
    private final SimulatedLog log = SimulatedLog.open(disk, config, 31);

    private void settle() {
        log.turnUntil(() -> log.parts().roll().offered() != null && log.parts().manifest().isUpToDate()
            && log.parts().allocator().spares() == 1 && !log.parts().allocator().isBusy());
    }

    private void offer(int length) {
        assertThat(log.offer(new byte[length], AckLevel.DURABLE, null)).isPositive();
    }

    /** The headers of the batches of one block that lie at the segment's beginning. */
    private List<BatchHeader> headersOnDisk(int count) {
        MemorySegment bytes = MemorySegment.ofArray(disk.damage(SimulatedLog.DIRECTORY).bytes(SEGMENT_1));
        List<BatchHeader> headers = new ArrayList<>();
        for (int block = 1; block <= count; block++) {
            headers.add(BatchHeaderDescriptor.decode(bytes, block * 4096L));
        }
        return headers;
    }

    /** The headers of the un-synced batches, as the kernel finds them. */
    private List<BatchHeader> headersInFlight() {
        List<BatchHeader> headers = new ArrayList<>();
        log.parts().commit().forEachBuffer(buffer -> headers.add(BatchHeaderDescriptor.decode(buffer.memory().memory(), 0)));
        return headers;
    }

    @Test
    void aHeaderNamesTheBatchThatWasSyncedLastWhenItWasBuilt() {
        settle();
        for (int i = 0; i < 2; i++) {
            offer(100);
            log.drain();
        }
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        for (int i = 0; i < 2; i++) {
            offer(100);
            log.idle(2 * DELAY_NS);
        }
        assertThat(log.parts().commit().unsynced()).isEqualTo(2);
        disk.faults().release();
        log.drain();
        assertThat(headersOnDisk(4)).extracting(BatchHeader::batch).containsExactly(1L, 2L, 3L, 4L);
        assertThat(headersOnDisk(4)).extracting(BatchHeader::synced).as("batch 3 hung while 4 was built").containsExactly(0L, 1L, 2L, 2L);
    }

    @Test
    void aHeaderThatIsBuiltIsNotTouchedAgain() {
        settle();
        disk.faults().hang(Occasion.nth(Operation.WRITE, "*1.varve", 2));
        for (int i = 0; i < 3; i++) {
            offer(7000);
        }
        log.turn();
        List<BatchHeader> built = headersInFlight();
        assertThat(built).hasSize(2);
        log.turnUntil(() -> log.parts().commit().durable().batch() == 1);
        assertThat(headersInFlight().getFirst()).isEqualTo(built.getLast());
        disk.faults().release();
        log.drain();
    }
}
