package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.ShapedLog.Examiner;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every bit of a log of three segments is flipped, one at a time, and for each it is known what must come of it: the maps lie in
 * {@code src/test/resources/damage}. Of the shape CRASHED every bit is flipped in every build; of the others one bit of each byte that
 * something lies in, and every bit with {@code -Dvarve.torture=true}.
 *
 * <p>A new map is written by {@code mvn -pl recovery -am test -Dtest=EveryBitTest -Dvarve.damage.write=true
 * -Dsurefire.failIfNoSpecifiedTests=false}; that run fails, so that somebody reads what has changed.
 */
@Timeout(600)
class EveryBitTest {
    private static final boolean IS_TORTURE = Boolean.getBoolean("varve.torture");
    private static final boolean IS_WRITING = Boolean.getBoolean("varve.damage.write");
    /** Of what means nothing in the manifest every so manieth byte is flipped: it is never read. */
    private static final int MANIFEST_STEP = 61;
    /** Where only some bits are flipped, every so manieth byte of what is free. */
    private static final int FREE_STEP = 7;

    private ShapedLog log;
    private Examiner examiner;

    private Outcome flip(String file, long offset, int bit) {
        MemorySegment bytes = log.image().file(file);
        byte before = bytes.get(ValueLayout.JAVA_BYTE, offset);
        bytes.set(ValueLayout.JAVA_BYTE, offset, (byte) (before ^ 1 << bit));
        try {
            return Outcome.of(examiner.inspect(), log.records());
        } finally {
            bytes.set(ValueLayout.JAVA_BYTE, offset, before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyBitIsWatchedOrWithoutMeaningAsTheMapSays(LogShape shape) throws IOException {
        log = shape.make();
        examiner = new Examiner(log.image());
        if (IS_WRITING) {
            fail("read what was written, then run again without writing: " + DamageMap.write(shape, log,
                (file, offset) -> flip(file, offset, 0)));
        }
        DamageMap map = DamageMap.read(shape);
        long startNs = System.nanoTime();
        long cases = 0;
        for (DamageMap.Range range : map.ranges()) {
            cases += flipAll(range, shape == LogShape.CRASHED || IS_TORTURE);
        }
        long ms = Math.max(1, (System.nanoTime() - startNs) / 1_000_000);
        System.out.println("damage map " + shape + ": " + cases + " bits in " + ms + " ms, " + cases * 1000 / ms + " a second");
        assertThat(cases).isGreaterThan(LogFixture.SMALL.length());
    }

    private static int step(DamageMap.Range range, boolean isEveryBit) {
        if (!range.field().equals("free")) {
            return 1;
        }
        return range.file().equals(SegmentName.MANIFEST) ? MANIFEST_STEP : isEveryBit ? 1 : FREE_STEP;
    }

    private long flipAll(DamageMap.Range range, boolean isEveryBit) {
        long cases = 0;
        for (long offset = range.from(); offset <= range.to(); offset += step(range, isEveryBit)) {
            int first = isEveryBit ? 0 : (int) (offset * 7 + offset / 8 & 7);
            for (int bit = first; bit < (isEveryBit ? Byte.SIZE : first + 1); bit++) {
                Outcome outcome = flip(range.file(), offset, bit);
                if (!outcome.equals(range.outcome())) {
                    fail("bit %d of byte %x of %s, %s: %s instead of %s", bit, offset, range.file(), range.field(), outcome,
                        range.outcome());
                }
                cases++;
            }
        }
        return cases;
    }

    @ParameterizedTest
    @EnumSource
    void theMapSaysOfEveryByteWhatTheBlindWindowAllowsAndNoMore(LogShape shape) throws IOException {
        log = shape.make();
        DamageRule rule = new DamageRule(log);
        String file = "";
        long next = 0;
        for (DamageMap.Range range : DamageMap.read(shape).ranges()) {
            assertThat(range.from()).as("%s", range).isEqualTo(range.file().equals(file) ? next : 0);
            assertThat(range.outcome()).as("%s", range).isEqualTo(rule.expect(Set.of(log.partAt(range.file(), range.from()))));
            file = range.file();
            next = range.to() + 1;
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatCanBeReadIsTheVeryPrefixThatTheMapPromises(LogShape shape) throws IOException {
        log = shape.make();
        examiner = new Examiner(log.image());
        for (DamageMap.Range range : DamageMap.read(shape).ranges()) {
            MemorySegment bytes = log.image().file(range.file());
            byte before = bytes.get(ValueLayout.JAVA_BYTE, range.to());
            bytes.set(ValueLayout.JAVA_BYTE, range.to(), (byte) ~before);
            assertThat(examiner.read(examiner.inspect().chain())).as("%s", range)
                .isEqualTo(log.records().subList(0, range.outcome().reads()));
            bytes.set(ValueLayout.JAVA_BYTE, range.to(), before);
        }
    }
}
