package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The power is cut at every step of recovery, then at some step of the next one: what was acknowledged stays, and nothing else comes. */
@Timeout(120)
class RecoveryCrashTest {
    private static final int BLOCK = 4096;
    private static final int SEEDS = 3;
    /** A log to which something happens only if two writes are torn at once needs more chances. */
    private static final int MANY_SEEDS = 30;
    private static final List<CrashMode> MODES = List.of(CrashMode.values());

    private long lastLsn;
    private long lastBatch;

    private static LogFixture written(Consumer<LogFixture> script) {
        LogFixture log = LogFixture.simulated(11);
        script.accept(log);
        log.crash();
        return log;
    }

    private static long stepsOf(LogFixture base, Geometry geometry) {
        LogFixture probe = base.fork(1).with(geometry);
        long before = probe.disk().steps();
        probe.open();
        return probe.disk().steps() - before;
    }

    private void survivesCutsAtEveryStep(LogFixture base, List<String> acknowledged) {
        survivesCutsAtEveryStep(base, acknowledged, LogFixture.SMALL, SEEDS);
    }

    private void survivesCutsAtEveryStep(LogFixture base, List<String> acknowledged, Geometry geometry, int seeds) {
        long steps = stepsOf(base, geometry);
        assertThat(steps).isGreaterThan(10);
        for (long step = 1; step <= steps; step++) {
            for (long seed = step * seeds; seed < (step + 1) * seeds; seed++) {
                LogFixture log = base.fork(seed).with(geometry);
                Random random = new Random(seed);
                lastLsn = 0;
                lastBatch = 0;
                cutAt(log, step, random);
                assertSame(log, acknowledged, seed);
                cutAt(log, 1 + random.nextLong(steps), random);
                assertSame(log, acknowledged, seed);
                goesOn(log, acknowledged, seed);
            }
        }
    }

    /** Opens the log; what is given out now was never given out before. */
    private TestWriter open(LogFixture log) {
        TestWriter writer = log.open();
        assertThat(writer.endLsn()).as("%s", log.disk()).isGreaterThan(lastLsn);
        assertThat(writer.next().batch()).as("%s", log.disk()).isGreaterThan(lastBatch);
        lastLsn = writer.header().limitLsn() - 1;
        lastBatch = writer.next().batch();
        return writer;
    }

    /** Recovers with the power cut at a step, then turns it on again. */
    private void cutAt(LogFixture log, long step, Random random) {
        SimulatedDisk disk = log.disk();
        disk.crashAtStep(disk.steps() + step);
        try {
            open(log);
        } catch (PowerCutException _) {
            assertThat(disk.isStopped()).isTrue();
        }
        disk.crashAtStep(Long.MAX_VALUE);
        disk.crash(MODES.get(random.nextInt(MODES.size())));
    }

    private static void assertSame(LogFixture log, List<String> acknowledged, long seed) {
        Inspection inspection = log.inspect(true);
        assertThat(inspection.report().verdict().isOpenable()).as("seed %d: %s", seed, inspection.report()).isTrue();
        assertThat(log.read(inspection.chain(), 0)).as("seed %d: %s", seed, inspection.report()).isEqualTo(acknowledged);
    }

    private void goesOn(LogFixture log, List<String> acknowledged, long seed) {
        TestWriter writer = open(log);
        List<String> expected = new ArrayList<>(acknowledged);
        for (int i = 0; i < 3; i++) {
            writer.append("after " + i);
            expected.add("after " + i);
        }
        log.crash();
        lastBatch = writer.next().batch();
        assertSame(log, expected, seed);
        open(log);
        log.crash();
        assertSame(log, expected, seed);
    }

    @Test
    void afterACrashTailWithBatchesBehindAHole() {
        survivesCutsAtEveryStep(written(log -> {
            TestWriter writer = log.open();
            writer.append("a");
            writer.append("b");
            BatchHeader hole = writer.append(2, "hole");
            writer.append(2, "behind");
            log.crash();
            log.damage().zeroBlock(LogFixture.SEGMENT_1, hole.content().block());
        }), List.of("a", "b"));
    }

    @Test
    void whenTheLastSegmentIsEmptyAndMustBeReplaced() {
        survivesCutsAtEveryStep(written(log -> {
            TestWriter writer = log.open();
            writer.append("a");
            log.crash();
            BatchHeader torn = log.open().append("torn");
            log.writer().append(torn.batch() - 1, "behind");
            log.crash();
            log.damage().zeroBlock(LogFixture.SEGMENT_2, torn.content().block());
        }), List.of("a"), LogFixture.SMALL, MANY_SEEDS);
    }

    @Test
    void whenTheVeryFirstSegmentIsEmpty() {
        survivesCutsAtEveryStep(written(LogFixture::open), List.of(), LogFixture.SMALL, MANY_SEEDS);
    }

    @Test
    void whenTheNextSegmentIsPreparedAlready() {
        survivesCutsAtEveryStep(written(log -> {
            TestWriter writer = log.open();
            writer.append("a");
            writer.prepareNext().close();
            writer.append("b");
        }), List.of("a", "b"));
    }

    @Test
    void whenTheLastSegmentIsEmptyAndTheNextOnePrepared() {
        survivesCutsAtEveryStep(written(log -> {
            TestWriter writer = log.open();
            writer.append("a");
            writer.roll();
            writer.prepareNext().close();
        }), List.of("a"));
    }

    @Test
    void afterACleanCloseThatIsContinuedWithAPreparedSegmentPutBack() {
        survivesCutsAtEveryStep(written(log -> {
            TestWriter writer = log.open();
            writer.append("a");
            writer.prepareNext().close();
            writer.closeCleanly();
        }), List.of("a"));
    }

    @Test
    void afterACleanCloseThatCannotBeContinued() {
        survivesCutsAtEveryStep(written(log -> {
            TestWriter writer = log.open();
            writer.append("a");
            writer.closeCleanly();
        }), List.of("a"), new Geometry(BLOCK, 24, 3, 4), SEEDS);
    }

    @Test
    void whenAPreparedSegmentHasAnotherLength() {
        for (int blocks : new int[] {12, 24}) {
            survivesCutsAtEveryStep(written(log -> {
                TestWriter writer = log.open();
                writer.append("a");
                writer.prepareNext().close();
            }), List.of("a"), new Geometry(BLOCK, blocks, 2, 4), SEEDS);
        }
    }

    @Test
    void afterASealWithoutASuccessor() {
        survivesCutsAtEveryStep(written(log -> {
            TestWriter writer = log.open();
            writer.append("a");
            writer.roll();
            writer.append("b");
            writer.seal();
        }), List.of("a", "b"));
    }

    @Test
    void whenThereIsASpare() {
        survivesCutsAtEveryStep(written(log -> {
            TestWriter writer = log.open();
            writer.append("a");
            log.crash();
            log.damage().restore("0000000000000001.spare", new byte[(int) LogFixture.SMALL.length()]);
            log.damage().restore("0000000000000002.spare", new byte[BLOCK]);
            log.damage().restore("0000000000000003.preparing", new byte[BLOCK]);
        }), List.of("a"));
    }

    @Test
    void whileTheLogIsCreated() {
        LogFixture empty = LogFixture.simulated(12);
        long steps = stepsOf(empty, LogFixture.SMALL);
        for (long step = 1; step <= steps; step++) {
            for (long seed = step * SEEDS; seed < (step + 1) * SEEDS; seed++) {
                LogFixture log = empty.fork(seed);
                Random random = new Random(seed);
                lastLsn = 0;
                lastBatch = 0;
                cutAt(log, step, random);
                isEmptyOrNoLog(log, seed);
                cutAt(log, 1 + random.nextLong(steps), random);
                isEmptyOrNoLog(log, seed);
                goesOn(log, List.of(), seed);
            }
        }
    }

    private static void isEmptyOrNoLog(LogFixture log, long seed) {
        log.disk().openDirectory(Path.of("log"), true).close();
        try {
            assertSame(log, List.of(), seed);
        } catch (NoLogException e) {
            assertThat(log.damage().names()).doesNotContain("MANIFEST");
        }
    }
}
