package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.Structure.Change;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BatchRuleTest {
    private static final Position START = Position.startOf(GoldenLog.FIRST);
    private static final Position BEHIND_DATA = Position.behind(GoldenLog.DATA);

    private static Defect judge(String resource, SegmentHeader segment, Position position) {
        return WholeBatch.judge(GoldenBytes.of(resource).memory(), segment, position);
    }

    @Test
    void shouldAcceptTheBatchesOfTheWorkedLog() {
        assertThat(judge("batch-data", GoldenLog.FIRST, START)).isEqualTo(Defect.NONE);
        assertThat(judge("batch-seal", GoldenLog.FIRST, BEHIND_DATA)).isEqualTo(Defect.NONE);
        assertThat(judge("batch-close", GoldenLog.SECOND, Position.startOf(GoldenLog.SECOND))).isEqualTo(Defect.NONE);
    }

    @Test
    void shouldStartAndGoOnWhereTheFormatSays() {
        assertThat(START).isEqualTo(new Position(1, 1, 1, 0, 1));
        assertThat(START.lastBatch()).isZero();
        assertThat(BEHIND_DATA).isEqualTo(new Position(2, 2, 1, GoldenLog.DATA.chain(), 3));
        assertThat(Position.startOf(GoldenLog.SECOND)).isEqualTo(new Position(1, 3, 1, GoldenLog.SEAL.chain(), 3));
    }

    static Stream<Arguments> shouldGiveEveryFieldItsOwnDefect() {
        return Stream.of(
            arguments(Change.of8("KIND", 6, 0), Defect.KIND),
            arguments(Change.of8("KIND", 6, 4), Defect.KIND),
            arguments(Change.of8("KIND", 6, 255), Defect.KIND),
            arguments(Change.of8("RESERVED_BYTE", 7, 1), Defect.RESERVED),
            arguments(Change.of64("LOG_ID_LOW", 8, GoldenLog.ID.high()), Defect.LOG_ID),
            arguments(Change.of64("SALT", 16, GoldenLog.SECOND_SALT), Defect.SALT),
            arguments(Change.of64("SEGMENT", 24, 2), Defect.SEGMENT),
            arguments(Change.of64("EPOCH", 32, 0), Defect.EPOCH),
            arguments(Change.of64("EPOCH", 32, -1), Defect.EPOCH),
            arguments(Change.of64("EPOCH", 32, SegmentHeaderDescriptor.NUMBER_MAX + 1), Defect.EPOCH),
            arguments(Change.of64("BATCH", 40, 0), Defect.BATCH),
            arguments(Change.of64("BATCH", 40, 2), Defect.BATCH),
            arguments(Change.of64("BATCH", 40, Long.MAX_VALUE), Defect.BATCH),
            arguments(Change.of64("BATCH", 40, Long.MIN_VALUE), Defect.BATCH),
            arguments(Change.of64("FIRST_SEQUENCE", 48, 0), Defect.SEQUENCE),
            arguments(Change.of64("FIRST_SEQUENCE", 48, 2), Defect.SEQUENCE),
            arguments(Change.of64("FIRST_SEQUENCE", 48, Long.MAX_VALUE), Defect.SEQUENCE),
            arguments(Change.of64("FIRST_SEQUENCE", 48, Long.MIN_VALUE), Defect.SEQUENCE),
            arguments(Change.of32("BLOCK", 56, 0), Defect.BLOCK),
            arguments(Change.of32("BLOCK", 56, 2), Defect.BLOCK),
            arguments(Change.of32("BLOCKS", 60, 0), Defect.LENGTH),
            arguments(Change.of32("BLOCKS", 60, 2), Defect.LENGTH),
            arguments(Change.of32("BLOCKS", 60, -1), Defect.LENGTH),
            arguments(Change.of32("BLOCKS", 60, Integer.MAX_VALUE), Defect.LENGTH),
            arguments(Change.of32("BODY_LENGTH", 64, -1), Defect.LENGTH),
            arguments(Change.of32("BODY_LENGTH", 64, 4096 - 127), Defect.LENGTH),
            arguments(Change.of32("BODY_LENGTH", 64, Integer.MAX_VALUE), Defect.LENGTH),
            arguments(Change.of32("RECORD_COUNT", 68, -1), Defect.LENGTH),
            arguments(Change.of32("RECORD_COUNT", 68, 6), Defect.LENGTH),
            arguments(Change.of64("PREVIOUS_CHAIN", 88, 1), Defect.CHAIN),
            arguments(Change.of32("RESERVED", 96, 1), Defect.RESERVED),
            arguments(Change.of8("RESERVED", 119, 1), Defect.RESERVED),
            arguments(Change.of32("BODY_CRC", 120, 0), Defect.BODY_CRC));
    }

    @ParameterizedTest
    @MethodSource
    void shouldGiveEveryFieldItsOwnDefect(Change change, Defect expected) {
        MemorySegment memory = GoldenBytes.of("batch-data").memory();
        change.apply(memory);
        Structure.BATCH_HEADER.repairCrc(memory);

        assertThat(WholeBatch.judge(memory, GoldenLog.FIRST, START)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"TIME_MS,72,-1", "TIME_MS,72,0", "SYNCED,80,-1", "SYNCED,80,99"})
    void shouldNotJudgeTimeAndW(String field, int offset, long value) {
        MemorySegment memory = GoldenBytes.of("batch-data").memory();
        Change.of64(field, offset, value).apply(memory);
        Structure.BATCH_HEADER.repairCrc(memory);

        assertThat(WholeBatch.judge(memory, GoldenLog.FIRST, START)).isEqualTo(Defect.NONE);
    }

    @ParameterizedTest
    @CsvSource({"batch-data", "batch-seal"})
    void shouldFindEveryFlippedBitOfAWholeBatch(String resource) {
        MemorySegment memory = GoldenBytes.of(resource).memory();
        Position position = resource.equals("batch-data") ? START : BEHIND_DATA;
        for (long bit = 0; bit < memory.byteSize() * 8; bit++) {
            flip(memory, bit);
            Defect defect = WholeBatch.judge(memory, GoldenLog.FIRST, position);
            assertThat(defect).as("bit %d", bit).isEqualTo(bit < 32 ? Defect.MAGIC : bit < 1024 ? Defect.HEADER_CRC : Defect.BODY_CRC);
            flip(memory, bit);
        }
        assertThat(WholeBatch.judge(memory, GoldenLog.FIRST, position)).isEqualTo(Defect.NONE);
    }

    private static void flip(MemorySegment memory, long bit) {
        long at = bit / 8;
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) (memory.get(ValueLayout.JAVA_BYTE, at) ^ 1 << bit % 8));
    }

    @Test
    void shouldRefuseABatchThatLiesInAnotherBlock() {
        assertThat(BatchRule.belongs(GoldenLog.DATA, GoldenLog.FIRST, 2)).isEqualTo(Defect.BLOCK);
    }

    @Test
    void shouldKnowABatchOfANewerVersionByTheFieldsThatNoVersionMoves() {
        MemorySegment newer = GoldenBytes.of("batch-data").memory();
        byte[] promised = newer.asSlice(0, 128).toArray(ValueLayout.JAVA_BYTE);
        for (int at = 4; at < 128; at++) {
            boolean isPromised = (at >= 8 && at < 32) || (at >= 56 && at < 60);
            newer.set(ValueLayout.JAVA_BYTE, at, isPromised ? promised[at] : (byte) 0xab);
        }
        Structure.BATCH_HEADER.repairCrc(newer);

        assertThat(BatchHeaderDescriptor.check(newer, 0)).isEqualTo(Defect.VERSION);
        assertThat(BatchRule.isAddressed(newer, 0, GoldenLog.FIRST, 1)).isTrue();
        assertThat(BatchRule.isAddressed(newer, 0, GoldenLog.FIRST, 2)).as("block").isFalse();
        assertThat(BatchRule.isAddressed(newer, 0, GoldenLog.SECOND, 1)).as("another segment").isFalse();
        for (int at : new int[] {8, 15, 16, 23, 24, 31, 56, 59}) {
            newer.set(ValueLayout.JAVA_BYTE, at, (byte) ~promised[at]);
            assertThat(BatchRule.isAddressed(newer, 0, GoldenLog.FIRST, 1)).as("byte %d", at).isFalse();
            newer.set(ValueLayout.JAVA_BYTE, at, promised[at]);
        }
    }

    @Test
    void shouldNotAskWhatWasBeforeWhenABatchOnlyHasToBelong() {
        BatchHeader later = header(BatchHeader.Kind.DATA, 9, 5, new BatchHeader.Content(5, 1, 16, 7, 1));

        assertThat(BatchRule.belongs(later, GoldenLog.FIRST, 5)).isEqualTo(Defect.NONE);
        assertThat(BatchRule.follows(later, START)).isEqualTo(Defect.BATCH);
    }

    private static BatchHeader header(BatchHeader.Kind kind, long epoch, long batch, BatchHeader.Content content) {
        return new BatchHeader(kind, BatchHeader.Life.of(GoldenLog.FIRST), epoch, batch, content, 0, 0, 0, 0, 0);
    }

    @Test
    void shouldBoundNumbersByThePlace() {
        // Four batches of one block each lie before block 5, so batch 5 is the highest there; 256 records of 16 bytes fit a block.
        assertThat(belongs(5, 5, 1)).isEqualTo(Defect.NONE);
        assertThat(belongs(5, 6, 1)).isEqualTo(Defect.BATCH);
        assertThat(belongs(5, 5, 1 + 5 * 256)).isEqualTo(Defect.NONE);
        assertThat(belongs(5, 5, 2 + 5 * 256)).isEqualTo(Defect.SEQUENCE);
    }

    private static Defect belongs(int block, long batch, long firstSequence) {
        BatchHeader.Content content = new BatchHeader.Content(block, 1, 16, firstSequence, 1);
        return BatchRule.belongs(header(BatchHeader.Kind.DATA, 1, batch, content), GoldenLog.FIRST, block);
    }

    @ParameterizedTest
    @CsvSource({
        // Sixteen blocks: 0 and 15 are the header and its copy, 13 and 14 are kept for SEAL and CLOSE.
        "DATA,  12, 1, NONE", "DATA, 13, 1, LENGTH", "DATA, 11, 2, NONE", "DATA, 12, 2, LENGTH",
        "SEAL,  13, 1, NONE", "SEAL, 14, 1, NONE", "SEAL, 15, 1, LENGTH", "SEAL, 14, 2, LENGTH",
        "CLOSE, 13, 1, NONE", "CLOSE, 14, 1, NONE", "CLOSE, 15, 1, LENGTH",
        "DATA,  1,  8, NONE", "DATA, 1, 9, LENGTH"
    })
    void shouldKeepRoomAtTheEndForSealAndClose(BatchHeader.Kind kind, int block, int blocks, Defect expected) {
        int bodyLength = blocks * 4096 - BatchHeaderDescriptor.LENGTH;
        BatchHeader header = header(kind, 1, 1, new BatchHeader.Content(block, blocks, bodyLength, 1, 0));

        assertThat(BatchRule.belongs(header, GoldenLog.FIRST, block)).isEqualTo(expected);
    }

    @Test
    void shouldCountRecordsInDataOnly() {
        BatchHeader.Content content = new BatchHeader.Content(3, 1, 96, 1, 1);

        assertThat(BatchRule.belongs(header(BatchHeader.Kind.DATA, 1, 1, content), GoldenLog.FIRST, 3)).isEqualTo(Defect.NONE);
        assertThat(BatchRule.belongs(header(BatchHeader.Kind.SEAL, 1, 1, content), GoldenLog.FIRST, 3)).isEqualTo(Defect.LENGTH);
        assertThat(BatchRule.belongs(header(BatchHeader.Kind.CLOSE, 1, 1, content), GoldenLog.FIRST, 3)).isEqualTo(Defect.LENGTH);
    }

    @Test
    void shouldAcceptTheHighestEpoch() {
        BatchHeader.Content content = new BatchHeader.Content(1, 1, 0, 1, 0);

        assertThat(BatchRule.belongs(header(BatchHeader.Kind.DATA, SegmentHeaderDescriptor.NUMBER_MAX, 1, content), GoldenLog.FIRST, 1))
            .isEqualTo(Defect.NONE);
    }

    @Test
    void shouldLetTheEpochGrowButNotFall() {
        Position position = new Position(2, 2, 5, 0, 1);
        BatchHeader.Content content = new BatchHeader.Content(2, 1, 0, 1, 0);

        assertThat(BatchRule.follows(header(BatchHeader.Kind.DATA, 6, 2, content), position)).isEqualTo(Defect.NONE);
        assertThat(BatchRule.follows(header(BatchHeader.Kind.DATA, 5, 2, content), position)).isEqualTo(Defect.NONE);
        assertThat(BatchRule.follows(header(BatchHeader.Kind.DATA, 4, 2, content), position)).isEqualTo(Defect.EPOCH);
    }

    @ParameterizedTest
    @CsvSource({
        "10, 9, true", "10, 6, true", "10, 5, false", "10, 10, false", "10, 11, false",
        "1, 0, true", "1, -1, false", "4, 0, true", "5, 0, false", "1, 1, false",
        "4611686018427387904, 4611686018427387903, true", "1, -9223372036854775808, false", "1, 9223372036854775807, false"
    })
    void shouldKnowWhichWACorrectWriterCanHaveWritten(long batch, long synced, boolean expected) {
        BatchHeader header = new BatchHeader(BatchHeader.Kind.DATA, BatchHeader.Life.of(GoldenLog.FIRST), 1, batch,
            new BatchHeader.Content(1, 1, 0, 1, 0), 0, synced, 0, 0, 0);

        assertThat(BatchRule.isSyncedPossible(header, 4)).isEqualTo(expected);
    }
}
