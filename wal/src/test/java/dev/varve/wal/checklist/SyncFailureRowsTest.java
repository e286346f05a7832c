package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.checklist.FileSystemShutdown;
import dev.varve.engine.checklist.LoopDisk;
import dev.varve.engine.checklist.Observed;
import dev.varve.wal.Appended;
import dev.varve.wal.BuildTree;
import dev.varve.wal.IndeterminateAppendException;
import dev.varve.wal.LogFailedException;
import dev.varve.wal.WriteAheadLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Syncs fail for real: the first failure is final, and what was acknowledged before it is there afterwards. */
@Timeout(120)
class SyncFailureRowsTest {
    private static final long MIB = 1 << 20;
    private static final long OUTER_LENGTH = 160 * MIB;
    private static final long INNER_LENGTH = 64 * MIB;
    private static final int SECTOR_SIZE = 512;
    /** Longer than one write, so that it takes a sync of its own. */
    private static final int LARGE = 500_000;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private final NumberedLog numbered = new NumberedLog();

    @BeforeEach
    void assumeLoopDisks() throws IOException {
        String obstacle = LoopDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
    }

    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage().replaceAll(".*(E[A-Z]{2,}).*", "$1");
    }

    private void assertNothingGoesAnyMore(WriteAheadLog log) {
        int acknowledged = numbered.acknowledged();
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> numbered.append(log, 100)).isInstanceOf(LogFailedException.class);
            assertThatThrownBy(log::sync).isInstanceOf(LogFailedException.class);
        }
        assertThat(numbered.acknowledged()).isEqualTo(acknowledged);
    }

    /**
     * A disk in a file of another disk's file system, which takes writes into its page cache and cannot bring them to its device: writes
     * succeed, the first sync fails, and a second one would return 0 although all is lost.
     */
    @Test
    void row46TheFirstFailedSyncIsFinalAlthoughEveryWriteBeforeItSucceeded() throws Exception {
        SavedDisk saved;
        Path inner;
        Throwable failure;
        try (LoopDisk outer = LoopDisk.ext4(folder, OUTER_LENGTH, SECTOR_SIZE)) {
            try (LoopDisk disk = LoopDisk.ext4(outer.mountPoint(), INNER_LENGTH, SECTOR_SIZE)) {
                inner = disk.image().getFileName();
                try (WriteAheadLog log = WriteAheadLog.open(disk.mountPoint().resolve("log"), NumberedLog.CONFIG)) {
                    numbered.append(log, 20, 1000);
                    // Until everything that was begun is over: the spare, the anchor.
                    Thread.sleep(500);
                    LoopDisk.run("sync", "--file-system", disk.mountPoint().toString());
                    saved = SavedDisk.of(outer, folder, OUTER_LENGTH);
                    SavedDisk.shrink(outer);
                    List<CompletableFuture<Appended>> futures = numbered.appendTogether(log, 2, LARGE);
                    failure = catchThrowable(() -> futures.getFirst().get(30, TimeUnit.SECONDS));
                    // Were the sync tried again, it would succeed, and these would be acknowledged.
                    assertThat(catchThrowable(() -> numbered.append(log, 2, 1000))).isNotNull();
                    assertThat(failure).as("of a sync without effect").isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(IndeterminateAppendException.class).hasMessageContaining("DATA_SYNC");
                    assertNothingGoesAnyMore(log);
                    assertThat(log.close(Duration.ofSeconds(30))).isTrue();
                }
            }
        }
        int acknowledged = numbered.acknowledged();
        try (LoopDisk outer = saved.mount(folder)) {
            SavedDisk content = new SavedDisk(outer.mountPoint().resolve(inner), INNER_LENGTH);
            try (LoopDisk disk = content.mount(folder)) {
                int found = numbered.check(disk.mountPoint().resolve("log"));
                Observed.note(46, "writes to a page cache succeeded, then DATA_SYNC " + reason(failure) + ": failed, nothing"
                    + " acknowledged afterwards; reopened with " + found + " records, all " + acknowledged + " acknowledged ones there");
            }
        }
    }

    @Test
    void row46AFileSystemThatIsShutDownFailsTheLogAndKeepsWhatWasAcknowledged() throws Exception {
        try (LoopDisk disk = LoopDisk.ext4(folder, INNER_LENGTH, SECTOR_SIZE)) {
            Path directory = disk.mountPoint().resolve("log");
            RuntimeException failure;
            try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
                numbered.append(log, 50, 20_000);
                FileSystemShutdown.of(disk.mountPoint());
                failure = numbered.appendUntilRefused(log, 1, 1000);
                assertThat(failure).isInstanceOfAny(IndeterminateAppendException.class, LogFailedException.class)
                    .hasMessageContaining("EIO");
                assertNothingGoesAnyMore(log);
                assertThat(log.close(Duration.ofSeconds(30))).isTrue();
            }
            LoopDisk.run("umount", disk.mountPoint().toString());
            LoopDisk.run("mount", disk.device(), disk.mountPoint().toString());
            int found = numbered.check(directory);
            assertThat(found).isEqualTo(50);
            Observed.note(46, "ext4 shut down without its journal: " + reason(failure) + ", failed; after the journal's recovery "
                + found + " of 50 acknowledged records");
        }
    }
}
