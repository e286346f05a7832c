package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.io.Asynchrony;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.RawFile;
import dev.varve.engine.probe.StorageProbe;
import dev.varve.engine.probe.StorageReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is said of storage before a log is opened there: whether it is asynchronous, and that a device is no directory. */
@Timeout(120)
class ProbeRowsTest {
    private static final long LENGTH = 64 << 20;
    private static final int PROBES = 5;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private static void assumeLoopDisks() throws IOException {
        String obstacle = LoopDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
    }

    @Test
    void row26TheProbeSaysThatAnExt4IsAsynchronous() throws IOException {
        assumeLoopDisks();
        try (LoopDisk disk = LoopDisk.ext4(path, LENGTH, 512)) {
            String summary = "";
            for (int i = 0; i < PROBES; i++) {
                StorageReport report = StorageProbe.run(disk.mountPoint());
                assertThat(report.facts().fileSystem()).isEqualTo("ext4");
                assertThat(report.contract()).isEqualTo(StorageContract.DIRECT_AIO);
                assertThat(report.aio().asynchrony()).as("probe %d: %s", i, report).isEqualTo(Asynchrony.ASYNCHRONOUS);
                summary = report.summary();
            }
            Observed.note(26, "the probe of an ext4 on a loop device, " + PROBES + " times: " + summary);
        }
    }

    @Test
    void row26TheProbeSaysThatMemoryIsSynchronous() throws IOException {
        assumeLoopDisks();
        Path memory = Files.createDirectory(path.resolve("memory"));
        LoopDisk.run("mount", "-t", "tmpfs", "-o", "size=24M", "tmpfs", memory.toString());
        try {
            boolean isTried = takesDirect(memory.resolve("direct"));
            StorageReport report = StorageProbe.run(memory);
            assertThat(report.facts().fileSystem()).isEqualTo("tmpfs");
            assertThat(report.contract()).isEqualTo(StorageContract.CHANNEL_BUFFERED);
            assertThat(report.refusal()).contains("it lives in memory and is gone after a restart");
            // Before Linux 6.6 it takes no direct I/O, and what cannot be tried is not known.
            assertThat(report.aio().asynchrony()).isEqualTo(isTried ? Asynchrony.SYNCHRONOUS : Asynchrony.UNKNOWN);
            Observed.note(26, "the probe of a tmpfs: " + report.summary());
        } finally {
            LoopDisk.run("umount", memory.toString());
        }
    }

    private static boolean takesDirect(Path file) throws IOException {
        try (RawFile raw = RawFile.direct(file)) {
            return raw.descriptor() >= 0;
        } catch (IllegalStateException _) {
            return false;
        } finally {
            Files.deleteIfExists(file);
        }
    }

    @Test
    void row44ABlockDeviceIsRefusedByNameAsFileAsDirectoryAndByTheProbe() throws IOException {
        assumeLoopDisks();
        try (LoopDisk disk = LoopDisk.ext4(path, LENGTH, 512); Directory directory = new KernelDisk().openDirectory(path, true)) {
            Path device = Path.of(disk.device());
            LoopDisk.run("cp", "--archive", device.toString(), path.resolve("node").toString());
            assertThatThrownBy(() -> directory.open("node", Access.WRITE)).isInstanceOfSatisfying(IoFailureException.class,
                    e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
                .hasMessageContaining(path.resolve("node") + " is a block device, no regular file; make a file system on it");
            assertRefused(device, () -> new KernelDisk().openDirectory(device, true));
            assertRefused(device, () -> new KernelDisk().openDirectory(device, false));
            assertRefused(device, () -> StorageProbe.run(device));
            Observed.note(44, "a loop device: as file EINVAL, as directory and by the probe ENOTDIR, each time called a block device with"
                + " what to do instead");
        }
    }

    private static void assertRefused(Path device, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(IoFailureException.class,
                e -> assertThat(e.errno()).isEqualTo(Errno.ENOTDIR))
            .hasMessageContaining(device + " failed: ENOTDIR: it is a block device; make a file system on it, mount that");
    }
}
