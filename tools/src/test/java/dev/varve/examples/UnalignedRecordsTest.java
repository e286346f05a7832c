package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.examples.UnalignedRecords.Refusals;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The classic mistake is refused before the kernel sees it, and the log takes the same memory, on every size of sector. */
class UnalignedRecordsTest {
    @TempDir(factory = BuildTree.class)
    private Path folder;

    @Test
    void shouldRefuseEveryRawRequestAndKeepEveryRecord() {
        check(folder);
    }

    @Test
    void shouldDoTheSameOnADiskWith512ByteSectors() throws IOException {
        checkOnLoopDevice(512);
    }

    @Test
    void shouldDoTheSameOnADiskWith4096ByteSectors() throws IOException {
        checkOnLoopDevice(4096);
    }

    private void checkOnLoopDevice(int sectorSize) throws IOException {
        assumeTrue(LoopDisk.obstacle() == null, LoopDisk.obstacle());
        try (LoopDisk disk = LoopDisk.mount(folder, sectorSize)) {
            assertThat(disk.sectorSize()).isEqualTo(sectorSize);
            check(disk.mountPoint().resolve("example"));
        }
    }

    private static void check(Path where) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment records = UnalignedRecords.records(arena);
            assertThat(records.address() % 4096).isEqualTo(16);

            Refusals refusals = UnalignedRecords.writeRaw(where, records);

            assertThat(refusals.count()).isEqualTo(1024);
            assertThat(refusals.systemCalls()).isZero();
            assertThat(refusals.first())
                .contains("WRITE of " + where.resolve("raw"))
                .contains("0x" + Long.toHexString(records.address()))
                .contains("offset 0, length 1024")
                .contains("multiple of 4096");
            assertThat(UnalignedRecords.appendAndRead(where.resolve("log"), records)).isEqualTo(1024);
        }
    }

    @Test
    void shouldRunFromItsSourceAsTheDocumentationSays() throws IOException {
        Path source = Path.of("src", "examples", "java", "dev", "varve", "examples", "UnalignedRecords.java").toAbsolutePath();
        assertThat(source).exists();
        ChildProcess example = ChildProcess.run(folder, ChildProcess.java(), "--enable-native-access=ALL-UNNAMED",
            "-cp", ChildProcess.classPathWithoutTests(), source.toString(), folder.resolve("example").toString());

        assertThat(example.status()).as(example.errors()).isZero();
        assertThat(example.output().lines().toList()).satisfiesExactly(
            first -> assertThat(first).isEqualTo("1024 of 1024 raw requests refused, after 0 submissions. The first:"),
            second -> assertThat(second).startsWith("  WRITE of ").contains("is misaligned: memory address 0x"),
            third -> assertThat(third).isEqualTo("1024 of 1024 records came back from the log byte for byte"));
        assertThat(Files.exists(folder.resolve("example").resolve("raw"))).isFalse();
    }
}
