package dev.varve.wal;

import dev.varve.engine.io.StorageContract;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that appends, and gives up its log's beginning, until it is killed; or only opens the log. What it says is
 * {@link KilledAppender#ACK_LENGTH} bytes at once: thread, number, LSN.
 */
final class HardKilledProgram {
    /** As thread: an LSN up to which the beginning will be given up. Said before that is asked for. */
    static final int ASKING = -2;
    /** As thread: it is open from that LSN on, or will be opened now, if that is 0. */
    static final int OPENING = -3;
    static final long SEGMENT_LENGTH = 1 << 17;

    private static final long TRUNCATE_EVERY_NS = 2_000_000;

    private HardKilledProgram() {
    }

    /** What the process is told: directory, round, threads; and whether it truncates. */
    public static void main(String[] arguments) {
        int round = Integer.parseInt(arguments[1]);
        int threads = Integer.parseInt(arguments[2]);
        FileOutputStream said = new FileOutputStream(FileDescriptor.out);
        say(said, OPENING, 0, 0);
        WriteAheadLog log = open(Path.of(arguments[0]), round);
        say(said, OPENING, 1, log.headLsn());
        AtomicLong lastLsn = new AtomicLong();
        for (int i = 0; i < threads; i++) {
            int thread = i;
            Thread.ofPlatform().start(() -> appendForever(log, new KillRecord(round, thread, 0), lastLsn, said));
        }
        while (Boolean.parseBoolean(arguments[3])) {
            long lsn = lastLsn.get();
            say(said, ASKING, 0, lsn);
            log.truncateBefore(lsn);
            LockSupport.parkNanos(TRUNCATE_EVERY_NS);
        }
        while (threads == 0) {
            // Nothing else keeps it from ending by itself before it is killed.
            LockSupport.park();
        }
    }

    static WriteAheadLog open(Path directory, int round) {
        return WriteAheadLog.open(directory, KilledAppender.config(round, SEGMENT_LENGTH),
            KilledAppender.environment(StorageContract.DIRECT_AIO));
    }

    private static void appendForever(WriteAheadLog log, KillRecord first, AtomicLong lastLsn, FileOutputStream said) {
        try {
            for (long number = 0; ; number++) {
                KillRecord record = new KillRecord(first.round(), first.thread(), number);
                long lsn = log.append(record.thread(), MemorySegment.ofArray(record.content()));
                say(said, record.thread(), number, lsn);
                lastLsn.set(lsn);
            }
        } catch (RuntimeException e) {
            e.printStackTrace();
            // Anything but being killed is a failure, and the test finds this status.
            Runtime.getRuntime().halt(1);
        }
    }

    private static void say(FileOutputStream said, int thread, long number, long lsn) {
        try {
            said.write(ByteBuffer.allocate(KilledAppender.ACK_LENGTH).putInt(thread).putLong(number).putLong(lsn).array());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
