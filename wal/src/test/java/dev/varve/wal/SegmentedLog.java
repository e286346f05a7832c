package dev.varve.wal;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A log of small segments on a simulated disk, whose beginning is given up again and again. Driven by the test's own thread. */
final class SegmentedLog {
    static final long SEGMENT = 1 << 16;
    /** Four of these fill a segment. */
    static final int RECORD = 10_000;
    static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(SEGMENT, 20_000)
        .withCommit(new LogConfig.Commit(1 << 14, 0, 50_000_000, 10_000_000_000L));

    private final SimulatedDisk disk;
    private final List<Long> lsns = new ArrayList<>();
    private SimulatedLog log;
    private int opens;

    SegmentedLog(SimulatedDisk disk) {
        this.disk = disk;
    }

    /** Opens it, or opens it again. */
    SegmentedLog open() {
        log = SimulatedLog.open(disk, CONFIG, disk.seed() + ++opens);
        return this;
    }

    SimulatedLog log() {
        return log;
    }

    LogParts parts() {
        return log.parts();
    }

    SimulatedDisk disk() {
        return disk;
    }

    /** The LSNs of all records appended so far and known to be durable. */
    List<Long> lsns() {
        return lsns;
    }

    /** Those that lie where the log has not been given up. */
    List<Long> retained() {
        long headLsn = parts().segments().headLsn();
        return lsns.stream().filter(lsn -> lsn >= headLsn).toList();
    }

    /** Appends a record that says which one it is, and waits until it is durable; its LSN, 0 if the log fails or the power goes. */
    long append(int length) {
        byte[] payload = new byte[length];
        byte[] text = text(lsns.size()).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, payload, 0, Math.min(length, text.length));
        long[] lsn = new long[1];
        log.turnUntil(() -> {
            lsn[0] = log.offer(payload, AckLevel.DURABLE, null);
            return lsn[0] > 0 || lsn[0] == WriteAheadLog.FULL;
        });
        if (lsn[0] <= 0) {
            return 0;
        }
        log.drain();
        if (parts().position().durableLsn() <= lsn[0]) {
            return 0;
        }
        lsns.add(lsn[0]);
        return lsn[0];
    }

    static String text(int index) {
        return "record " + index + ";";
    }

    /** Appends until so many further segments were begun. */
    SegmentedLog fill(int segments) {
        long until = parts().builder().header().segment() + segments;
        while (parts().builder().header().segment() < until) {
            if (append(RECORD) == 0) {
                throw new AssertionError("not appended, " + disk);
            }
        }
        return this;
    }

    /** Gives up what lies below an LSN, and waits. */
    void truncate(long lsn) {
        CompletableFuture<Void> done = parts().truncation().ask(lsn);
        log.turnUntil(done::isDone);
        if (done.isDone()) {
            done.join();
        }
    }

    /** Gives up all that can be. */
    void truncateAll() {
        truncate(parts().placement().tailLsn());
    }

    /** Turns until everything is prepared that is wanted. */
    void settle() {
        log.turnUntil(() -> parts().manifest().isUpToDate() && !parts().allocator().isWorking() && parts().truncation().isIdle()
            && parts().roll().offered() != null && parts().allocator().isReady()
            && parts().allocator().spares() == 1);
    }

    /** Reads to the end; each record says which one it is. */
    List<Long> read(long fromLsn) {
        List<Long> found = new ArrayList<>();
        try (Cursor cursor = log.read(fromLsn)) {
            while (cursor.next()) {
                String start = new String(cursor.payload().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
                int index = lsns.indexOf(cursor.lsn());
                if (!start.startsWith(text(index))) {
                    throw new AssertionError("LSN " + cursor.lsn() + " is not record " + index);
                }
                found.add(cursor.lsn());
            }
        }
        return found;
    }

    /** Bytes of all files that are segments, were, or will be. */
    long allocated() {
        long bytes = 0;
        try (Directory directory = disk.openDirectory(SimulatedLog.DIRECTORY, false)) {
            for (String name : directory.list()) {
                if (!name.equals(SegmentName.MANIFEST) && !name.equals(SegmentName.LOCK)) {
                    try (IoFile file = directory.open(name, Directory.Access.READ)) {
                        bytes += file.length();
                    }
                }
            }
        }
        return bytes;
    }

    /** Of these, what is not part of the log. */
    long allocatedBeyond() {
        return allocated() - parts().segments().count() * SEGMENT;
    }

    List<String> names() {
        try (Directory directory = disk.openDirectory(SimulatedLog.DIRECTORY, false)) {
            return directory.list();
        }
    }
}
