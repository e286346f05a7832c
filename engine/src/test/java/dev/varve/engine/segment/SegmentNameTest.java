package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentNameTest {
    @Test
    void shouldNameFilesSoThatTheySortByNumber() {
        assertThat(SegmentName.of(1)).isEqualTo("0000000000000001.varve");
        assertThat(SegmentName.of(0xfeed)).isEqualTo("000000000000feed.varve");
        assertThat(SegmentName.of(Long.MAX_VALUE)).isEqualTo("7fffffffffffffff.varve");
        assertThat(SegmentName.spare(10)).isEqualTo("000000000000000a.spare");
        assertThat(SegmentName.preparing(10)).isEqualTo("000000000000000a.preparing");
        assertThat(SegmentName.MANIFEST).isEqualTo("MANIFEST");
        assertThat(SegmentName.LOCK).isEqualTo("LOCK");
    }

    @Property
    void shouldFindEachNumberInItsNameOnly(@ForAll @LongRange(min = 1) long number) {
        assertThat(SegmentName.segmentIn(SegmentName.of(number))).isEqualTo(number);
        assertThat(SegmentName.spareIn(SegmentName.spare(number))).isEqualTo(number);
        assertThat(SegmentName.isPreparing(SegmentName.preparing(number))).isTrue();

        assertThat(SegmentName.segmentIn(SegmentName.spare(number))).isZero();
        assertThat(SegmentName.segmentIn(SegmentName.preparing(number))).isZero();
        assertThat(SegmentName.spareIn(SegmentName.of(number))).isZero();
        assertThat(SegmentName.isPreparing(SegmentName.of(number))).isFalse();
        assertThat(SegmentName.isPreparing(SegmentName.spare(number))).isFalse();
    }

    @Property
    void shouldReadNoNumberFromAnyOtherName(@ForAll String name) {
        assertThat(SegmentName.segmentIn(name)).isZero();
        assertThat(SegmentName.spareIn(name)).isZero();
        assertThat(SegmentName.isPreparing(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", ".varve", "0.varve", "1.varve", "0000000000000000.varve", "000000000000001.varve", "00000000000000001.varve",
        "00000000000000FF.varve", "000000000000000g.varve", "+000000000000001.varve", "-000000000000001.varve",
        " 000000000000001.varve", "0000000000000001.VARVE", "0000000000000001.varve ", "0000000000000001.varve.spare",
        "8000000000000000.varve", "ffffffffffffffff.varve", "0000000000000001varve.", "000000000000000\u0661.varve",
        "../000000000001.varve", "0000000000000001/varve", "MANIFEST", "LOCK"
    })
    void shouldTakeNoHostileNameForASegment(String name) {
        assertThat(SegmentName.segmentIn(name)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void shouldGiveNoNameToANumberThatIsNone(long number) {
        assertThatThrownBy(() -> SegmentName.of(number)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("" + number);
        assertThatThrownBy(() -> SegmentName.spare(number)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SegmentName.preparing(number)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldKnowTheUnfinishedManifest() {
        assertThat(SegmentName.isPreparing(SegmentName.MANIFEST_NEW)).isTrue();
        assertThat(SegmentName.isPreparing(SegmentName.MANIFEST)).isFalse();
    }
}
