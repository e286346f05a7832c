package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** What each field is judged for is in {@link BatchRuleTest}. */
class BatchHeaderDescriptorTest {
    @Test
    void shouldLayTheFieldsOutWithoutGap() {
        assertThat(BatchHeaderDescriptor.MAGIC_OFFSET).isZero();
        assertThat(BatchHeaderDescriptor.VERSION_OFFSET).isEqualTo(4);
        assertThat(BatchHeaderDescriptor.KIND_OFFSET).isEqualTo(6);
        assertThat(BatchHeaderDescriptor.RESERVED_BYTE_OFFSET).isEqualTo(7);
        assertThat(BatchHeaderDescriptor.LOG_ID_LOW_OFFSET).isEqualTo(8);
        assertThat(BatchHeaderDescriptor.SALT_OFFSET).isEqualTo(16);
        assertThat(BatchHeaderDescriptor.SEGMENT_OFFSET).isEqualTo(24);
        assertThat(BatchHeaderDescriptor.EPOCH_OFFSET).isEqualTo(32);
        assertThat(BatchHeaderDescriptor.BATCH_OFFSET).isEqualTo(40);
        assertThat(BatchHeaderDescriptor.FIRST_SEQUENCE_OFFSET).isEqualTo(48);
        assertThat(BatchHeaderDescriptor.BLOCK_OFFSET).isEqualTo(56);
        assertThat(BatchHeaderDescriptor.BLOCKS_OFFSET).isEqualTo(60);
        assertThat(BatchHeaderDescriptor.BODY_LENGTH_OFFSET).isEqualTo(64);
        assertThat(BatchHeaderDescriptor.RECORD_COUNT_OFFSET).isEqualTo(68);
        assertThat(BatchHeaderDescriptor.TIME_MS_OFFSET).isEqualTo(72);
        assertThat(BatchHeaderDescriptor.SYNCED_OFFSET).isEqualTo(80);
        assertThat(BatchHeaderDescriptor.PREVIOUS_CHAIN_OFFSET).isEqualTo(88);
        assertThat(BatchHeaderDescriptor.RESERVED_OFFSET).isEqualTo(96);
        assertThat(BatchHeaderDescriptor.BODY_CRC_OFFSET).isEqualTo(120);
        assertThat(BatchHeaderDescriptor.HEADER_CRC_OFFSET).isEqualTo(124);
        assertThat(BatchHeaderDescriptor.LENGTH).isEqualTo(128);
    }

    @Test
    void shouldChainOverHeaderAndBody() {
        BatchHeader header = new BatchHeader(BatchHeader.Kind.DATA, BatchHeader.Life.of(GoldenLog.FIRST), 1, 1,
            new BatchHeader.Content(5, 3, 300, 40, 7), 0, 0, 0, 0x80000001, 0xfedcba98);

        assertThat(header.chain()).isEqualTo(0x8849a63bff4a7c15L);
        assertThat(GoldenLog.DATA.chain()).isEqualTo(0x1d4affbd30f59005L);
        assertThat(header.endBlock()).isEqualTo(8);
        assertThat(header.endSequence()).isEqualTo(47);
    }

    @Test
    void shouldCarryAChangedBodyOnToTheChainOfLaterBatches() {
        MemorySegment memory = Arena.ofAuto().allocate(128);
        long chain = GoldenLog.DATA.chain();
        long otherChain = chainWith(GoldenLog.DATA.previousChain(), ~GoldenLog.DATA.bodyCrc(), memory);
        for (int later = 1; later <= 3; later++) {
            assertThat(otherChain).as("%d batches later", later - 1).isNotEqualTo(chain);
            chain = chainWith(chain, 42, memory);
            otherChain = chainWith(otherChain, 42, memory);
        }
    }

    private static long chainWith(long previousChain, int bodyCrc, MemorySegment memory) {
        BatchHeader header = new BatchHeader(GoldenLog.DATA.kind(), GoldenLog.DATA.life(), 1, 1, GoldenLog.DATA.content(),
            GoldenLog.TIME_MS, 0, previousChain, bodyCrc, 0);
        BatchHeaderDescriptor.encode(header, memory, 0);
        return BatchHeaderDescriptor.decode(memory, 0).chain();
    }

    @Test
    void shouldSurviveItsBody() {
        MemorySegment torn = GoldenBytes.of("batch-data").memory();
        torn.asSlice(BatchHeaderDescriptor.LENGTH).fill((byte) 0);

        assertThat(BatchHeaderDescriptor.check(torn, 0)).isEqualTo(Defect.NONE);
        assertThat(BatchHeaderDescriptor.decode(torn, 0).synced()).isEqualTo(GoldenLog.DATA.synced());
    }

    @Test
    void shouldLieAnywhereInMemory() {
        MemorySegment memory = Arena.ofAuto().allocate(3 * 4096);
        memory.fill((byte) 0x77);
        BatchHeaderDescriptor.encode(GoldenLog.SEAL, memory, 4096);

        assertThat(BatchHeaderDescriptor.check(memory, 4096)).isEqualTo(Defect.NONE);
        assertThat(BatchHeaderDescriptor.decode(memory, 4096)).isEqualTo(GoldenLog.SEAL);
        assertThat(BatchHeaderDescriptor.check(memory, 3 * 4096 - 127)).isEqualTo(Defect.TRUNCATED);
        assertThat(memory.asSlice(0, 4096).mismatch(memory.asSlice(8192, 4096))).as("bytes beside it").isEqualTo(-1);
    }

    @Test
    void shouldIgnoreTheHeaderCrcItIsGiven() {
        MemorySegment memory = Arena.ofAuto().allocate(128);
        BatchHeader withoutCrc = new BatchHeader(GoldenLog.DATA.kind(), GoldenLog.DATA.life(), 1, 1, GoldenLog.DATA.content(),
            GoldenLog.TIME_MS, 0, 0, GoldenLog.DATA.bodyCrc(), 12345);

        assertThat(BatchHeaderDescriptor.encode(withoutCrc, memory, 0)).isEqualTo(GoldenLog.DATA.headerCrc());
    }
}
