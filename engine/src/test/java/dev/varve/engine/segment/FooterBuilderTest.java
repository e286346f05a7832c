package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FooterBuilderTest {
    private static BatchHeader batch(BatchHeader.Kind kind, int index, int records) {
        return new BatchHeader(kind, BatchHeader.Life.of(GoldenLog.SECOND), 1, 3L + index,
            new BatchHeader.Content(1 + 2 * index, 2, 5000, 3 + 5L * index, records), 1000L + index, 0, 0, index, ~index);
    }

    @Property(tries = 200)
    void shouldListEvenlySpreadBatchesInBoundedMemory(@ForAll @IntRange(max = 100_000) int count) {
        FooterBuilder builder = new FooterBuilder(GoldenLog.SECOND);
        for (int i = 0; i < count; i++) {
            builder.add(batch(BatchHeader.Kind.DATA, i, 5));
        }
        Footer footer = builder.build();

        assertThat(footer.batchCount()).isEqualTo(count);
        assertThat(footer.recordCount()).isEqualTo(5L * count);
        assertThat(footer.firstTimeMs()).isEqualTo(count == 0 ? 0 : 1000);
        assertThat(footer.lastTimeMs()).isEqualTo(count == 0 ? 0 : 999 + count);
        assertThat(footer.digest()).isEqualTo(count == 0 ? GoldenLog.SEAL.chain() : batch(BatchHeader.Kind.DATA, count - 1, 5).chain());
        assertEvenlySpread(footer.entries(), count);
    }

    private static void assertEvenlySpread(List<Footer.Entry> entries, int count) {
        assertThat(entries).hasSizeLessThanOrEqualTo(FooterDescriptor.ENTRY_COUNT_MAX);
        assertThat(entries).as("at least half of what has room, or all")
            .hasSizeGreaterThanOrEqualTo(Math.min(count, FooterDescriptor.ENTRY_COUNT_MAX / 2));
        int stride = entries.size() < 2 ? 1 : (int) (entries.get(1).batch() - entries.get(0).batch());
        assertThat(Integer.bitCount(stride)).as("stride %d", stride).isEqualTo(1);
        for (int i = 0; i < entries.size(); i++) {
            int index = i * stride;
            assertThat(entries.get(i)).isEqualTo(new Footer.Entry(1 + 2 * index, 3L + index, 3 + 5L * index, 1000L + index));
        }
        assertThat(count - entries.size() * stride).as("batches behind the last stretch").isLessThanOrEqualTo(0);
    }

    @Test
    void shouldEncodeAtEverySize() {
        FooterBuilder builder = new FooterBuilder(GoldenLog.SECOND);
        byte[] bytes = new byte[Geometry.BLOCK_SIZE_MIN];
        MemorySegment memory = MemorySegment.ofArray(bytes);
        for (int i = 0; i < 1000; i++) {
            Footer footer = builder.build();
            FooterDescriptor.encode(footer, memory, 0);
            assertThat(FooterDescriptor.check(memory, 0, FooterDescriptor.length(footer))).isEqualTo(Defect.NONE);
            assertThat(FooterDescriptor.decode(memory, 0)).isEqualTo(footer);
            builder.add(batch(BatchHeader.Kind.DATA, i, 1));
        }
    }

    @Test
    void shouldChainOverACloseWithoutCountingIt() {
        FooterBuilder builder = new FooterBuilder(GoldenLog.SECOND);
        builder.add(batch(BatchHeader.Kind.DATA, 0, 2));
        BatchHeader close = batch(BatchHeader.Kind.CLOSE, 1, 0);
        builder.add(close);
        Footer footer = builder.build();

        assertThat(footer.batchCount()).isEqualTo(1);
        assertThat(footer.recordCount()).isEqualTo(2);
        assertThat(footer.entries()).hasSize(1);
        assertThat(footer.lastTimeMs()).isEqualTo(1000);
        assertThat(footer.digest()).isEqualTo(close.chain());
    }

    @Test
    void shouldNotChangeAFooterThatWasBuilt() {
        FooterBuilder builder = new FooterBuilder(GoldenLog.SECOND);
        builder.add(batch(BatchHeader.Kind.DATA, 0, 1));
        Footer built = builder.build();
        builder.add(batch(BatchHeader.Kind.DATA, 1, 1));

        assertThat(built.entries()).hasSize(1);
    }
}
