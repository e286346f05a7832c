package dev.varve.wal;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContractException;
import java.nio.file.Path;

/** Opens a log with a storage policy in a JVM of its own, appends as often as it is told, and says how that went, a line for each fact. */
final class StorageProgram {
    private StorageProgram() {
    }

    /** What the program is told: directory, policy, number of records. */
    public static void main(String[] arguments) {
        LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(1 << 18, 20_000)
            .withStorage(StoragePolicy.valueOf(arguments[1]));
        try (WriteAheadLog log = WriteAheadLog.open(Path.of(arguments[0]), config)) {
            System.out.println("contract " + log.storage().contract());
            System.out.println("summary " + log.storage().summary());
            System.out.println("refusal " + log.storage().refusal());
            for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                System.out.println("appended " + log.append(new byte[100]));
            }
        } catch (StorageContractException e) {
            System.out.println("refused " + Errno.name(e.errno()) + " " + e.getMessage());
            System.out.println("obstacle " + e.obstacle());
        } catch (IoFailureException | IndeterminateAppendException | LogFailedException e) {
            System.out.println("failed " + e.getClass().getSimpleName() + " " + e.getMessage());
        }
    }
}
