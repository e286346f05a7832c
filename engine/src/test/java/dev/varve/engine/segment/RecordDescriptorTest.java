package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.varve.engine.segment.RecordDescriptor.Place;
import dev.varve.engine.segment.Structure.Change;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Damages the first golden record: five bytes of payload, kind 0xbeef, three bytes of padding, LSN 4224. */
class RecordDescriptorTest {
    private static final int AT = BatchHeaderDescriptor.LENGTH;
    private static final int ALIGNED_LENGTH = 24;
    private static final int PADDING = 3;
    private static final Place PLACE = new Place(GoldenLog.FIRST_SALT, 4224);

    private final Checksum checksum = new Checksum();
    private final MemorySegment body = GoldenBytes.of("batch-data").memory().asSlice(AT, GoldenLog.DATA.content().bodyLength());

    private Defect judge(MemorySegment memory, long at, Place place) {
        Defect defect = RecordDescriptor.check(memory, at, memory.byteSize());
        return defect == Defect.NONE ? RecordDescriptor.checkCrc(memory, at, place, checksum) : defect;
    }

    @Test
    void shouldLayTheFieldsOutWithoutGap() {
        assertThat(RecordDescriptor.LENGTH_OFFSET).isZero();
        assertThat(RecordDescriptor.CRC_OFFSET).isEqualTo(4);
        assertThat(RecordDescriptor.KIND_OFFSET).isEqualTo(8);
        assertThat(RecordDescriptor.FLAGS_OFFSET).isEqualTo(10);
        assertThat(RecordDescriptor.RESERVED_OFFSET).isEqualTo(12);
        assertThat(RecordDescriptor.HEADER_LENGTH).isEqualTo(16);
        assertThat(RecordDescriptor.ALIGNMENT).isEqualTo(8);
        assertThat(RecordDescriptor.KNOWN_FLAGS).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"0,16", "1,24", "7,24", "8,24", "9,32", "2147483631,2147483648", "2147483647,2147483664"})
    void shouldRoundLengthsUpWithoutOverflow(long payloadLength, long expected) {
        assertThat(RecordDescriptor.alignedLength(payloadLength)).isEqualTo(expected);
    }

    @Test
    void shouldReadTheGoldenRecords() {
        assertRecord(0, 5, 0xbeef, 0);
        assertRecord(24, 8, 0, RecordDescriptor.FLAG_FILLER);
        assertRecord(48, 16, 7, 0);
    }

    private void assertRecord(long at, int length, int kind, int flags) {
        assertThat(RecordDescriptor.length(body, at)).isEqualTo(length);
        assertThat(RecordDescriptor.kind(body, at)).isEqualTo(kind);
        assertThat(RecordDescriptor.flags(body, at)).isEqualTo(flags);
        assertThat(judge(body, at, new Place(GoldenLog.FIRST_SALT, 4224 + at))).isEqualTo(Defect.NONE);
    }

    @Test
    void shouldFindTheSameBytesAtAnotherPlace() {
        for (long lsn = 0; lsn < 1 << 20; lsn += 8) {
            if (lsn != PLACE.lsn()) {
                assertThat(judge(body, 0, new Place(PLACE.salt(), lsn))).as("LSN %d", lsn).isEqualTo(Defect.RECORD_CRC);
            }
        }
        for (int bit = 0; bit < Long.SIZE; bit++) {
            Place elsewhere = new Place(PLACE.salt(), PLACE.lsn() ^ 1L << bit);
            assertThat(judge(body, 0, elsewhere)).as("LSN bit %d", bit).isEqualTo(Defect.RECORD_CRC);
            Place anotherLife = new Place(PLACE.salt() ^ 1L << bit, PLACE.lsn());
            assertThat(judge(body, 0, anotherLife)).as("salt bit %d", bit).isEqualTo(Defect.RECORD_CRC);
        }
    }

    @Test
    void shouldFindEveryTruncation() {
        for (int length = 0; length < ALIGNED_LENGTH; length++) {
            assertThat(judge(body.asSlice(0, length), 0, PLACE)).as("%d bytes", length)
                .isEqualTo(length < RecordDescriptor.HEADER_LENGTH ? Defect.TRUNCATED : Defect.LENGTH);
        }
    }

    @Test
    void shouldFindEveryTruncationOfTheSecondRecord() {
        int secondLength = (int) RecordDescriptor.alignedLength(RecordDescriptor.length(body, ALIGNED_LENGTH));
        for (int length = 0; length < secondLength; length++) {
            assertThat(RecordDescriptor.check(body, ALIGNED_LENGTH, ALIGNED_LENGTH + length)).as("%d bytes", length)
                .isEqualTo(length < RecordDescriptor.HEADER_LENGTH ? Defect.TRUNCATED : Defect.LENGTH);
        }
        assertThat(RecordDescriptor.check(body, ALIGNED_LENGTH, ALIGNED_LENGTH + secondLength)).isEqualTo(Defect.NONE);
    }

    @Test
    void shouldFindEveryOtherValueOfEveryByte() {
        for (int at = 0; at < ALIGNED_LENGTH; at++) {
            byte right = body.get(ValueLayout.JAVA_BYTE, at);
            for (int difference = 1; difference < 256; difference++) {
                body.set(ValueLayout.JAVA_BYTE, at, (byte) (right ^ difference));
                assertThat(judge(body, 0, PLACE)).as("byte %d differs by 0x%02x", at, difference).isNotEqualTo(Defect.NONE);
            }
            body.set(ValueLayout.JAVA_BYTE, at, right);
        }
        assertThat(judge(body, 0, PLACE)).isEqualTo(Defect.NONE);
    }

    static Stream<Arguments> shouldGiveEveryFieldItsOwnDefect() {
        return Stream.of(
            arguments(Change.of32("LENGTH", 0, -1), Defect.LENGTH),
            arguments(Change.of32("LENGTH", 0, 80 - 15), Defect.LENGTH),
            arguments(Change.of32("LENGTH", 0, Integer.MAX_VALUE), Defect.LENGTH),
            arguments(Change.of32("LENGTH", 0, 4), Defect.RESERVED),
            arguments(Change.of32("LENGTH", 0, 6), Defect.RECORD_CRC),
            arguments(Change.of32("CRC", 4, 0), Defect.RECORD_CRC),
            arguments(Change.of16("KIND", 8, 0), Defect.RECORD_CRC),
            arguments(Change.of16("FLAGS", 10, 1), Defect.RECORD_CRC),
            arguments(Change.of16("FLAGS", 10, 2), Defect.KIND),
            arguments(Change.of16("FLAGS", 10, 0x8000), Defect.KIND),
            arguments(Change.of32("RESERVED", 12, 1), Defect.RESERVED),
            arguments(Change.of8("PAYLOAD", 16, 'V'), Defect.RECORD_CRC),
            arguments(Change.of8("PADDING", 21, 1), Defect.RESERVED),
            arguments(Change.of8("PADDING", 23, 1), Defect.RESERVED));
    }

    @ParameterizedTest
    @MethodSource
    void shouldGiveEveryFieldItsOwnDefect(Change change, Defect expected) {
        change.apply(body);

        assertThat(judge(body, 0, PLACE)).isEqualTo(expected);
    }

    @Test
    void shouldReadNothingOutsideTheBodyWhateverLengthIsClaimed() {
        for (int length = Integer.MAX_VALUE; length > Integer.MAX_VALUE - 64; length--) {
            Change.of32("LENGTH", 0, length).apply(body);
            assertThatCode(() -> assertThat(RecordDescriptor.check(body, 0, body.byteSize())).isEqualTo(Defect.LENGTH))
                .as("length %d", length).doesNotThrowAnyException();
        }
    }

    @Test
    void shouldNotBeValidWhenAllZeros() {
        body.fill((byte) 0);

        assertThat(judge(body, 0, PLACE)).isEqualTo(Defect.RECORD_CRC);
    }

    @Test
    void shouldZeroThePaddingWhateverWasThere() {
        body.fill((byte) 0x5a);
        RecordDescriptor.encode(body, 0, new RecordDescriptor.Frame(5, RecordDescriptor.meta(3, 0), 0));

        assertThat(RecordDescriptor.check(body, 0, body.byteSize())).isEqualTo(Defect.NONE);
        assertThat(body.asSlice(ALIGNED_LENGTH - PADDING, PADDING).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
        assertThat(body.get(ValueLayout.JAVA_BYTE, RecordDescriptor.HEADER_LENGTH)).as("payload").isEqualTo((byte) 0x5a);
        assertThat(body.get(ValueLayout.JAVA_BYTE, ALIGNED_LENGTH)).as("next record").isEqualTo((byte) 0x5a);
    }

    @Test
    void shouldHoldKindAndFlagsInOneWord() {
        int meta = RecordDescriptor.meta(0xffff, 1);
        RecordDescriptor.encode(body, 0, new RecordDescriptor.Frame(0, meta, 0x12345678));

        assertThat(meta).isEqualTo(0xffff0001);
        assertThat(RecordDescriptor.kind(body, 0)).isEqualTo(0xffff);
        assertThat(RecordDescriptor.flags(body, 0)).isEqualTo(1);
        assertThat(RecordDescriptor.storedCrc(body, 0)).isEqualTo(0x12345678);
    }

    @Test
    void shouldComputeTheSameCrcBeforeAndAfterTheCopy() {
        MemorySegment payload = MemorySegment.ofArray("varve".getBytes(StandardCharsets.US_ASCII));
        int before = RecordDescriptor.contentCrc(checksum, RecordDescriptor.meta(0xbeef, 0), payload);

        assertThat(before).isEqualTo(0xf733cda5);
        assertThat(RecordDescriptor.mix(before, PLACE.salt(), PLACE.lsn())).isEqualTo(RecordDescriptor.storedCrc(body, 0));
    }
}
