package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.segment.LogId;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.ManifestFile;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** What the manifest says and when, with an engine that completes what the test says. */
class ManifestKeeperTest {
    private static final DurablePlace FIRST = new DurablePlace(3, 1, 7, 77);
    private static final DurablePlace SECOND = new DurablePlace(9, 2, 4, 99);

    private final ScriptedEngine engine = new ScriptedEngine();
    private final IoQueue queue = new IoQueue(engine);
    private final Manifest recovered = new Manifest(new LogId(1, 2), 10, 5, 1, 1, DurablePlace.NONE, false);
    private final ManifestFile file = new ManifestFile(new ScriptedEngine.Named("MANIFEST", ManifestDescriptor.FILE_LENGTH), queue,
        Arena.ofAuto().allocate(4096, 4096), recovered);
    private final ManifestKeeper keeper = new ManifestKeeper(file, () -> { });

    private IoRequest write() {
        queue.submit();
        assertThat(engine.inFlight()).as("one write at a time").hasSize(1);
        return engine.inFlight().getFirst();
    }

    private void finish() {
        engine.succeed(write());
        queue.reap(0, 0);
    }

    @Test
    void nothingIsWrittenWhileItSaysWhatItShould() {
        assertThat(keeper.isUpToDate()).isTrue();
        assertThat(keeper.step()).isFalse();
        keeper.name(1);
        assertThat(keeper.step()).isFalse();
        assertThat(keeper.writes()).isZero();
    }

    @Test
    void aSegmentIsNamedOnlyWhenTheWriteWasReaped() {
        keeper.name(2);
        assertThat(keeper.step()).isTrue();
        assertThat(write().isDurable()).isTrue();
        assertThat(keeper.isNamed(2)).isFalse();
        engine.succeed(write());
        assertThat(keeper.isNamed(2)).isFalse();
        queue.reap(0, 0);
        assertThat(keeper.isNamed(2)).isTrue();
        assertThat(file.current()).isEqualTo(recovered.next(2, DurablePlace.NONE, false));
        assertThat(keeper.writes()).isEqualTo(1);
    }

    @Test
    void changesThatComeDuringAWriteGoTogetherIntoTheNextAndTheOtherSlot() {
        keeper.name(2);
        keeper.step();
        long firstSlot = write().offset();
        keeper.anchor(FIRST);
        keeper.name(3);
        keeper.anchor(SECOND);
        assertThat(keeper.step()).as("the one before is not durable yet").isFalse();
        finish();
        assertThat(keeper.isUpToDate()).isFalse();
        assertThat(keeper.anchoredBatch()).isZero();
        assertThat(keeper.step()).isTrue();
        assertThat(write().offset()).isNotEqualTo(firstSlot);
        finish();
        assertThat(file.current().generation()).isEqualTo(12);
        assertThat(file.current().highestSegment()).isEqualTo(3);
        assertThat(file.current().durable()).isEqualTo(SECOND);
        assertThat(keeper.anchoredBatch()).isEqualTo(9);
        assertThat(keeper.isUpToDate()).isTrue();
    }

    @Test
    void aNameIsNeverTakenBack() {
        keeper.name(5);
        keeper.name(4);
        keeper.step();
        finish();
        assertThat(file.current().highestSegment()).isEqualTo(5);
        assertThat(file.current().lowestSegment()).isEqualTo(1);
        assertThat(file.current().epoch()).isEqualTo(5);
    }

    @Test
    void theCleanEndIsSaidTogetherWithItsPlace() {
        keeper.closeClean(FIRST);
        keeper.step();
        assertThat(file.current().cleanClose()).isFalse();
        finish();
        assertThat(file.current().cleanClose()).isTrue();
        assertThat(file.current().durable()).isEqualTo(FIRST);
    }

    @Test
    void aFailedWriteIsThrownAndNothingIsTriedAgain() {
        keeper.anchor(FIRST);
        keeper.step();
        engine.finish(write(), -Errno.EIO);
        queue.reap(0, 0);
        assertThatThrownBy(keeper::step).isInstanceOf(IoFailureException.class)
            .hasMessageContaining("MANIFEST").hasMessageContaining("EIO");
        assertThatThrownBy(keeper::step).isInstanceOf(IoFailureException.class);
        queue.submit();
        assertThat(engine.inFlight()).isEmpty();
        assertThat(keeper.anchoredBatch()).isZero();
    }
}
