package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.varve.engine.segment.Structure.Change;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FooterDescriptorTest {
    @Test
    void shouldLayTheFieldsOutWithoutGap() {
        assertThat(FooterDescriptor.MAGIC_OFFSET).isZero();
        assertThat(FooterDescriptor.VERSION_OFFSET).isEqualTo(4);
        assertThat(FooterDescriptor.ENTRY_LENGTH_OFFSET).isEqualTo(6);
        assertThat(FooterDescriptor.ENTRY_COUNT_OFFSET).isEqualTo(8);
        assertThat(FooterDescriptor.BATCH_COUNT_OFFSET).isEqualTo(12);
        assertThat(FooterDescriptor.RECORD_COUNT_OFFSET).isEqualTo(16);
        assertThat(FooterDescriptor.DIGEST_OFFSET).isEqualTo(24);
        assertThat(FooterDescriptor.FIRST_TIME_MS_OFFSET).isEqualTo(32);
        assertThat(FooterDescriptor.LAST_TIME_MS_OFFSET).isEqualTo(40);
        assertThat(FooterDescriptor.RESERVED_OFFSET).isEqualTo(48);
        assertThat(FooterDescriptor.CRC_OFFSET).isEqualTo(60);
        assertThat(FooterDescriptor.HEADER_LENGTH).isEqualTo(64);
        assertThat(FooterDescriptor.ENTRY_BLOCK_OFFSET).isZero();
        assertThat(FooterDescriptor.ENTRY_RESERVED_OFFSET).isEqualTo(4);
        assertThat(FooterDescriptor.ENTRY_BATCH_OFFSET).isEqualTo(8);
        assertThat(FooterDescriptor.ENTRY_SEQUENCE_OFFSET).isEqualTo(16);
        assertThat(FooterDescriptor.ENTRY_TIME_MS_OFFSET).isEqualTo(24);
        assertThat(FooterDescriptor.ENTRY_LENGTH).isEqualTo(32);
    }

    @Test
    void shouldFillASealBatchOfOneBlockAtMost() {
        int fullest = BatchHeaderDescriptor.LENGTH + FooterDescriptor.HEADER_LENGTH
            + FooterDescriptor.ENTRY_COUNT_MAX * FooterDescriptor.ENTRY_LENGTH;

        assertThat(FooterDescriptor.ENTRY_COUNT_MAX).isEqualTo(122);
        assertThat(fullest).isEqualTo(Geometry.BLOCK_SIZE_MIN);
    }

    static Stream<Arguments> shouldGiveEveryFieldItsOwnDefect() {
        return Stream.of(
            arguments(Change.of16("ENTRY_LENGTH", 6, 24), Defect.LENGTH),
            arguments(Change.of32("ENTRY_COUNT", 8, 0), Defect.LENGTH),
            arguments(Change.of32("ENTRY_COUNT", 8, 2), Defect.LENGTH),
            arguments(Change.of32("ENTRY_COUNT", 8, -1), Defect.LENGTH),
            arguments(Change.of32("ENTRY_COUNT", 8, Integer.MAX_VALUE), Defect.LENGTH),
            arguments(Change.of32("BATCH_COUNT", 12, 0), Defect.LENGTH),
            arguments(Change.of32("BATCH_COUNT", 12, -1), Defect.LENGTH),
            arguments(Change.of64("RECORD_COUNT", 16, -1), Defect.LENGTH),
            arguments(Change.of32("RESERVED", 48, 1), Defect.RESERVED),
            arguments(Change.of8("RESERVED", 59, 1), Defect.RESERVED),
            arguments(Change.of32("ENTRY_BLOCK", 64, 0), Defect.BLOCK),
            arguments(Change.of32("ENTRY_BLOCK", 64, -1), Defect.BLOCK),
            arguments(Change.of32("ENTRY_RESERVED", 68, 1), Defect.RESERVED),
            arguments(Change.of64("ENTRY_BATCH", 72, 0), Defect.BATCH),
            arguments(Change.of64("ENTRY_SEQUENCE", 80, 0), Defect.SEQUENCE));
    }

    @ParameterizedTest
    @MethodSource
    void shouldGiveEveryFieldItsOwnDefect(Change change, Defect expected) {
        assertThat(Structure.FOOTER.checkWith(change)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"2,2,1,NONE", "1,2,1,BLOCK", "2,1,1,BATCH", "2,2,0,SEQUENCE", "9,9,9,NONE"})
    void shouldAscend(int block, long batch, long sequence, Defect expected) {
        Footer footer = new Footer(List.of(new Footer.Entry(1, 1, 1, 0), new Footer.Entry(5, 5, 5, 0)), 9, 9, 0, 0, 0);
        MemorySegment memory = Arena.ofAuto().allocate(FooterDescriptor.length(footer));
        FooterDescriptor.encode(footer, memory, 0);
        int second = FooterDescriptor.HEADER_LENGTH + FooterDescriptor.ENTRY_LENGTH;
        LittleEndian.i32(memory, second + FooterDescriptor.ENTRY_BLOCK_OFFSET, block);
        LittleEndian.i64(memory, second + FooterDescriptor.ENTRY_BATCH_OFFSET, batch);
        LittleEndian.i64(memory, second + FooterDescriptor.ENTRY_SEQUENCE_OFFSET, sequence);

        assertThat(FooterDescriptor.check(memory, 0, memory.byteSize())).isEqualTo(expected);
    }

    @Test
    void shouldBeWholeWithoutAnyEntry() {
        Footer footer = new Footer(List.of(), 0, 0, 77, 0, 0);
        MemorySegment memory = Arena.ofAuto().allocate(FooterDescriptor.HEADER_LENGTH);
        FooterDescriptor.encode(footer, memory, 0);

        assertThat(FooterDescriptor.check(memory, 0, memory.byteSize())).isEqualTo(Defect.NONE);
        assertThat(FooterDescriptor.decode(memory, 0)).isEqualTo(footer);
    }

    @Test
    void shouldEndWhereTheBodyEnds() {
        MemorySegment seal = GoldenBytes.of("batch-seal").memory();
        int end = BatchHeaderDescriptor.LENGTH + GoldenLog.SEAL.content().bodyLength();

        assertThat(FooterDescriptor.check(seal, BatchHeaderDescriptor.LENGTH, end)).isEqualTo(Defect.NONE);
        assertThat(FooterDescriptor.check(seal, BatchHeaderDescriptor.LENGTH, end + 8)).isEqualTo(Defect.LENGTH);
        assertThat(FooterDescriptor.check(seal, BatchHeaderDescriptor.LENGTH, BatchHeaderDescriptor.LENGTH)).isEqualTo(Defect.TRUNCATED);
    }
}
