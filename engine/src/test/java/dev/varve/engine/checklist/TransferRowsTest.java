package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.IoVectors;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.KernelAioEngine;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.aio.request.AioRequest;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.RequestMemory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.MisalignedRequestException;
import dev.varve.engine.linux.BuildTree;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows 18, 20, 24 and 25: bytes go to where they belong, and what may not go is refused by name. */
@Timeout(120)
class TransferRowsTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final long SECOND = 1_000_000_000L;
    private static final int BLOCK = OpenFile.BLOCK;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private static long checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }

    @Test
    void row18WritesAtRandomOffsetsAreReadBackWithTheSameChecksum() throws Exception {
        int blocks = 256;
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] model = new byte[blocks * BLOCK];
        try (OpenFile open = new OpenFile(path, blocks); AsyncIo io = AsyncIo.open(16, Runnable::run); AsyncFile file = open.in(io)) {
            for (int i = 0; i < 400; i++) {
                int count = 1 + random.nextInt(8);
                int at = random.nextInt(blocks - count + 1) * BLOCK;
                byte[] content = new byte[count * BLOCK];
                random.nextBytes(content);
                System.arraycopy(content, 0, model, at, content.length);
                RequestMemory.Part part = open.memory().part((long) random.nextInt(blocks - count + 1) * BLOCK, content.length);
                part.segment().copyFrom(MemorySegment.ofArray(content));
                AioRequest write = file.write(at, part);
                assertThat(io.awaitAny(List.of(write), LONG).result()).isEqualTo(content.length);
            }
            List<AioRequest> reads = IntStream.range(0, blocks).mapToObj(i -> file.read(OpenFile.offset(i), open.part(blocks - 1 - i))).toList();
            byte[] read = new byte[model.length];
            for (int i = 0; i < blocks; i++) {
                assertThat(io.awaitAny(List.of(reads.get(i)), LONG).result()).isEqualTo(BLOCK);
                MemorySegment.copy(open.block(blocks - 1 - i), ValueLayout.JAVA_BYTE, 0, read, i * BLOCK, BLOCK);
            }
            assertThat(checksum(read)).as("seed %d", seed).isEqualTo(checksum(model));
            assertThat(Files.readAllBytes(open.path())).as("seed %d", seed).isEqualTo(model);
            Observed.note(18, "400 writes at random, 256 reads: CRC-32C " + Long.toHexString(checksum(read)) + " of both");
        }
    }

    @Test
    void row18AReadFallsShortAtTheEndOfTheFileOnly() throws Exception {
        try (OpenFile open = new OpenFile(path, 4); AsyncIo io = AsyncIo.open(4, Runnable::run); AsyncFile file = open.in(io)) {
            Files.write(open.path(), new byte[100], StandardOpenOption.APPEND);
            List<Long> results = new ArrayList<>();
            for (int index : new int[] {2, 3, 4, 5}) {
                AioRequest read = file.read(OpenFile.offset(index), open.memory().part(0, 2L * BLOCK));
                results.add(io.awaitAny(List.of(read), LONG).result());
            }
            assertThat(results).containsExactly(2L * BLOCK, BLOCK + 100L, 100L, 0L);
            Observed.note(18, "reads of 8192 bytes towards the end at 16484: " + results);
        }
    }

    @Test
    void row20OneTwoAndAThousandPiecesGoInTheirOrderAndOneMoreIsRefused() throws Exception {
        try (OpenFile open = new OpenFile(path, 1024); AsyncIo io = AsyncIo.open(4, Runnable::run); AsyncFile file = open.in(io)) {
            for (int count : new int[] {1, 2, 1024}) {
                for (int i = 0; i < count; i++) {
                    open.block(i).fill((byte) (i * 31 + count));
                }
                // The last block of memory goes to the front of the file.
                RequestMemory.Part[] parts = IntStream.range(0, count).mapToObj(i -> open.part(count - 1 - i)).toArray(RequestMemory.Part[]::new);
                assertThat(io.awaitAny(List.of(file.write(0, parts)), LONG).result()).isEqualTo((long) count * BLOCK);
                byte[] content = Files.readAllBytes(open.path());
                for (int i = 0; i < count; i++) {
                    assertThat(content[i * BLOCK]).as("block %d of %d", i, count).isEqualTo((byte) ((count - 1 - i) * 31 + count));
                }
                open.memory().segment().fill((byte) 0);
                assertThat(io.awaitAny(List.of(file.read(0, parts)), LONG).result()).isEqualTo((long) count * BLOCK);
                assertThat(open.block(count - 1).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo(content[0]);
            }
            RequestMemory.Part[] tooMany = new RequestMemory.Part[1025];
            Arrays.fill(tooMany, open.part(0));
            assertThatThrownBy(() -> file.write(0, tooMany)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("1025");
            assertThatThrownBy(() -> IoVectors.of(IntStream.range(0, 1025).mapToObj(_ -> open.block(0)).toList()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("1024");
            assertThatThrownBy(() -> file.write(0, open.part(0), open.memory().part(BLOCK, 512)))
                .isInstanceOf(MisalignedRequestException.class).hasMessageContaining("length 512");
            assertThat(io.pending()).isZero();
        }
        Observed.note(20, "1, 2 and 1024 pieces of 4096 bytes each way; 1025 and a piece of 512 bytes: refused before the kernel");
    }

    private LoopDisk disk(int sectorSize) throws IOException {
        String obstacle = LoopDisk.obstacle();
        assumeTrue(obstacle == null, obstacle);
        LoopDisk disk = LoopDisk.ext4(path, 48 << 20, sectorSize);
        assertThat(disk.sectorSize()).isEqualTo(sectorSize);
        return disk;
    }

    @Test
    void row24UnalignedRowsAreRefusedByNameOnSectorsOf512Bytes() throws Exception {
        unalignedRows(512);
    }

    @Test
    void row24UnalignedRowsAreRefusedByNameOnSectorsOf4096Bytes() throws Exception {
        unalignedRows(4096);
    }

    private void unalignedRows(int sectorSize) throws IOException, InterruptedException {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        try (LoopDisk disk = disk(sectorSize)) {
            Path trace = path.resolve("trace");
            String output = ChildJvm.of(RowProgram.class, "unaligned", disk.mountPoint()).traced(trace, "-e", "trace=io_submit").output();
            String named = " refused 1024 \\| WRITE of .*/data is misaligned: memory address 0x[0-9a-f]+, offset 1047552, length 1024"
                + " must each be a multiple of 4096.*\n";
            assertThat(output).matches("(?s)the log's queue" + named + "requests" + named + "pending 0 0\n");
            assertThat(Trace.read(trace).matching("PWRITE|PREAD")).isEmpty();
            Observed.note(24, "sectors of " + disk.sectorSize() + " bytes: 1024 of 1024 refused with address, offset, length and 4096, no system "
                + "call; the kernel itself refused " + kernelsRefusals(disk) + " of them with EINVAL");
        }
    }

    /** The same rows as they are, without anything that looks at them before. */
    private static long kernelsRefusals(LoopDisk disk) throws IOException {
        List<AioEvent<Integer>> events = new ArrayList<>();
        try (OpenFile open = new OpenFile(disk.mountPoint(), 257); SharedContext<Integer> context = SharedContext.open(1024)) {
            List<Submission<Integer>> rows = IntStream.range(0, 1024).mapToObj(i -> new Submission<>(
                Iocb.pwrite(open.file().descriptor(), open.memory().segment().asSlice(16 + i * 1024L, 1024), i * 1024L), i)).toList();
            assertThat(context.submit(rows)).isEqualTo(1024);
            assertThat(context.reap(events, new ReapLimits(1024, 1024, 30 * SECOND))).isEqualTo(1024);
        }
        long refused = events.stream().filter(event -> event.result() == -Errno.EINVAL).count();
        assertThat(refused).isPositive();
        return refused;
    }

    @Test
    void row25AFailureCarriesItsErrnoItsRequestAndNotTheSecondResult() throws Exception {
        long offset = 1L << 60;
        try (OpenFile open = new OpenFile(path, 4); AsyncIo io = AsyncIo.open(4, Runnable::run); AsyncFile file = open.in(io);
            IoQueue queue = new IoQueue(KernelAioEngine.open(4))) {
            AioRequest tooFar = io.awaitAny(List.of(file.write(offset, open.part(0))), LONG);
            IoRequest ofTheLog = new IoRequest(_ -> { }).write(open.file(), offset, open.block(1));
            queue.add(ofTheLog);
            queue.awaitSettled(ofTheLog);

            assertThatThrownBy(tooFar::result).isInstanceOf(IoFailureException.class).hasMessageContaining("EFBIG")
                .hasMessageContaining("WRITE of " + open.path()).hasMessageContaining("offset " + offset).hasMessageContaining("length 4096");
            assertThat(ofTheLog.failure()).hasMessageContaining("EFBIG").hasMessageContaining("WRITE of " + open.path())
                .hasMessageContaining("offset " + offset).hasMessageContaining("length 4096");
            assertThat(List.of(tooFar.errno(), ofTheLog.errno())).containsOnly(Errno.EFBIG);
            Observed.note(25, ofTheLog.failure().getMessage().replace(open.path().toString(), "…"));
        }
    }
}
