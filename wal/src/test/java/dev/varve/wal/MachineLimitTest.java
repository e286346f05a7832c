package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioLimits;
import dev.varve.engine.aio.KernelAioEngine;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The machine's limit of requests, reached. Host-wide: this takes all there is from every other process, so it runs alone, and last. */
@Tag("host-wide")
@Timeout(240)
class MachineLimitTest {
    private static final int ATTEMPTS = 20;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    /** Host-wide: every other process that sets up kernel AIO meanwhile is refused, too. So the limit is kept reached for a moment only. */
    @Test
    void theMachinesLimitIsNamedWithTheCommandThatRaisesIt() throws IOException {
        Path lockFile = Path.of(System.getProperty("java.io.tmpdir"), "varve-aio-nr.lock");
        LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(1 << 18, 20_000);
        // What is opened first costs longest, so that it is not opened while the limit is reached.
        WriteAheadLog.open(folder.resolve("warm"), config.withStorage(StoragePolicy.PORTABLE)).close();
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
             FileLock lock = channel.lock()) {
            assertThat(lock.isValid()).isTrue();
            ArrayDeque<KernelAioEngine> held = new ArrayDeque<>();
            try {
                Path path = folder.resolve("deep").resolve("log");
                assertThat(refusal(held, path, config)).satisfies(e -> {
                    assertThat(e.errno()).isEqualTo(Errno.EAGAIN);
                    assertThat(e.obstacle()).isEqualTo(StorageObstacle.REQUEST_LIMIT);
                })
                    .hasMessageContainingAll("fs.aio-nr=", "sysctl -w fs.aio-max-nr=", "--storage prefer or portable");
                assertThat(folder.resolve("deep")).doesNotExist();
                try (WriteAheadLog log = fallback(held, config.withStorage(StoragePolicy.PREFER_DIRECT))) {
                    assertThat(log.storage().contract()).isEqualTo(StorageContract.CHANNEL_DIRECT);
                    assertThat(log.storage().refusal()).contains("EAGAIN", "sysctl -w fs.aio-max-nr=");
                    log.append(new byte[100]);
                }
            } finally {
                held.forEach(KernelAioEngine::close);
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(folder.resolve("warm"), folder.resolve("log"));
        }
        WriteAheadLog.open(folder.resolve("log"), config).close();
    }

    /** Why a log cannot be opened at the limit. Another process may end and make room just then; the limit is reached again then. */
    private static StorageContractException refusal(ArrayDeque<KernelAioEngine> held, Path path, LogConfig config) throws IOException {
        for (int i = 0; i < ATTEMPTS; i++) {
            reserveAll(held);
            try (WriteAheadLog log = WriteAheadLog.open(path, config)) {
                assertThat(log.storage().isFallback()).isFalse();
            } catch (StorageContractException e) {
                return e;
            }
            try (Stream<Path> paths = Files.walk(path.getParent())) {
                for (Path one : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(one);
                }
            }
        }
        throw new AssertionError("there was room " + ATTEMPTS + " times");
    }

    /** A log that is opened at the limit, in the same way. */
    private WriteAheadLog fallback(ArrayDeque<KernelAioEngine> held, LogConfig config) {
        WriteAheadLog log = null;
        for (int i = 0; i < ATTEMPTS && (log == null || !log.storage().isFallback()); i++) {
            if (log != null) {
                log.close();
            }
            reserveAll(held);
            log = WriteAheadLog.open(folder.resolve("log"), config);
        }
        return log;
    }

    /** Opens engines of half of what is left, again and again, until none of the least depth is taken. */
    private static void reserveAll(ArrayDeque<KernelAioEngine> held) {
        AioLimits limits = AioLimits.current();
        assumeTrue(limits.max() > 0 && limits.max() <= KernelAioEngine.DEPTH_MAX, "fs.aio-max-nr is unknown or very large");
        int depth = (int) Math.max(1, limits.max() - limits.used());
        while (depth > 0) {
            try {
                held.add(KernelAioEngine.open(depth));
            } catch (StorageContractException e) {
                assertThat(e.errno()).isEqualTo(Errno.EAGAIN);
                depth /= 2;
            }
        }
    }
}
