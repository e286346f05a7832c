package dev.varve.engine.segment;

import static dev.varve.engine.segment.OnDisk.BLOCK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class ManifestFileTest {
    private static final Manifest FIRST = new Manifest(GoldenLog.ID, 1, 1, 1, 1, DurablePlace.NONE, false);
    private static final int SEEDS = 40;

    private OnDisk on = new OnDisk(1);

    private ManifestFile create() {
        return ManifestFile.create(on.directory(), on.queue(), OnDisk.memory(BLOCK), FIRST);
    }

    /** The generation in a slot, 0 if it is not valid. */
    private long generation(int slot) {
        MemorySegment bytes = on.bytes(SegmentName.MANIFEST, (long) slot * ManifestDescriptor.SLOT_DISTANCE, BLOCK);
        return ManifestDescriptor.check(bytes, 0) == Defect.NONE ? ManifestDescriptor.decode(bytes, 0).generation() : 0;
    }

    private Manifest newest() {
        int slot = generation(0) > generation(1) ? 0 : 1;
        MemorySegment bytes = on.bytes(SegmentName.MANIFEST, (long) slot * ManifestDescriptor.SLOT_DISTANCE, BLOCK);
        assertThat(ManifestDescriptor.check(bytes, 0)).isEqualTo(Defect.NONE);
        return ManifestDescriptor.decode(bytes, 0);
    }

    private static Manifest next(Manifest manifest, long durable) {
        return new Manifest(manifest.logId(), manifest.generation() + 1, manifest.epoch(), 1, 1, new DurablePlace(durable, 1, 1, durable),
            false);
    }

    @Test
    void shouldFillBothSlotsBeforeItHasItsName() {
        try (ManifestFile manifest = create()) {
            on.disk().crash(CrashMode.DROP_UNSYNCED);

            assertThat(on.disk().damage(OnDisk.PATH).names()).containsExactly(SegmentName.MANIFEST);
            assertThat(generation(1)).isEqualTo(1);
            assertThat(generation(0)).isEqualTo(2);
            assertThat(manifest.current().generation()).isEqualTo(2);
            assertThat(manifest.file().length()).isEqualTo(ManifestDescriptor.FILE_LENGTH);
            assertThat(newest()).isEqualTo(FIRST.withEpoch(1));
        }
    }

    @Test
    void shouldLeaveNoManifestOrAWholeOneWhenItsMakingIsCutShort() {
        for (int seed = 0; seed < SEEDS; seed++) {
            on = new OnDisk(seed);
            long from = on.disk().steps();
            on.disk().crashAtStep(from + 1 + seed % 12);
            boolean isMade = false;
            try {
                create();
                isMade = true;
            } catch (PowerCutException e) {
                assertThat(on.disk().isStopped()).isTrue();
            }
            on.disk().crash();

            if (isMade || on.disk().damage(OnDisk.PATH).names().contains(SegmentName.MANIFEST)) {
                assertThat(generation(1)).as("%s", on.disk()).isEqualTo(1);
                assertThat(generation(0)).as("%s", on.disk()).isEqualTo(2);
            }
        }
    }

    @Test
    void shouldWriteEachGenerationOverTheOneBeforeTheLast() {
        try (ManifestFile manifest = create()) {
            for (long generation = 3; generation < 9; generation++) {
                manifest.writeNow(next(manifest.current(), generation));

                assertThat(manifest.current().durable().batch()).isEqualTo(generation);
                assertThat(generation((int) (generation & 1))).isEqualTo(generation);
                assertThat(generation((int) (~generation & 1))).isEqualTo(generation - 1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldHaveTheOldOrTheNewGenerationWheneverThePowerIsCut(CrashMode mode) {
        for (int seed = 0; seed < SEEDS; seed++) {
            on = new OnDisk(new SimulatedDisk(seed));
            ManifestFile manifest = create();
            on.disk().crashAtStep(on.disk().steps() + 1 + seed);
            try {
                while (true) {
                    manifest.writeNow(next(manifest.current(), manifest.current().generation()));
                }
            } catch (PowerCutException e) {
                on.disk().crash(mode);
            }

            long durable = manifest.current().generation();
            assertThat(newest().generation()).as("%s, %s", on.disk(), mode).isBetween(durable, durable + 1);
        }
    }

    @Test
    void shouldBecomeCurrentOnlyWhenDurable() {
        try (ManifestFile manifest = create()) {
            Manifest before = manifest.current();
            Manifest next = next(before, 5);
            manifest.start(next);
            assertThat(manifest.isBusy()).isTrue();
            assertThat(manifest.current()).isEqualTo(before);
            assertThatThrownBy(() -> manifest.start(next)).isInstanceOf(IllegalStateException.class).hasMessageContaining("being written");

            on.queue().submit();
            assertThat(manifest.current()).isEqualTo(before);
            while (manifest.isBusy()) {
                on.queue().reap(1, 1_000_000);
            }
            assertThat(manifest.current()).isEqualTo(next);
            on.disk().crash(CrashMode.DROP_UNSYNCED);
            assertThat(newest()).isEqualTo(next);
        }
    }

    @Test
    void shouldSayTheNewThingInBothSlots() {
        try (ManifestFile manifest = create()) {
            manifest.writeBothNow(next(manifest.current(), 77));

            assertThat(manifest.current().generation()).isEqualTo(4);
            for (int slot = 0; slot < 2; slot++) {
                MemorySegment bytes = on.bytes(SegmentName.MANIFEST, (long) slot * ManifestDescriptor.SLOT_DISTANCE, BLOCK);
                assertThat(ManifestDescriptor.decode(bytes, 0).durable().batch()).as("slot %d", slot).isEqualTo(77);
            }
        }
    }

    @Test
    void shouldStayFailedOnceAWriteHasFailed() {
        try (ManifestFile manifest = create()) {
            Manifest before = manifest.current();
            on.disk().faults().fail(Occasion.next(Operation.WRITE, SegmentName.MANIFEST), Errno.EIO);

            assertThatThrownBy(() -> manifest.writeNow(next(before, 5))).isInstanceOfSatisfying(IoFailureException.class,
                e -> assertThat(e.errno()).isEqualTo(Errno.EIO));
            assertThat(manifest.failure().errno()).isEqualTo(Errno.EIO);
            assertThat(manifest.current()).isEqualTo(before);
            assertThat(manifest.isBusy()).isFalse();
            assertThatThrownBy(() -> manifest.start(next(before, 5))).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("failed");
            assertThat(newest().generation()).as("the slot before is whole").isGreaterThanOrEqualTo(before.generation());
        }
    }

    @Test
    void shouldNotSkipAGeneration() {
        try (ManifestFile manifest = create()) {
            Manifest skipped = next(next(manifest.current(), 1), 2);

            assertThatThrownBy(() -> manifest.start(skipped)).isInstanceOf(AssertionError.class);
        }
    }

    @Test
    void shouldGoOnWhereTheNewestGenerationIs() {
        create().close();
        ManifestFile manifest = new ManifestFile(on.directory().open(SegmentName.MANIFEST, Access.WRITE), on.queue(),
            OnDisk.memory(BLOCK), newest());
        manifest.writeNow(next(newest(), 9));

        assertThat(newest().durable().batch()).isEqualTo(9);
        assertThat(generation(0)).isEqualTo(2);
        manifest.close();
    }
}
