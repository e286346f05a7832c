package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.wal.Appended;
import dev.varve.wal.Cursor;
import dev.varve.wal.LogConfig;
import dev.varve.wal.WriteAheadLog;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;

/**
 * A log whose records are numbered from 0 and whose every byte follows from its number; it knows what was acknowledged, wherever the log's
 * directory has gone meanwhile. One thread appends.
 */
final class NumberedLog {
    /** Segments of 1 MiB, records of up to 600 KiB: more than two writes. */
    static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 20, 600 << 10);

    private static final int NUMBER_LENGTH = Long.BYTES;

    private final SortedMap<Long, Long> acknowledged = new ConcurrentSkipListMap<>();
    private long next;
    private long last;
    private boolean mayHaveGaps = true;

    /** The payload of a number. */
    static byte[] payload(long number, int length) {
        byte[] payload = new byte[Math.max(length, NUMBER_LENGTH)];
        new SplittableRandom(number).nextBytes(payload);
        ByteBuffer.wrap(payload).putLong(number);
        return payload;
    }

    /** Notes an acknowledgement that another process was given. */
    void acknowledged(long number, long lsn) {
        acknowledged.put(number, lsn);
        next = Math.max(next, number + 1);
    }

    /** Another process may have appended some more and was given no answer. */
    void tried(int count) {
        next += count;
    }

    /** From now on a missing number is a mistake, too. */
    void allowNoGaps() {
        mayHaveGaps = false;
    }

    int acknowledged() {
        return acknowledged.size();
    }

    /** Appends one and waits. */
    void append(WriteAheadLog log, int length) {
        long number = next++;
        acknowledged.put(number, log.append(payload(number, length)));
    }

    /** Appends some, one after the other. */
    void append(WriteAheadLog log, int count, int length) {
        for (int i = 0; i < count; i++) {
            append(log, length);
        }
    }

    /** Appends several at once, so that one sync must acknowledge them; their futures. */
    List<CompletableFuture<Appended>> appendTogether(WriteAheadLog log, int count, int length) {
        return IntStream.range(0, count).mapToObj(_ -> {
            long number = next++;
            CompletableFuture<Appended> future = log.appendAsync(MemorySegment.ofArray(payload(number, length)));
            return future.whenComplete((appended, _) -> {
                if (appended != null) {
                    acknowledged.put(number, appended.lsn());
                }
            });
        }).toList();
    }

    /** Appends one after the other until one is refused; the refusal. */
    RuntimeException appendUntilRefused(WriteAheadLog log, int countMax, int length) {
        for (int i = 0; i < countMax; i++) {
            try {
                append(log, length);
            } catch (RuntimeException e) {
                return e;
            }
        }
        throw new AssertionError("none of " + countMax + " appends was refused");
    }

    /**
     * Opens the log anew, as an application would, and finds every acknowledged record where it was acknowledged, nothing invented, and
     * room for another.
     *
     * @param directory where the log lies now
     * @return how many records there are
     */
    int check(Path directory) {
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            int found = checkReadable(log);
            next = last + 1;
            append(log, 100);
            assertThat(checkReadable(log)).isEqualTo(found + 1);
            return found;
        }
    }

    /** Reads all that is durable in an open log, and compares; how many records there are. */
    int checkReadable(WriteAheadLog log) {
        SortedMap<Long, Long> found = new ConcurrentSkipListMap<>();
        last = -1;
        try (Cursor cursor = log.read(0)) {
            while (cursor.next()) {
                byte[] payload = cursor.payload().toArray(ValueLayout.JAVA_BYTE);
                long number = ByteBuffer.wrap(payload).getLong();
                assertThat(Arrays.equals(payload, payload(number, payload.length))).as("content of record %d", number).isTrue();
                assertThat(number).as("order").isGreaterThan(last).isLessThan(next);
                assertThat(mayHaveGaps || number == last + 1).as("record %d behind %d", number, last).isTrue();
                last = number;
                found.put(number, cursor.lsn());
            }
        }
        acknowledged.forEach((number, lsn) -> assertThat(found).as("acknowledged record %d", number).containsEntry(number, lsn));
        return found.size();
    }
}
