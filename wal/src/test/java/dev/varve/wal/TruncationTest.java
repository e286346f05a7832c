package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole segments are given up at the beginning of a log: what goes, what stays, and where the space is afterwards. */
@Timeout(60)
class TruncationTest {
    private static final long SEGMENT = 1 << 16;
    private static final int RECORD = 10_000;

    private final SimulatedDisk disk = new SimulatedDisk(11, DiskSettings.quiet());
    private final LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(SEGMENT, 20_000)
        .withCommit(new LogConfig.Commit(1 << 14, 0, 50_000_000, 10_000_000_000L));
    private int opens;
    private SimulatedLog log = open();

    private SimulatedLog open() {
        return SimulatedLog.open(disk, config, 11 + ++opens);
    }

    private long append(int length) {
        long[] lsn = new long[1];
        log.turnUntil(() -> {
            lsn[0] = log.offer(new byte[length], AckLevel.DURABLE, null);
            return lsn[0] > 0;
        });
        log.drain();
        return lsn[0];
    }

    /** Appends until so many segments follow the one that is written now; the records' LSNs. */
    private List<Long> fill(int segments) {
        List<Long> lsns = new ArrayList<>();
        long until = log.parts().builder().header().segment() + segments;
        while (log.parts().builder().header().segment() < until) {
            lsns.add(append(RECORD));
        }
        return lsns;
    }

    private void truncate(long lsn) {
        CompletableFuture<Void> done = log.parts().truncation().ask(lsn);
        log.turnUntil(done::isDone);
        done.join();
    }

    private List<Long> read(long fromLsn) {
        List<Long> lsns = new ArrayList<>();
        try (Cursor cursor = log.read(fromLsn)) {
            while (cursor.next()) {
                lsns.add(cursor.lsn());
            }
        }
        return lsns;
    }

    private long allocated() {
        long bytes = 0;
        try (Directory directory = disk.openDirectory(SimulatedLog.DIRECTORY, false)) {
            for (String name : directory.list()) {
                if (!name.equals(SegmentName.MANIFEST) && !name.equals(SegmentName.LOCK)) {
                    try (var file = directory.open(name, Directory.Access.READ)) {
                        bytes += file.length();
                    }
                }
            }
        }
        return bytes;
    }

    private void settle() {
        log.turnUntil(() -> log.parts().manifest().isUpToDate() && !log.parts().allocator().isWorking()
            && log.parts().truncation().isIdle() && log.parts().roll().offered() != null);
    }

    @Test
    void wholeSegmentsBelowTheLsnGoAndTheRestStays() {
        List<Long> lsns = fill(4);
        long wanted = lsns.get(lsns.size() / 2);
        truncate(wanted);
        long head = log.parts().segments().headLsn();
        assertThat(head).isLessThanOrEqualTo(wanted).isGreaterThan(lsns.getFirst());
        assertThat(read(0)).isEqualTo(lsns.stream().filter(lsn -> lsn >= head).toList()).contains(wanted);
    }

    @Test
    void theSegmentBeingWrittenStaysWhateverIsAskedFor() {
        List<Long> lsns = fill(2);
        truncate(log.parts().placement().tailLsn());
        SegmentHeader only = log.parts().segments().lowest();
        assertThat(log.parts().segments().count()).isEqualTo(1);
        assertThat(only).isEqualTo(log.parts().builder().header());
        assertThat(read(0)).isEqualTo(lsns.stream().filter(lsn -> lsn >= only.baseLsn()).toList());
        append(100);
        assertThat(log.close()).isTrue();
    }
}
