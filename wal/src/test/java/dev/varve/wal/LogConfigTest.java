package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.segment.Geometry;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import dev.varve.wal.LogConfig.Commit;
import dev.varve.wal.LogConfig.Limits;
import dev.varve.wal.LogConfig.Opening;
import dev.varve.wal.LogConfig.Segments;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LogConfigTest {
    private static final int MIB = 1 << 20;
    private static final LogConfig DEFAULTS = LogConfig.defaults();

    @Test
    void theDefaultsAreThoseThatAreDocumented() {
        assertThat(DEFAULTS.segments()).isEqualTo(new Segments(64L * MIB, 1));
        assertThat(DEFAULTS.limits()).isEqualTo(new Limits(16 * MIB, 64L * MIB, 4));
        assertThat(DEFAULTS.commit().batchLength()).isEqualTo(256 * 1024);
        assertThat(DEFAULTS.commit().anchorDelayNs()).isEqualTo(50_000_000);
        assertThat(DEFAULTS.opening()).isEqualTo(new Opening(VerifyAtOpen.LAST, 0));
        assertThat(DEFAULTS.executor()).isNull();
    }

    static List<Arguments> refused() {
        return List.of(
            refusal(() -> new Segments(65535, 1), "segmentLength=65535", "65536", "1073741824", "4096"),
            refusal(() -> new Segments(61440, 1), "segmentLength=61440"),
            refusal(() -> new Segments(65536 + 512, 1), "segmentLength=66048"),
            refusal(() -> new Segments(1024L * MIB + 4096, 1), "segmentLength=1073745920"),
            refusal(() -> new Segments(MIB, 0), "spareTarget=0"),
            refusal(() -> new Segments(MIB, 65), "spareTarget=65"),
            refusal(() -> new Limits(-1, MIB, 4), "recordLengthMax=-1"),
            refusal(() -> new Limits(MIB, 2L * MIB - 1, 4), "buffersMax=2097151", "recordLengthMax=1048576"),
            refusal(() -> new Limits(1, MIB - 1L, 4), "buffersMax=1048575", "1 MiB"),
            refusal(() -> new Limits(1, MIB, 0), "unsyncedMax=0"),
            refusal(() -> new Limits(1, MIB, 1025), "unsyncedMax=1025", "1024"),
            refusal(() -> new Commit(0, 0, 0, 1), "batchLength=0"),
            refusal(() -> new Commit(5000, 0, 0, 1), "batchLength=5000", "4096"),
            refusal(() -> new Commit(16 * MIB + 4096, 0, 0, 1), "batchLength=16781312", "16 MiB"),
            refusal(() -> new Commit(4096, -1, 0, 1), "batchDelayNs=-1"),
            refusal(() -> new Commit(4096, 0, -1, 1), "anchorDelayNs=-1"),
            refusal(() -> new Commit(4096, 0, 0, 0), "stallLimitNs=0"),
            refusal(() -> new Opening(VerifyAtOpen.LAST, -1), "minDurableLsn=-1"),
            refusal(() -> DEFAULTS.withSegmentLength(65536), "recordLengthMax=16777216", "segmentLength=65536", "at most 49008 bytes"),
            refusal(() -> DEFAULTS.withSegmentAndRecordLength(65536, 49009), "recordLengthMax=49009", "segmentLength=65536"),
            refusal(() -> DEFAULTS.withRecordLengthMax(64 * MIB), "recordLengthMax=67108864", "segmentLength=67108864"),
            refusal(() -> DEFAULTS.withLimits(new Limits(1000, MIB, 4)).withCommit(new Commit(MIB, 0, 0, 1)), "buffersMax=1048576",
                "batchLength=1048576", "recordLengthMax=1000"));
    }

    private static Arguments refusal(Supplier<Object> made, String... words) {
        return Arguments.of(String.join(" ", words), made, words);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void whatCannotWorkIsRefusedWithItsNumbers(String name, Supplier<Object> made, String[] words) {
        assertThatThrownBy(made::get).as(name).isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll(words);
    }

    @Test
    void nothingIsMissing() {
        assertThatThrownBy(() -> new Opening(null, 0)).isInstanceOf(NullPointerException.class).hasMessage("verifyAtOpen");
        assertThatThrownBy(() -> DEFAULTS.withOpening(null)).isInstanceOf(NullPointerException.class).hasMessage("opening");
    }

    @Test
    void theLongestRecordThatIsNotRefusedFitsASegmentExactly() {
        LogConfig config = DEFAULTS.withSegmentAndRecordLength(65536, 49008);
        Geometry geometry = config.geometry(4096);
        assertThat(geometry.blockCount()).isEqualTo(16);
        assertThat(geometry.batchBlocksMax()).isEqualTo(12).isEqualTo(geometry.dataEndBlock() - 1);
        assertThat(geometry.unsyncedMax()).isEqualTo(4);
    }

    @Test
    void theExtremesAreTaken() {
        assertThat(DEFAULTS.withSegmentLength(1024L * MIB).geometry(65536).blockCount()).isEqualTo(16384);
        assertThat(DEFAULTS.withSegmentAndRecordLength(65536, 0).geometry(4096).batchBlocksMax()).isEqualTo(12);
        assertThat(DEFAULTS.withRecordLengthMax(40 * MIB).limits().buffers()).as("grow with the record").isEqualTo(80L * MIB);
    }

    @Test
    void largerBlocksAreCheckedWhenTheDirectoryIsKnown() {
        LogConfig config = DEFAULTS.withSegmentAndRecordLength(65536 * 5, 200_000);
        assertThatThrownBy(() -> config.geometry(65536)).isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("recordLengthMax=200000", "segmentLength=327680", "65536");
        assertThatThrownBy(() -> DEFAULTS.withSegmentAndRecordLength(65536 + 4096, 1000).geometry(8192))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll("segmentLength=69632", "8192");
        LogConfig batches = DEFAULTS.withCommit(new Commit(12 * 4096, 0, 0, 1));
        assertThatThrownBy(() -> batches.geometry(32768)).isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("batchLength=49152", "32768");
        assertThat(batches.geometry(65536).blockSize()).as("a batch is at least a block").isEqualTo(65536);
    }

    @Test
    void aChangeLeavesTheRestAsItWas() {
        LogConfig changed = DEFAULTS.withCommit(new Commit(8192, 1, 2, 3)).withExecutor(Runnable::run)
            .withOpening(new Opening(VerifyAtOpen.ALL, 5)).withSegmentLength(128L * MIB);
        assertThat(changed.commit()).isEqualTo(new Commit(8192, 1, 2, 3));
        assertThat(changed.opening()).isEqualTo(new Opening(VerifyAtOpen.ALL, 5));
        assertThat(changed.segments()).isEqualTo(new Segments(128L * MIB, 1));
        assertThat(changed.limits()).isEqualTo(DEFAULTS.limits());
        assertThat(changed.executor()).isNotNull();
    }
}
