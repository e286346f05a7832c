package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One bit in every byte of a small log is flipped, and for each byte it is known what must come of it. */
@Timeout(240)
class DamageMapTest {
    private static final int BLOCK = 4096;
    private static final long SEED = 20;
    /** An opening for writing is tried for every byte of a batch's and its first record's header, and for some of the others. */
    private static final int HEADERS_LENGTH = 128 + 16;
    private static final int SAMPLE_STEP = 29;

    private final LogFixture log = LogFixture.simulated(SEED);
    private final List<BatchHeader> batches = new ArrayList<>();
    private final List<String> records = new ArrayList<>();
    /** For each batch, how many records lie before it. */
    private final List<Integer> recordsBefore = new ArrayList<>();

    private void append(TestWriter writer, int bytes) {
        recordsBefore.add(records.size());
        String first = "first " + batches.size() + " " + "x".repeat(bytes);
        String second = "second " + batches.size();
        batches.add(writer.append(first, TestWriter.FILLER, second));
        records.add(first);
        records.add(second);
    }

    private int flipped(long offset) {
        return new Random(SEED ^ offset).nextInt(Byte.SIZE);
    }

    /** The batch that covers a byte of segment 1, -1 if none does. */
    private int batchAt(long offset) {
        for (int i = 0; i < batches.size(); i++) {
            if (offset >= (long) batches.get(i).content().block() * BLOCK && offset < (long) batches.get(i).endBlock() * BLOCK) {
                return i;
            }
        }
        return -1;
    }

    @Test
    void everyByteOfAnAnchoredSegmentIsWatchedOrWithoutMeaning() {
        TestWriter writer = log.open();
        for (int bytes : new int[] {10, 5000, 0, 9000, 100, 1}) {
            append(writer, bytes);
        }
        writer.anchor();
        log.crash();
        Inspection whole = log.inspect();
        assertThat(log.read(whole.chain(), 0)).isEqualTo(records);
        for (long offset = 0; offset < LogFixture.SMALL.length(); offset++) {
            log.damage().flipBit(LogFixture.SEGMENT_1, offset, flipped(offset));
            check(offset, whole);
            if (isHeader(offset) || offset % SAMPLE_STEP == 0) {
                checkOpening(offset);
            }
            log.damage().flipBit(LogFixture.SEGMENT_1, offset, flipped(offset));
        }
        assertThat(log.read()).isEqualTo(records);
    }

    private boolean isHeader(long offset) {
        int hit = batchAt(offset);
        return hit >= 0 ? offset - (long) batches.get(hit).content().block() * BLOCK < HEADERS_LENGTH
            : offset < SegmentHeaderDescriptor.LENGTH || (offset >= 15 * BLOCK && offset < 15 * BLOCK + SegmentHeaderDescriptor.LENGTH);
    }

    private void check(long offset, Inspection whole) {
        RecoveryReport report = log.inspect().report();
        int hit = batchAt(offset);
        if (hit >= 0) {
            assertThat(report.verdict()).as("byte %d", offset).isEqualTo(Verdict.CORRUPT);
            assertThat(report.evidence().stop().block()).as("byte %d", offset).isEqualTo(batches.get(hit).content().block());
            assertThat(report.evidence().acknowledgedBatch()).isEqualTo(batches.getLast().batch());
            assertThat(readUntilDamage(whole, batches.get(hit))).as("byte %d", offset)
                .isEqualTo(records.subList(0, recordsBefore.get(hit)));
            return;
        }
        long block = offset / BLOCK;
        boolean isHeader = (block == 0 || block == 15) && offset % BLOCK < SegmentHeaderDescriptor.LENGTH;
        assertThat(report.verdict()).as("byte %d", offset).isEqualTo(Verdict.CRASH_TAIL);
        assertThat(report.warnings()).as("byte %d", offset).hasSize(isHeader ? 1 : 0);
        assertThat(report.counts().records()).as("byte %d", offset).isEqualTo(records.size());
    }

    /** An opening for writing is refused for the same reason, and then changes nothing; or it keeps all records and the segment's bytes. */
    private void checkOpening(long offset) {
        LogFixture fork = log.fork();
        Map<String, byte[]> before = files(fork);
        if (batchAt(offset) >= 0) {
            assertThat(fork.refusal().verdict()).as("byte %d", offset).isEqualTo(Verdict.CORRUPT);
            assertThat(files(fork)).as("byte %d", offset).containsExactlyEntriesOf(before);
        } else {
            assertThat(fork.open().recovered().report().verdict()).as("byte %d", offset).isEqualTo(Verdict.CRASH_TAIL);
            fork.crash();
            assertThat(fork.read()).as("byte %d", offset).isEqualTo(records);
            assertThat(files(fork)).as("byte %d", offset).containsEntry(LogFixture.SEGMENT_1, before.get(LogFixture.SEGMENT_1))
                .containsKeys(LogFixture.SEGMENT_2, SegmentName.MANIFEST);
        }
    }

    private static Map<String, byte[]> files(LogFixture fixture) {
        Map<String, byte[]> files = new TreeMap<>();
        fixture.damage().names().forEach(name -> files.put(name, fixture.damage().bytes(name)));
        return files;
    }

    /** What a reader delivers that takes the log for whole. */
    private List<String> readUntilDamage(Inspection whole, BatchHeader hit) {
        List<String> read = new ArrayList<>();
        try (LogFixture.Reading reading = log.reading(whole.chain(), 0)) {
            while (reading.reader().next()) {
                read.add(reading.text());
            }
            throw new AssertionError("the damage was not noticed");
        } catch (DamagedLogException e) {
            assertThat(e.lsn()).isEqualTo((long) hit.content().block() * BLOCK);
            assertThat(e).hasMessageContaining(LogFixture.SEGMENT_1).hasMessageContaining("LSN " + e.lsn());
        }
        return read;
    }

    @Test
    void everyByteOfASealedSegmentIsWatchedWhenAllIsWalked() {
        TestWriter writer = log.open();
        append(writer, 10);
        append(writer, 5000);
        int inFirst = records.size();
        batches.add(writer.seal());
        recordsBefore.add(inFirst);
        writer.beginNext(batches.getLast());
        writer.append("next");
        writer.anchor();
        log.crash();
        int seal = batches.size() - 1;
        for (long offset = BLOCK; offset < 6L * BLOCK; offset++) {
            log.damage().flipBit(LogFixture.SEGMENT_1, offset, flipped(offset));
            int hit = batchAt(offset);
            RecoveryReport all = log.inspect(true).report();
            assertThat(all.verdict()).as("byte %d", offset).isEqualTo(hit >= 0 ? Verdict.CORRUPT : Verdict.CRASH_TAIL);
            boolean isSealHeader = hit == seal && offset % BLOCK < 128;
            RecoveryReport last = log.inspect(false).report();
            assertThat(last.verdict()).as("byte %d", offset).isEqualTo(isSealHeader ? Verdict.CORRUPT : Verdict.CRASH_TAIL);
            assertThat(last.warnings()).as("byte %d", offset).hasSize(hit == seal && !isSealHeader ? 1 : 0);
            log.damage().flipBit(LogFixture.SEGMENT_1, offset, flipped(offset));
        }
    }

    @Test
    void noByteOfTheManifestCanBeFlippedWithoutBeingNoticed() {
        TestWriter writer = log.open();
        append(writer, 10);
        writer.anchor();
        log.crash();
        long newest = log.inspect().manifest().generation();
        for (long slot = 0; slot < ManifestDescriptor.FILE_LENGTH; slot += ManifestDescriptor.SLOT_DISTANCE) {
            boolean isNewest = slot == ManifestDescriptor.slotOffset(newest);
            for (long offset = slot; offset < slot + ManifestDescriptor.LENGTH; offset++) {
                for (int bit = 0; bit < Byte.SIZE; bit++) {
                    log.damage().flipBit(SegmentName.MANIFEST, offset, bit);
                    Inspection inspection = log.inspect();
                    assertThat(inspection.report().warnings()).as("byte %d", offset).hasSize(1);
                    assertThat(inspection.manifest().generation()).isEqualTo(isNewest ? newest - 1 : newest);
                    assertThat(inspection.report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
                    log.damage().flipBit(SegmentName.MANIFEST, offset, bit);
                }
            }
        }
    }

    @Test
    void noPairOfBlocksCanBeExchangedUnnoticed() {
        TestWriter writer = log.open();
        for (int i = 0; i < 8; i++) {
            append(writer, 10);
        }
        writer.anchor();
        log.crash();
        byte[] whole = log.damage().bytes(LogFixture.SEGMENT_1);
        for (int from = 0; from < 16; from++) {
            for (int to = 1; to < 9; to++) {
                if (from != to) {
                    log.damage().copyBlock(LogFixture.SEGMENT_1, from, LogFixture.SEGMENT_1, to);
                    RecoveryReport report = log.inspect().report();
                    assertThat(report.verdict()).as("block %d over %d", from, to).isEqualTo(Verdict.CORRUPT);
                    assertThat(report.evidence().stop().block()).isEqualTo(to);
                    log.damage().restore(LogFixture.SEGMENT_1, whole);
                }
            }
        }
    }
}
