package dev.varve.wal.checklist;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import dev.varve.wal.Cursor;
import dev.varve.wal.IndeterminateAppendException;
import dev.varve.wal.LogConfig;
import dev.varve.wal.StoragePolicy;
import dev.varve.wal.WriteAheadLog;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;

/** Opens a log, appends records and reads them back, and says what came of it, a line for each fact. */
final class OpeningProgram {
    static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 20, 1 << 16);
    /** Bytes of a record. */
    private static final int LENGTH = 1000;

    private OpeningProgram() {
    }

    /** What it is told: the directory, how many records, and the storage policy if it is not the default. */
    public static void main(String[] arguments) {
        LogConfig config = arguments.length > 2 ? CONFIG.withStorage(StoragePolicy.valueOf(arguments[2])) : CONFIG;
        int count = Integer.parseInt(arguments[1]);
        try (WriteAheadLog log = WriteAheadLog.open(Path.of(arguments[0]), config)) {
            System.out.println("contract " + log.storage().contract());
            System.out.println("refusal " + log.storage().refusal());
            for (int i = 0; i < count; i++) {
                log.append(NumberedLog.payload(i, LENGTH));
            }
            System.out.println("appended " + log.statistics().records());
            System.out.println("read " + read(log));
        } catch (StorageContractException e) {
            System.out.println(Errno.name(e.errno()) + " | " + e.getMessage());
            System.out.println("obstacle " + e.obstacle());
        } catch (IndeterminateAppendException e) {
            System.out.println("indeterminate " + e.getMessage());
        }
    }

    /** How many records are there, each as it was appended. */
    static int read(WriteAheadLog log) {
        int count = 0;
        try (Cursor cursor = log.read(log.headLsn())) {
            while (cursor.next()) {
                if (!Arrays.equals(cursor.payload().toArray(ValueLayout.JAVA_BYTE), NumberedLog.payload(count, LENGTH))) {
                    throw new IllegalStateException("record " + count + " is another");
                }
                count++;
            }
        }
        return count;
    }
}
