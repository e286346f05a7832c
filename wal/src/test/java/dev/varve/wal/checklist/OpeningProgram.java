package dev.varve.wal.checklist;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import dev.varve.wal.LogConfig;
import dev.varve.wal.WriteAheadLog;
import java.nio.file.Path;

/** Opens a log, appends a record and says what came of it. */
final class OpeningProgram {
    static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 20, 1 << 16);

    private OpeningProgram() {
    }

    public static void main(String[] arguments) {
        try (WriteAheadLog log = WriteAheadLog.open(Path.of(arguments[0]), CONFIG)) {
            log.append(new byte[100]);
            System.out.println("appended " + log.statistics().records());
        } catch (StorageContractException e) {
            System.out.println(Errno.name(e.errno()) + " | " + e.getMessage());
        }
    }
}
