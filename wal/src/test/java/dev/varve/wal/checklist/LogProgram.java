package dev.varve.wal.checklist;

import dev.varve.wal.AppendListener;
import dev.varve.wal.Cursor;
import dev.varve.wal.IndeterminateAppendException;
import dev.varve.wal.WriteAheadLog;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A log in a JVM of its own, to be limited, traced and killed. It says what was acknowledged, a line each. */
final class LogProgram {
    private static final Pattern ACKNOWLEDGEMENT = Pattern.compile("(?m)^ack (\\d+) (\\d+)$");
    private static final int COUNT_MAX = 1_000_000;
    private static final int OUTSTANDING_MAX = 32;

    private LogProgram() {
    }

    /** What it is told: what to do, the directory, bytes of a record, the first number. */
    public static void main(String[] arguments) {
        Path directory = Path.of(arguments[1]);
        int length = Integer.parseInt(arguments[2]);
        long first = arguments.length > 3 ? Long.parseLong(arguments[3]) : 0;
        switch (arguments[0]) {
            case "fill" -> fill(directory, length, first);
            case "stream" -> stream(directory, length);
            case "inspect" -> inspect(directory);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Appends until it is refused, and says by what. */
    private static void fill(Path directory, int length, long first) {
        try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
            for (long number = first; number < first + COUNT_MAX; number++) {
                long lsn = log.append(NumberedLog.payload(number, length));
                System.out.println("ack " + number + " " + lsn);
            }
        } catch (RuntimeException e) {
            System.out.println("refused " + e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }

    /** As fill, with many appends outstanding at a time. */
    private static void stream(Path directory, int length) {
        Semaphore room = new Semaphore(OUTSTANDING_MAX);
        AppendListener listener = new AppendListener() {
            @Override
            public void appended(long lsn, long sequence, Object number) {
                System.out.println("ack " + number + " " + lsn);
                room.release();
            }

            @Override
            public void failed(IndeterminateAppendException failure, Object number) {
                room.release();
            }
        };
        try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
            long number = 0;
            while (number < COUNT_MAX) {
                room.acquireUninterruptibly();
                long lsn = log.offer(MemorySegment.ofArray(NumberedLog.payload(number, length)), listener, number);
                if (lsn > 0) {
                    number++;
                } else {
                    room.release();
                    // Nothing that waits is refused for ever; a log that has failed says so here.
                    log.sync();
                }
            }
        } catch (RuntimeException e) {
            System.out.println("refused " + e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }

    private static void inspect(Path directory) {
        try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG); Cursor cursor = log.read(0)) {
            int count = 0;
            while (cursor.next()) {
                count++;
            }
            System.out.println("records " + count);
        }
    }

    /** Notes what a program said it was given; also what it had appended without an answer counts as tried. */
    static void acknowledgements(String output, NumberedLog numbered) {
        Matcher acknowledgement = ACKNOWLEDGEMENT.matcher(output);
        while (acknowledgement.find()) {
            numbered.acknowledged(Long.parseLong(acknowledgement.group(1)), Long.parseLong(acknowledgement.group(2)));
        }
        numbered.tried(OUTSTANDING_MAX);
    }
}
