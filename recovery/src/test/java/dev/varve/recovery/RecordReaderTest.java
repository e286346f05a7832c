package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.LogFixture.Reading;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Records are read back whole, in order, from anywhere, across chunks and segments, as far as the chain goes and no further. */
@Timeout(120)
class RecordReaderTest {
    private static final int BLOCK = 4096;
    /** 4 MiB, sixteen chunks; batches up to 1.2 MiB, that is nearly five chunks. */
    private static final Geometry LARGE = new Geometry(BLOCK, 1024, 2, 300);

    /** A chain that grows by hand. */
    private static final class GrowingChain implements SegmentChain {
        private final List<SegmentHeader> segments = new ArrayList<>();
        private long endLsn;

        @Override
        public SegmentHeader lowest() {
            return new FixedChain(segments, endLsn).lowest();
        }

        @Override
        public SegmentHeader containing(long lsn) {
            return new FixedChain(segments, endLsn).containing(lsn);
        }

        @Override
        public SegmentHeader after(long segment) {
            return new FixedChain(segments, endLsn).after(segment);
        }

        @Override
        public long endLsn() {
            return endLsn;
        }

        void follow(TestWriter writer) {
            segments.clear();
            segments.addAll(writer.segments());
            endLsn = writer.endLsn();
        }
    }

    private static LogFixture large(long seed) {
        return LogFixture.simulated(new SimulatedDisk(seed, DiskSettings.quiet()), LARGE);
    }

    private static String payload(Random random, int length) {
        char[] text = new char[length];
        Arrays.fill(text, (char) ('a' + random.nextInt(26)));
        return random.nextInt() + new String(text);
    }

    /** Appends batches of random sizes, rolling when the segment is full; returns where each record lies. */
    private static Map<Long, String> fill(TestWriter writer, Random random, int batches) {
        Map<Long, String> records = new HashMap<>();
        for (int i = 0; i < batches; i++) {
            int length = random.nextInt(3) == 0 ? random.nextInt(1_000_000) : random.nextInt(9_000);
            String first = payload(random, length / 2);
            String second = payload(random, length / 2);
            if (writer.next().block() + LARGE.batchBlocksMax() > LARGE.dataEndBlock()) {
                writer.roll();
            }
            long lsn = writer.endLsn() + 128;
            writer.append(first, TestWriter.FILLER, second);
            records.put(lsn, first);
            records.put(lsn + aligned(first) + aligned(TestWriter.FILLER), second);
        }
        return records;
    }

    private static long aligned(String text) {
        return RecordDescriptor.alignedLength(text.length());
    }

    @Test
    void recordsComeBackAtTheirLsnsAcrossChunksAndSegments() {
        for (long seed = 1; seed <= 4; seed++) {
            LogFixture log = LogFixture.simulated(new SimulatedDisk(seed), LARGE);
            Map<Long, String> records = fill(log.open(), new Random(seed), 40);
            log.crash();
            Inspection inspection = log.inspect(true);
            assertThat(inspection.report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
            assertThat(inspection.segments().size()).as("seed %d", seed).isGreaterThan(1);
            long sequence = 0;
            long lsn = 0;
            try (Reading reading = log.reading(inspection.chain(), 0)) {
                RecordReader reader = reading.reader();
                while (reader.next()) {
                    assertThat(reader.sequence()).as("seed %d", seed).isEqualTo(++sequence);
                    assertThat(reader.lsn()).as("seed %d", seed).isGreaterThan(lsn);
                    lsn = reader.lsn();
                    assertThat(reading.text()).as("seed %d, LSN %d", seed, lsn).isEqualTo(records.get(lsn));
                    assertThat(reader.kind()).isEqualTo(TestWriter.USER_KIND);
                    assertThat(reader.payload().isReadOnly()).isTrue();
                    assertThat(reader.batch().content().firstSequence()).isLessThanOrEqualTo(sequence);
                }
                assertThat(sequence).as("seed %d", seed).isEqualTo(records.size());
                assertThat(reader.next()).isFalse();
            }
        }
    }

    @Test
    void readingBeginsAtTheFirstRecordAtOrBehindAnLsn() {
        LogFixture log = large(5);
        Map<Long, String> records = fill(log.open(), new Random(5), 25);
        log.crash();
        log.open().append("after the crash");
        log.crash();
        Inspection inspection = log.inspect();
        List<Long> lsns = new ArrayList<>(records.keySet().stream().sorted().toList());
        lsns.add(inspection.chain().endLsn() - BLOCK + 128);
        for (int i = 0; i < lsns.size(); i++) {
            for (long from : new long[] {lsns.get(i), lsns.get(i) - 1, i == 0 ? 0 : lsns.get(i - 1) + 1}) {
                try (Reading reading = log.reading(inspection.chain(), from)) {
                    assertThat(reading.reader().next()).isTrue();
                    assertThat(reading.reader().lsn()).as("from %d", from).isEqualTo(lsns.get(i));
                    assertThat(reading.reader().sequence()).isEqualTo(i + 1);
                }
            }
        }
        try (Reading reading = log.reading(inspection.chain(), lsns.getLast() + 1)) {
            assertThat(reading.reader().next()).isFalse();
        }
    }

    @Test
    void aSealedSegmentIsNotReadFromItsBeginning() {
        LogFixture log = large(15);
        TestWriter writer = log.open();
        for (int i = 0; i < 900; i++) {
            writer.append("record " + i);
        }
        long lsn = writer.endLsn() - 100L * BLOCK;
        writer.roll();
        writer.append("record 900");
        log.crash();
        SegmentChain chain = log.inspect().chain();
        assertThat(log.read(chain, lsn)).hasSize(101).first().isEqualTo("record 800");
        // What lies far before it is not even looked at.
        log.damage().garbleBlock(LogFixture.SEGMENT_1, 3);
        log.damage().unreadable(LogFixture.SEGMENT_1, 500L * BLOCK, BLOCK);
        assertThat(log.read(chain, lsn)).hasSize(101);
        // And without the footer the way leads over it.
        log.damage().garbleBlock(LogFixture.SEGMENT_1, 901);
        assertThatThrownBy(() -> log.read(chain, lsn)).isInstanceOf(DamagedLogException.class);
    }

    @Test
    void aGrowingLogIsFollowedRecordByRecordOverRolls() {
        LogFixture log = LogFixture.simulated(6);
        TestWriter writer = log.open();
        GrowingChain chain = new GrowingChain();
        chain.follow(writer);
        try (Reading reading = log.reading(chain, 0)) {
            for (int i = 0; i < 60; i++) {
                assertThat(reading.reader().next()).as("record %d", i).isFalse();
                if (i % 11 == 10) {
                    writer.roll();
                    chain.follow(writer);
                    assertThat(reading.reader().next()).isFalse();
                }
                writer.append("record " + i);
                assertThat(reading.reader().next()).as("record %d is not durable yet", i).isFalse();
                chain.follow(writer);
                assertThat(reading.reader().next()).as("record %d", i).isTrue();
                assertThat(reading.text()).isEqualTo("record " + i);
                assertThat(reading.reader().sequence()).isEqualTo(i + 1L);
            }
        }
    }

    @Test
    void blocksReadBeforeTheyLayBelowTheEndAreNotBelieved() {
        LogFixture log = LogFixture.simulated(7);
        TestWriter writer = log.open();
        GrowingChain chain = new GrowingChain();
        writer.append("a");
        chain.follow(writer);
        try (Reading reading = log.reading(chain, 0)) {
            assertThat(reading.reader().next()).isTrue();
            for (int i = 0; i < 10; i++) {
                log.damage().garbleBlock(LogFixture.SEGMENT_1, writer.next().block());
                assertThat(reading.reader().next()).isFalse();
                writer.append("b" + i);
                chain.follow(writer);
                assertThat(reading.reader().next()).isTrue();
                assertThat(reading.text()).isEqualTo("b" + i);
            }
        }
    }

    @Test
    void recordsBehindAPredecessorsEndDoNotExist() {
        LogFixture log = LogFixture.simulated(8);
        TestWriter writer = log.open();
        writer.append("a");
        BatchHeader hole = writer.append(1, "hole");
        writer.append(1, "behind");
        log.crash();
        byte[] block = Arrays.copyOfRange(log.damage().bytes(LogFixture.SEGMENT_1), 2 * BLOCK, 3 * BLOCK);
        log.damage().zeroBlock(LogFixture.SEGMENT_1, hole.content().block());
        log.open().append("b");
        log.crash();
        // The lost batch comes back, as from a device that wrote it late.
        log.damage().overwrite(LogFixture.SEGMENT_1, 2L * BLOCK, block);
        assertThat(log.inspect(true).report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        assertThat(log.read()).containsExactly("a", "b");
    }

    @Test
    void aBlockThatCannotBeReadHidesNothingBeforeItAndCanBeTriedAgain() {
        LogFixture log = LogFixture.simulated(9);
        TestWriter writer = log.open();
        for (int i = 0; i < 6; i++) {
            writer.append("r" + i);
        }
        writer.anchor();
        log.crash();
        SegmentChain chain = log.inspect().chain();
        byte[] block = Arrays.copyOfRange(log.damage().bytes(LogFixture.SEGMENT_1), 4 * BLOCK, 5 * BLOCK);
        log.damage().unreadable(LogFixture.SEGMENT_1, 4L * BLOCK + 1024, 512);
        try (Reading reading = log.reading(chain, 0)) {
            for (int i = 0; i < 3; i++) {
                assertThat(reading.reader().next()).isTrue();
            }
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(reading.reader()::next).isInstanceOf(IoFailureException.class).hasMessageContaining("EIO");
            }
            log.damage().overwrite(LogFixture.SEGMENT_1, 4L * BLOCK, block);
            assertThat(reading.reader().next()).isTrue();
            assertThat(reading.text()).isEqualTo("r3");
        }
        assertThat(log.read(chain, 0)).hasSize(6);
    }

    @Test
    void anErrorThatPassesWhenReadAgainIsNotSeen() {
        LogFixture log = large(10);
        Map<Long, String> records = fill(log.open(), new Random(10), 10);
        log.crash();
        SegmentChain chain = log.inspect().chain();
        for (int nth = 1; nth < 10; nth++) {
            log.disk().faults().fail(Occasion.nth(Operation.READ, "*.varve", nth), Errno.EIO);
            assertThat(log.read(chain, 0)).hasSameSizeAs(records.values());
            log.disk().faults().clear();
        }
    }

    @Test
    void aDamagedRecordInsideAValidBatchIsNotDelivered() {
        LogFixture log = LogFixture.simulated(11);
        TestWriter writer = log.open();
        writer.append("good");
        byte[] body = new byte[64];
        body[0] = 8;
        // A record whose own checksum is wrong, in a batch whose checksum is right.
        writer.write(Kind.DATA, body, 2, 1);
        log.crash();
        try (Reading reading = log.reading(log.inspect().chain(), 0)) {
            assertThat(reading.reader().next()).isTrue();
            assertThatThrownBy(reading.reader()::next).isInstanceOfSatisfying(DamagedLogException.class,
                e -> assertThat(e.defect()).isEqualTo(Defect.RECORD_CRC));
        }
    }

    @Test
    void aBatchWithMoreOrFewerRecordsThanItSaysIsDamaged() {
        for (int count : new int[] {0, 1, 3}) {
            LogFixture log = LogFixture.simulated(12);
            TestWriter writer = log.open();
            writer.append("a", "b");
            log.crash();
            byte[] body = Arrays.copyOfRange(log.damage().bytes(LogFixture.SEGMENT_1), BLOCK + 128, BLOCK + 128 + 48);
            LogFixture other = LogFixture.simulated(12);
            // The same salt and place, so the records are right in themselves.
            other.open().write(Kind.DATA, body, count, 0);
            other.crash();
            try (Reading reading = other.reading(other.inspect().chain(), 0)) {
                assertThatThrownBy(() -> {
                    while (reading.reader().next()) {
                        assertThat(reading.text()).isIn("a", "b");
                    }
                }).as("%d records", count).isInstanceOf(DamagedLogException.class);
            }
        }
    }

    @Test
    void aSegmentThatIsGoneIsSaidAndFoundWhenItIsBack() {
        LogFixture log = LogFixture.simulated(13);
        TestWriter writer = log.open();
        writer.append("a");
        writer.roll();
        writer.append("b");
        log.crash();
        SegmentChain chain = log.inspect().chain();
        byte[] file = log.damage().bytes(LogFixture.SEGMENT_2);
        log.damage().remove(LogFixture.SEGMENT_2);
        try (Reading reading = log.reading(chain, 0)) {
            assertThat(reading.reader().next()).isTrue();
            assertThatThrownBy(reading.reader()::next).isInstanceOf(IoFailureException.class).hasMessageContaining(LogFixture.SEGMENT_2);
            log.damage().restore(LogFixture.SEGMENT_2, file);
            assertThat(reading.reader().next()).isTrue();
            assertThat(reading.text()).isEqualTo("b");
        }
    }

    /** Counts what is allocated. */
    private static final class CountingMemory implements MemorySource {
        private final MemorySource source = MemorySource.collected();
        private long used;
        private long most;

        @Override
        public MemorySegment allocate(long length, int alignment) {
            used += length;
            most = Math.max(most, used);
            return source.allocate(length, alignment);
        }

        @Override
        public void free(MemorySegment memory) {
            used -= memory.byteSize();
        }
    }

    @Test
    void memoryIsBoundedByWhatIsThereNotByWhatIsClaimed() {
        Geometry huge = new Geometry(BLOCK, 200_000, 2, 190_000);
        SimulatedDisk disk = new SimulatedDisk(14, DiskSettings.quiet());
        CountingMemory memory = new CountingMemory();
        LogFixture log = new LogFixture(disk, Path.of("log"), huge, memory);
        TestWriter writer = log.open();
        writer.append("a");
        writer.write(Kind.DATA, new byte[1 << 20], 1, 1);
        log.crash();
        SegmentChain chain = log.inspect().chain();
        long before = memory.used;
        // The header of the large batch is left, with a body of 1 MiB, of which 20 KiB are there.
        log.damage().truncateTo(LogFixture.SEGMENT_1, 7L * BLOCK);
        memory.most = 0;
        try (Reading reading = log.reading(chain, 0)) {
            assertThat(reading.reader().next()).isTrue();
            assertThatThrownBy(reading.reader()::next).isInstanceOf(DamagedLogException.class);
            assertThat(memory.most - before).isLessThanOrEqualTo((long) BlockStream.CHUNKS * BlockStream.CHUNK_LENGTH + (1 << 20));
        }
        assertThat(memory.used).isEqualTo(before);
        assertThat(log.inspect().report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        assertThat(memory.used).isEqualTo(before);
    }
}
