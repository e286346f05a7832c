package dev.varve.engine.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioLimits;
import dev.varve.engine.io.Asynchrony;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.linux.BlockDevice;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.DirectAlignment;
import dev.varve.engine.linux.StorageFacts;
import dev.varve.engine.probe.StorageReport.Aio;
import dev.varve.engine.probe.StorageReport.Cost;
import dev.varve.engine.probe.StorageReport.Method;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StorageProbeTest {
    @TempDir(factory = BuildTree.class)
    private Path path;

    @Test
    void shouldFindKernelAioOnADisk() {
        StorageReport report = StorageProbe.run(path);

        assertThat(report.contract()).as("%s", report).isEqualTo(StorageContract.DIRECT_AIO);
        assertThat(report.refusal()).isEmpty();
        assertThat(report.facts().kind()).isEqualTo("disk");
        assertThat(report.facts().direct().largest()).isBetween(1, 65536);
        assertThat(report.aio().limits().max()).isPositive();
        assertThat(report.aio().remedy()).startsWith("sysctl -w fs.aio-max-nr=");
        assertThat(report.costs()).extracting(Cost::method)
            .containsExactly(Method.values());
        assertThat(report.costs()).allSatisfy(cost -> assertThat(cost.errno().isEmpty() ? cost.medianNs() : 1).isPositive());
        assertThat(report.summary()).contains("DIRECT_AIO", report.facts().fileSystem());
        assertThat(path).isEmptyDirectory();
    }

    @Test
    void shouldSeeThatRequestsAreAsynchronousOnExt4() {
        StorageReport report = StorageProbe.run(path);
        assumeTrue(report.facts().fileSystem().equals("ext4"), report.summary());

        assertThat(report.aio().asynchrony()).isEqualTo(Asynchrony.ASYNCHRONOUS);
    }

    @Test
    void shouldSayWhyMemoryIsNoDisk() throws IOException {
        Path shared = Path.of("/dev/shm");
        assumeTrue(Files.isDirectory(shared) && Files.getFileStore(shared).type().equals("tmpfs"), "no tmpfs at /dev/shm");
        Path memory = Files.createTempDirectory(shared, "varve");
        try {
            StorageReport report = StorageProbe.run(memory);

            assertThat(report.contract()).isEqualTo(StorageContract.CHANNEL_BUFFERED);
            assertThat(report.facts().kind()).isEqualTo("memory");
            assertThat(report.refusal()).contains("tmpfs", "memory");
            assertThat(report.aio().asynchrony()).isNotEqualTo(Asynchrony.ASYNCHRONOUS);
            assertThat(memory).isEmptyDirectory();
        } finally {
            Files.delete(memory);
        }
    }

    @Test
    void shouldDescribeWithoutTrying() {
        StorageReport report = StorageProbe.describe(path, StorageContract.DIRECT_AIO, Asynchrony.UNKNOWN);

        assertThat(report.costs()).isEmpty();
        assertThat(report.summary()).startsWith("DIRECT_AIO on " + report.facts().fileSystem()).doesNotContain("AIO a", "AIO s");
        assertThat(StorageProbe.describe(path, StorageContract.DIRECT_AIO, Asynchrony.SYNCHRONOUS).summary()).endsWith("AIO synchronous");
    }

    @Test
    void shouldRefuseADirectoryThatIsNotThere() {
        assertThatThrownBy(() -> StorageProbe.run(path.resolve("missing"))).isInstanceOfSatisfying(IoFailureException.class,
            e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void shouldReadTheCacheOfAPartitionFromItsDisk() throws IOException {
        Path disk = Files.createDirectories(path.resolve("devices").resolve("sda"));
        Path partition = Files.createDirectory(disk.resolve("sda1"));
        Path queue = Files.createDirectory(disk.resolve("queue"));
        Files.writeString(queue.resolve("write_cache"), "write back\n");
        Files.writeString(queue.resolve("fua"), "1\n");
        Files.createSymbolicLink(path.resolve("8:0"), disk);
        Files.createSymbolicLink(path.resolve("8:1"), partition);

        assertThat(BlockDevice.of(path, 8, 0)).isEqualTo(new BlockDevice("sda", "write back", "yes"));
        assertThat(BlockDevice.of(path, 8, 1)).isEqualTo(new BlockDevice("sda1", "write back", "yes"));
        assertThat(BlockDevice.of(path, 8, 2)).isEqualTo(BlockDevice.UNKNOWN);
    }

    @Test
    void shouldWriteJsonThatEveryReaderTakes() {
        StorageFacts facts = new StorageFacts("xfs", "disk", "", new DirectAlignment(4, 4096, 512), 254, 0);
        Aio aio = new Aio(Asynchrony.ASYNCHRONOUS, new AioLimits(10, 65536), "sysctl -w fs.aio-max-nr=1048576");
        StorageReport report = new StorageReport("/a \"b\"\\\n\u00e9\u007f\u009b\u202e", StorageContract.DIRECT_AIO, "", facts,
            new BlockDevice("vda", "write back", "no"), aio, List.of(new Cost(Method.WRITE_FDSYNC, "", 1200),
                new Cost(Method.WRITE_RWF_DSYNC, "EINVAL", 0)));

        assertThat(report.toJson()).isEqualTo("{\"directory\":\"/a \\\"b\\\"\\\\\\u000a\\u00e9\\u007f\\u009b\\u202e\","
            + "\"contract\":\"DIRECT_AIO\","
            + "\"refusal\":null,\"fileSystem\":{\"type\":\"xfs\",\"kind\":\"disk\",\"objection\":null,"
            + "\"directMemoryAlignmentBytes\":4,\"directOffsetAlignmentBytes\":4096,\"directReadOffsetAlignmentBytes\":512},"
            + "\"device\":{\"name\":\"vda\",\"writeCache\":\"write back\",\"fua\":\"no\"},\"aio\":{\"asynchrony\":\"ASYNCHRONOUS\","
            + "\"aioNr\":10,\"aioMaxNr\":65536,\"raiseLimit\":\"sysctl -w fs.aio-max-nr=1048576\"},"
            + "\"costs\":{\"writeFdsync\":{\"errno\":null,\"medianNs\":1200},\"writeRwfDsync\":{\"errno\":\"EINVAL\",\"medianNs\":null}}}");
        assertThat(report.summary())
            .isEqualTo("DIRECT_AIO on xfs (disk), direct I/O in 4096 bytes, vda write back, FUA no, AIO asynchronous");
        assertThat(report.lines()).contains("write, FDSYNC:     1.2 µs", "write, RWF_DSYNC:  refused with EINVAL",
            "direct I/O:        memory in 4 bytes, offset and length in 4096, of reads in 512");
    }

    @Test
    void shouldNotTellReadsApartWhereTheKernelDoesNot() {
        Aio aio = new Aio(Asynchrony.UNKNOWN, new AioLimits(10, 65536), "");
        StorageReport report = new StorageReport("/d", StorageContract.DIRECT_AIO, "",
            new StorageFacts("ext4", "disk", "", new DirectAlignment(512, 512, 0), 254, 0), BlockDevice.UNKNOWN, aio, List.of());
        StorageReport none = new StorageReport("/d", StorageContract.CHANNEL_BUFFERED, "",
            new StorageFacts("tmpfs", "memory", "", DirectAlignment.NONE, 0, 0), BlockDevice.UNKNOWN, aio, List.of());

        assertThat(report.lines()).contains("direct I/O:        memory in 512 bytes, offset and length in 512");
        assertThat(report.toJson()).contains("\"directOffsetAlignmentBytes\":512,\"directReadOffsetAlignmentBytes\":null}");
        assertThat(none.lines()).contains("direct I/O:        none");
        assertThat(none.toJson()).contains("\"directMemoryAlignmentBytes\":null,\"directOffsetAlignmentBytes\":null,");
    }

    @Test
    void shouldReportWhereTheKernelCannotBeAsked() {
        StorageReport report = new StorageReport("/d", StorageContract.CHANNEL_BUFFERED, "no native access", null, BlockDevice.UNKNOWN,
            new Aio(Asynchrony.UNKNOWN, new AioLimits(-1, -1), "none"), List.of());

        assertThat(report.toJson()).contains("\"fileSystem\":null").contains("\"refusal\":\"no native access\"");
        assertThat(report.summary()).isEqualTo("CHANNEL_BUFFERED");
        assertThat(report.lines()).contains("not DIRECT_AIO:    no native access", "device:            unknown");
    }
}
