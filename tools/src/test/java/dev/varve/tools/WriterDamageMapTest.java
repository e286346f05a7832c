package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.RecordReader;
import dev.varve.recovery.RecoveryOptions.Progress;
import dev.varve.recovery.Verdict;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bits are flipped in a log that the real writer wrote and closed, on a real disk: every byte of every header, and a sample of the others.
 * In recovery's tests the same is done to every byte, of a log that the tests write.
 */
class WriterDamageMapTest {
    private static final int BLOCK = 4096;
    private static final int SEGMENT_LENGTH = 1 << 20;
    private static final int STEP = 97;
    private static final long SEED = 4;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    private final List<BatchHeader> batches = new ArrayList<>();

    private Path log() {
        return folder.resolve("log");
    }

    private void append() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int length : new int[] {10, 5000, 0, 9000, 3, 1}) {
            lines.append("x".repeat(length)).append('\n');
        }
        CommandRun append = CommandRun.of(lines.toString().getBytes(StandardCharsets.US_ASCII),
            "append", log(), "--lines", "-", "--segment-length", SEGMENT_LENGTH, "--record-max", "64K", "--pipeline", "1");
        assertThat(append.status()).as("%s", append).isZero();
        MemorySegment bytes = MemorySegment.ofArray(Files.readAllBytes(segment()));
        for (int block = 1; BatchHeaderDescriptor.check(bytes, (long) block * BLOCK) == Defect.NONE; block = batches.getLast().endBlock()) {
            batches.add(BatchHeaderDescriptor.decode(bytes, (long) block * BLOCK));
        }
        assertThat(batches).hasSize(7).last().extracting(BatchHeader::kind).isEqualTo(BatchHeader.Kind.CLOSE);
    }

    private Path segment() {
        return log().resolve(SegmentName.of(1));
    }

    /** How many whole batches lie before the one that covers a byte, -1 if none covers it. */
    private int batchAt(long offset) {
        for (int i = 0; i < batches.size(); i++) {
            if (offset >= (long) batches.get(i).content().block() * BLOCK && offset < (long) batches.get(i).endBlock() * BLOCK) {
                return i;
            }
        }
        return -1;
    }

    private static void flip(FileChannel file, long offset) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        file.read(one, offset);
        one.put(0, (byte) (one.get(0) ^ 1 << new Random(SEED ^ offset).nextInt(Byte.SIZE))).rewind();
        // Not synced: a direct read makes the kernel write what lies in the page cache first.
        file.write(one, offset);
    }

    @Test
    void shouldNoticeEveryFlippedBitOfARealLogOrNeedNone() throws IOException {
        append();
        long dataEnd = (long) batches.getLast().endBlock() * BLOCK;
        int hits = 0;
        try (OpenedLog log = OpenedLog.open(Console.ofProcess(), log());
             FileChannel file = FileChannel.open(segment(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (long offset = 0; offset < SEGMENT_LENGTH; offset++) {
                boolean isFirstOrCopy = offset / BLOCK == 0 || offset / BLOCK == SEGMENT_LENGTH / BLOCK - 1;
                boolean isHeader = (offset < dataEnd && batchAt(offset) >= 0 && offset % BLOCK < BatchHeaderDescriptor.LENGTH + 16)
                    || (isFirstOrCopy && offset % BLOCK < SegmentHeaderDescriptor.LENGTH);
                if (isHeader || (offset < dataEnd && offset % STEP == 0) || offset % (STEP * STEP) == 0) {
                    flip(file, offset);
                    hits += check(log, offset, isFirstOrCopy && isHeader);
                    flip(file, offset);
                }
            }
            assertThat(log.inspect(new InspectionOptions(true, Progress.NONE)).report().verdict()).isEqualTo(Verdict.CLEAN);
        }
        assertThat(hits).isGreaterThan(1000);
    }

    private int check(OpenedLog log, long offset, boolean isSegmentHeader) {
        Inspection inspection = log.inspect(new InspectionOptions(true, Progress.NONE));
        int hit = batchAt(offset);
        assertThat(inspection.report().verdict()).as("byte %d", offset).isEqualTo(hit >= 0 ? Verdict.CORRUPT : Verdict.CLEAN);
        assertThat(inspection.report().warnings()).as("byte %d", offset).hasSize(isSegmentHeader ? 1 : 0);
        int records = 0;
        try (RecordReader reader = log.read(inspection, 0)) {
            while (reader.next()) {
                records++;
            }
        }
        assertThat(records).as("byte %d", offset).isEqualTo(hit >= 0 ? hit : 6);
        return hit >= 0 ? 1 : 0;
    }
}
