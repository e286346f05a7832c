package dev.varve.wal.checklist;

import dev.varve.wal.WriteAheadLog;
import java.nio.file.Path;
import java.time.Duration;

/** Opens a log, fills it over a roll, closes it, and does so once more; says what was acknowledged and what was refused. */
final class ErrorProgram {
    private static final int FIRST = 45;
    private static final int SECOND = 3;
    /** What it tries to append at most. */
    static final int RECORDS = FIRST + SECOND;
    private static final int LENGTH = 30_000;
    private static final int CLOSE_SECONDS = 3;

    private ErrorProgram() {
    }

    /** What it is told: the directory. */
    public static void main(String[] arguments) {
        Path directory = Path.of(arguments[0]);
        use(directory, 0, FIRST);
        use(directory, FIRST, SECOND);
        System.out.println("over");
    }

    private static void use(Path directory, long first, int count) {
        WriteAheadLog log = null;
        try {
            log = WriteAheadLog.open(directory, NumberedLog.CONFIG);
            for (long number = first; number < first + count; number++) {
                long lsn = log.append(NumberedLog.payload(number, LENGTH));
                System.out.println("ack " + number + " " + lsn);
            }
        } catch (RuntimeException e) {
            System.out.println("refused " + e.getClass().getSimpleName() + ": " + e.getMessage());
        }
        // What cannot be reaped any more keeps a log open for good.
        if (log != null && !log.close(Duration.ofSeconds(CLOSE_SECONDS))) {
            System.out.println("not closed");
        }
    }
}
