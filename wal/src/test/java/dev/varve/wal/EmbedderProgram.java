package dev.varve.wal;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A program that uses a log as an embedder does, for {@link EmbedderTest} to start in a JVM of its own. */
final class EmbedderProgram {
    private static final int COUNT = 200;

    private EmbedderProgram() {
    }

    /**
     * Appends in every way, reads, closes, opens again and reads.
     *
     * @param arguments the log's directory
     */
    public static void main(String[] arguments) {
        Path directory = Path.of(arguments[0]);
        LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(1 << 18, 70_000);
        boolean areAssertionsOn = EmbedderProgram.class.desiredAssertionStatus();
        System.out.println("flags " + ManagementFactory.getRuntimeMXBean().getInputArguments() + " assertions " + areAssertionsOn);
        try (WriteAheadLog log = WriteAheadLog.open(directory, config)) {
            for (int i = 0; i < COUNT / 4; i++) {
                log.append(Payloads.of(i, 1000));
                CompletableFuture<Appended> future = log.appendAsync(MemorySegment.ofArray(Payloads.of(i, 2000)));
                try (Claim claim = log.claim(66_000)) {
                    claim.payload().fill((byte) i);
                    claim.commit();
                }
                future.join();
                log.append(new RecordBatch().add(new byte[0]));
            }
            System.out.println("read " + Payloads.all(log).size() + " rolls " + (log.statistics().rolls() > 0));
        }
        WriteAheadLog log = WriteAheadLog.open(directory, config);
        System.out.println("verdict " + log.recovery().verdict() + " read " + Payloads.all(log).size());
        System.out.println("closed " + log.close(Duration.ofSeconds(60)));
    }
}
