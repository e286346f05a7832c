package dev.varve.wal;

import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.StorageContract;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A process that appends until it is killed. Each of its threads waits until its record is durable, then says so on standard output:
 * one write of {@link #ACK_LENGTH} bytes, which a pipe takes whole or not at all.
 */
final class KilledAppender {
    /** Thread, number, LSN. */
    static final int ACK_LENGTH = Integer.BYTES + 2 * Long.BYTES;

    private static final int SHALLOW_DEPTH = 1;

    private KilledAppender() {
    }

    /** What the process is told: directory, round, threads, bytes of a segment, and how they get to disk. */
    public static void main(String[] arguments) throws InterruptedException {
        int round = Integer.parseInt(arguments[1]);
        int threads = Integer.parseInt(arguments[2]);
        WriteAheadLog log = WriteAheadLog.open(Path.of(arguments[0]), config(round, Long.parseLong(arguments[3])),
            environment(round, StorageContract.valueOf(arguments[4])));
        FileOutputStream acks = new FileOutputStream(FileDescriptor.out);
        Thread[] appenders = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            int thread = i;
            // Some rounds park virtual threads, some platform ones.
            Thread.Builder builder = round % 2 == 0 ? Thread.ofVirtual() : Thread.ofPlatform();
            appenders[i] = builder.start(() -> appendForever(log, round, thread, acks));
        }
        for (Thread appender : appenders) {
            appender.join();
        }
    }

    /** How the log of a round is opened. */
    static LogConfig config(int round, long segmentLength) {
        LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(segmentLength, KillRecord.lengthMax(round));
        LogConfig.Commit commit = config.commit();
        int batchLength = (int) Math.min(commit.batchLength(), segmentLength / 2);
        return config.withCommit(new LogConfig.Commit(batchLength, commit.batchDelayNs(), commit.anchorDelayNs(), commit.stallLimitNs()));
    }

    /** The machine, or channels of the JDK. */
    static Environment environment(StorageContract contract) {
        return contract == StorageContract.DIRECT_AIO ? Environment.machine() : Environment.portable(new ChannelDisk(contract));
    }

    /** The same, with a shallow queue in front of its disk in those rounds that are to leave torn batches. */
    private static Environment environment(int round, StorageContract contract) {
        Environment machine = environment(contract);
        if (!KillRecord.isLarge(round)) {
            return machine;
        }
        Disk shallow = new Disk() {
            @Override
            public Directory openDirectory(Path path, boolean create) {
                return machine.disk().openDirectory(path, create);
            }

            @Override
            public IoEngine openEngine(int depth) {
                return machine.disk().openEngine(Math.min(depth, SHALLOW_DEPTH));
            }
        };
        return new Environment(shallow, machine.memory(), machine.random(), machine.nanos(), machine.millis());
    }

    private static void appendForever(WriteAheadLog log, int round, int thread, FileOutputStream acks) {
        try {
            for (long number = 0; ; number++) {
                byte[] content = new KillRecord(round, thread, number).content();
                long lsn = log.append(thread, MemorySegment.ofArray(content));
                acks.write(ByteBuffer.allocate(ACK_LENGTH).putInt(thread).putLong(number).putLong(lsn).array());
            }
        } catch (IOException | RuntimeException e) {
            e.printStackTrace();
            // Anything but being killed is a failure, and the test finds this status.
            Runtime.getRuntime().halt(1);
        }
    }
}
