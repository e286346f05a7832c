package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.StorageContract;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Values that are stored on disk never change, and zero is none of them. */
class StoredCodesTest {
    @Test
    void shouldKeepBatchKinds() {
        assertThat(BatchHeader.Kind.of(1)).isEqualTo(BatchHeader.Kind.DATA);
        assertThat(BatchHeader.Kind.of(2)).isEqualTo(BatchHeader.Kind.SEAL);
        assertThat(BatchHeader.Kind.of(3)).isEqualTo(BatchHeader.Kind.CLOSE);
        assertThat(BatchHeader.Kind.of(0)).isNull();
        assertThat(BatchHeader.Kind.of(4)).isNull();
        assertThat(BatchHeader.Kind.of(-1)).isNull();
        assertThat(BatchHeader.Kind.values()).allSatisfy(kind -> assertThat(BatchHeader.Kind.of(kind.code())).isEqualTo(kind));
    }

    @Test
    void shouldKeepPredecessorKinds() {
        assertThat(Predecessor.Kind.of(1)).isEqualTo(Predecessor.Kind.ORIGIN);
        assertThat(Predecessor.Kind.of(2)).isEqualTo(Predecessor.Kind.SEAL);
        assertThat(Predecessor.Kind.of(3)).isEqualTo(Predecessor.Kind.CRASH);
        assertThat(Predecessor.Kind.of(4)).isEqualTo(Predecessor.Kind.TRUNCATE);
        assertThat(Predecessor.Kind.of(5)).isEqualTo(Predecessor.Kind.OPERATOR);
        assertThat(Predecessor.Kind.of(0)).isNull();
        assertThat(Predecessor.Kind.of(6)).isNull();
        assertThat(Predecessor.NONE.exists()).isFalse();
        assertThat(GoldenLog.SECOND.predecessor().exists()).isTrue();
    }

    @Test
    void shouldKeepPreparationsAndContracts() {
        assertThat(SegmentHeader.Preparation.of(1)).isEqualTo(SegmentHeader.Preparation.ZEROED);
        assertThat(SegmentHeader.Preparation.of(2)).isEqualTo(SegmentHeader.Preparation.ALLOCATED);
        assertThat(SegmentHeader.Preparation.of(3)).isEqualTo(SegmentHeader.Preparation.RECYCLED);
        assertThat(SegmentHeader.Preparation.of(0)).isNull();
        assertThat(SegmentHeader.Preparation.of(4)).isNull();
        assertThat(StorageContract.of(1)).isEqualTo(StorageContract.DIRECT_AIO);
        assertThat(StorageContract.of(2)).isEqualTo(StorageContract.CHANNEL_DIRECT);
        assertThat(StorageContract.of(3)).isEqualTo(StorageContract.CHANNEL_BUFFERED);
        assertThat(StorageContract.of(0)).isNull();
        assertThat(StorageContract.of(4)).isNull();
        assertThat(StorageContract.values())
            .allSatisfy(contract -> assertThat(StorageContract.of(contract.code())).isEqualTo(contract));
    }

    @Test
    void shouldGiveEveryDefectItsOwnWords() {
        assertThat(Arrays.stream(Defect.values()).map(Defect::text)).doesNotHaveDuplicates().doesNotContain("");
    }

    @Test
    void shouldDrawLogIdsWhoseLowerHalfIsNotZero() {
        LogId id = LogId.random(new Random(20_000));

        assertThat(LogId.random(new Random(20_000))).isEqualTo(id);
        assertThat(id.low()).isNotZero();
        assertThat(LogId.random(() -> 0)).isEqualTo(new LogId(0, 1));
        assertThat(new LogId(0xabc, 0xfedcba9876543210L)).hasToString("0000000000000abcfedcba9876543210");
        assertThatThrownBy(() -> new LogId(0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
