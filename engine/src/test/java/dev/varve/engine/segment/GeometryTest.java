package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeometryTest {
    @ParameterizedTest
    @CsvSource({
        "2048, 16, 4, 8", "131072, 16, 4, 8", "6144, 16, 4, 8", "0, 16, 4, 8", "-4096, 16, 4, 8", "-2147483648, 16, 4, 8",
        "4096, 4, 4, 1", "4096, 0, 4, 1", "4096, -2147483648, 4, 1",
        "4096, 16, 0, 8", "4096, 16, 1025, 8", "4096, 16, -1, 8",
        "4096, 16, 4, 0", "4096, 16, 4, 13", "4096, 16, 4, -1",
        "4096, 4194304, 4, 262145", "65536, 262144, 4, 16385",
        "4096, 4194305, 4, 8", "65536, 262145, 4, 8", "4096, 2147483647, 4, 8"
    })
    void shouldRefuseImpossibleMeasures(int blockSize, int blockCount, int unsyncedMax, int batchBlocksMax) {
        assertThatThrownBy(() -> new Geometry(blockSize, blockCount, unsyncedMax, batchBlocksMax))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("blockSize=" + blockSize, "blockCount=" + blockCount, "unsyncedMax=" + unsyncedMax,
                "batchBlocksMax=" + batchBlocksMax);
    }

    @Test
    void shouldMeasureTheSmallestSegment() {
        Geometry smallest = new Geometry(4096, 5, 1, 1);

        assertThat(smallest.length()).isEqualTo(20480);
        assertThat(smallest.dataEndBlock()).isEqualTo(2);
        assertThat(smallest.copyBlock()).isEqualTo(4);
    }

    @Test
    void shouldMeasureTheLargestSegment() {
        Geometry largest = new Geometry(65536, 1 << 18, 1024, 16384);

        assertThat(largest.length()).isEqualTo(Geometry.LENGTH_MAX);
        assertThat(largest.copyBlock()).isEqualTo((1 << 18) - 1);
        assertThat((long) largest.batchBlocksMax() * largest.blockSize()).isEqualTo(Geometry.BATCH_LENGTH_MAX);
    }

    @Property
    void shouldKeepOneBlockEachForSealCloseAndTheCopy(@ForAll @IntRange(min = 5, max = 1 << 22) int blockCount) {
        Geometry geometry = new Geometry(4096, blockCount, 4, 1);

        assertThat(geometry.copyBlock() - geometry.dataEndBlock()).isEqualTo(2);
        assertThat(geometry.dataEndBlock() - 1).as("blocks for data").isEqualTo(blockCount - Geometry.RESERVED_BLOCKS);
    }

    @Property
    void shouldRoundBlocksUp(@ForAll @IntRange(min = 12, max = 16) int shift, @ForAll @LongRange(min = 0, max = 1L << 40) long bytes) {
        Geometry geometry = new Geometry(1 << shift, 16, 4, 8);
        long blocks = geometry.blocksFor(bytes);

        assertThat(blocks << shift).isGreaterThanOrEqualTo(bytes);
        assertThat((blocks - 1) << shift).isLessThan(bytes);
    }
}
