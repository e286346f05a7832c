package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.ShapedLog.Examiner;
import dev.varve.recovery.ShapedLog.Part;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whole sectors are lost, and whole blocks lie where others should: every sector, every ordered pair of blocks, and a sample of pairs of
 * sectors. What must come of each is told by {@link DamageRule} from the structures that are not as they were.
 */
@Timeout(600)
class MisplacedBlocksTest {
    private static final int SECTOR = 512;
    private static final int BLOCK = ShapedLog.BLOCK;
    private static final int PAIRS = Boolean.getBoolean("varve.torture") ? 1_000_000 : 10_000;
    private static final long SEED = 31;

    /** A run of bytes of a file. */
    private record Place(String file, long offset, int length) {
    }

    private ShapedLog log;
    private DiskImage whole;
    private DamageRule rule;
    private Examiner examiner;
    private long cases;
    private long startNs;

    private void make(LogShape shape) {
        log = shape.make();
        whole = log.image().copy();
        rule = new DamageRule(log);
        examiner = new Examiner(log.image());
        startNs = System.nanoTime();
    }

    @AfterEach
    void sayHowManyThereWere() {
        long ms = Math.max(1, (System.nanoTime() - startNs) / 1_000_000);
        System.out.println(cases + " cases in " + ms + " ms, " + cases * 1000 / ms + " a second");
    }

    private List<Place> places(int length) {
        List<Place> places = new ArrayList<>();
        for (String file : log.parts().keySet()) {
            for (long at = 0; !file.equals(SegmentName.MANIFEST) && at < whole.file(file).byteSize(); at += length) {
                places.add(new Place(file, at, length));
            }
        }
        return places;
    }

    private MemorySegment now(Place place) {
        return log.image().file(place.file()).asSlice(place.offset(), place.length());
    }

    private MemorySegment before(Place place) {
        return whole.file(place.file()).asSlice(place.offset(), place.length());
    }

    /** The structures of which a byte in these places is not what it was. */
    private Set<Part> changed(List<Place> places) {
        Set<Part> changed = new HashSet<>();
        for (Place place : places) {
            long end = place.offset() + place.length();
            for (Part part : log.parts().get(place.file()).subMap(log.partAt(place.file(), place.offset()).from(), end).values()) {
                long from = Math.max(part.from(), place.offset()) - place.offset();
                long to = Math.min(part.to(), end) - place.offset();
                if (MemorySegment.mismatch(now(place), from, to, before(place), from, to) >= 0) {
                    changed.add(part);
                }
            }
        }
        return changed;
    }

    /** Looks at the log as it is now, then puts back what was there. */
    private void check(String what, List<Place> places) {
        Set<Part> changed = changed(places);
        Outcome expected = rule.expect(changed);
        Outcome outcome = Outcome.of(examiner.inspect(), log.records());
        if (!outcome.equals(expected)) {
            fail("%s %s, which changes %s: %s instead of %s", what, places, changed, outcome, expected);
        }
        places.forEach(place -> now(place).copyFrom(before(place)));
        cases++;
    }

    private void eachSector(String what, Consumer<MemorySegment> loss) {
        for (Place sector : places(SECTOR)) {
            loss.accept(now(sector));
            check(what, List.of(sector));
        }
    }

    private static void fill(MemorySegment bytes, Random random) {
        for (long i = 0; i < bytes.byteSize(); i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        }
    }

    @ParameterizedTest
    @EnumSource
    void noSectorIsLostUnnoticed(LogShape shape) {
        make(shape);
        Random random = new Random(SEED);
        eachSector("zeros", bytes -> bytes.fill((byte) 0));
        eachSector("ones", bytes -> bytes.fill((byte) 0xff));
        eachSector("garbage", bytes -> fill(bytes, random));
        assertThat(cases).isEqualTo(3L * 3 * 16 * 8);
    }

    @ParameterizedTest
    @EnumSource
    void noBlockLiesInAnothersPlaceUnnoticed(LogShape shape) {
        make(shape);
        List<Place> from = places(BLOCK);
        from.add(new Place(SegmentName.MANIFEST, 0, BLOCK));
        from.add(new Place(SegmentName.MANIFEST, 65536, BLOCK));
        for (Place source : from) {
            for (Place target : places(BLOCK)) {
                now(target).copyFrom(before(source));
                check("a copy of " + source + " at", List.of(target));
            }
        }
        assertThat(cases).isEqualTo(50L * 48);
    }

    @ParameterizedTest
    @EnumSource
    void noTwoBlocksAreExchangedUnnoticed(LogShape shape) {
        make(shape);
        List<Place> blocks = places(BLOCK);
        for (Place one : blocks) {
            for (Place other : blocks) {
                now(one).copyFrom(before(other));
                now(other).copyFrom(before(one));
                check("exchanged", one.equals(other) ? List.of(one) : List.of(one, other));
            }
        }
        assertThat(cases).isEqualTo(48L * 48);
    }

    @ParameterizedTest
    @EnumSource
    void twoLostSectorsAreJudgedTogether(LogShape shape) {
        make(shape);
        Random random = new Random(SEED + shape.seed());
        List<Place> sectors = places(SECTOR);
        while (cases < PAIRS / LogShape.values().length) {
            Place one = sectors.get(random.nextInt(sectors.size()));
            Place other = sectors.get(random.nextInt(sectors.size()));
            fill(now(one), random);
            fill(now(other), random);
            check("garbage", one.equals(other) ? List.of(one) : List.of(one, other));
        }
    }
}
