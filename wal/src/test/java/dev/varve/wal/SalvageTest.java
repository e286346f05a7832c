package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.segment.LogLockedException;
import dev.varve.engine.simulation.Damage;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Hole;
import dev.varve.recovery.NoLogException;
import dev.varve.recovery.UnsalvageableException;
import dev.varve.recovery.Verdict;
import dev.varve.wal.WrittenLog.Written;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a salvage does in situations with a name. Records are numbered from 1, each lies in a batch and a block of its own. */
class SalvageTest {
    private static final Path TARGET = SalvageStory.TARGET;
    private static final LogConfig SMALL = LogConfig.defaults().withSegmentAndRecordLength(65536, 1000);
    private static final String FIRST = WrittenLog.name(1);
    private static final String SECOND = WrittenLog.name(2);
    private static final String THIRD = WrittenLog.name(3);
    private static final int RECORDS = 30;

    private final SimulatedDisk disk = new SimulatedDisk(1);
    private final Environment environment = SimulatedLog.environment(disk, 1);
    private Damage damage;

    @BeforeEach
    void aLogOfThreeSegments() {
        SimulatedLog log = SimulatedLog.open(disk, SMALL, 1);
        for (int i = 1; i <= RECORDS; i++) {
            while (log.offer(new byte[i], AckLevel.DURABLE, null) < 0) {
                log.turn();
            }
            log.drain();
        }
        assertThat(log.close()).isTrue();
        damage = disk.damage(SimulatedLog.DIRECTORY);
        assertThat(damage.names()).contains(FIRST, SECOND, THIRD);
    }

    private SalvageReport salvage(SalvageOptions options) {
        return Salvage.of(SimulatedLog.DIRECTORY, TARGET, options, environment);
    }

    private List<Written> records(Path directory) {
        LogParts parts = LogParts.open(directory, SMALL.withExecutor(Runnable::run), environment, Runnable::run);
        assertThat(parts.recovered().report().verdict()).isEqualTo(Verdict.CLEAN);
        List<Written> records = new ArrayList<>();
        try (Cursor cursor = Cursor.open(directory, environment, new Cursor.Course(parts.segments(), 0, () -> { }))) {
            while (cursor.next()) {
                records.add(new Written(cursor.lsn(), cursor.sequence(), cursor.kind(),
                    cursor.payload().toArray(ValueLayout.JAVA_BYTE)));
            }
        }
        parts.close();
        return records;
    }

    @Test
    void aLostBatchLeavesAHoleAndAllOtherRecordsKeepTheirLsnsAndSequences() {
        List<Written> before = new WrittenLog(new SalvageFiles(damage).all()).records();
        damage.zeroBlock(FIRST, 5);
        SalvageReport report = salvage(SalvageOptions.defaults());
        assertThat(report.found().holes()).hasSize(1);
        Hole hole = report.found().holes().getFirst();
        assertThat(hole.fromLsn()).isEqualTo(5 * 4096);
        assertThat(hole.toLsn()).isEqualTo(6 * 4096);
        assertThat(hole.fromSequence()).isEqualTo(5);
        assertThat(hole.toSequence()).isEqualTo(6);
        assertThat(hole.parts()).containsExactly(new Hole.Part(1, 5 * 4096, 6 * 4096, "never written"));
        assertThat(records(TARGET).stream().map(Written::toString))
            .containsExactlyElementsOf(before.stream().filter(record -> record.sequence() != 5).map(Written::toString).toList());
    }

    @Test
    void whatIsAppendedToTheNewLogLiesBeyondAllThatTheOldOneGaveOut() {
        damage.zeroBlock(THIRD, 3);
        SalvageReport report = salvage(SalvageOptions.defaults());
        long limitLsn = report.found().bounds().limitLsn();
        assertThat(limitLsn).isGreaterThanOrEqualTo(3 * 65536);
        LogParts parts = LogParts.open(TARGET, SMALL.withExecutor(Runnable::run), environment, Runnable::run);
        assertThat(parts.recovered().tail().endLsn()).isGreaterThan(limitLsn);
        assertThat(parts.recovered().tail().next().sequence()).isEqualTo(RECORDS + 1);
        parts.close();
    }

    @Test
    void bothHeadersOfASegmentAreLostAndItsBatchesTellWhatTheySaid() {
        damage.zeroBlock(SECOND, 0);
        damage.zeroBlock(SECOND, 15);
        SalvageReport report = salvage(SalvageOptions.defaults());
        assertThat(report.isComplete()).isTrue();
        assertThat(report.records()).isEqualTo(RECORDS);
        assertThat(report.found().notes()).anySatisfy(note -> assertThat(note).contains(SECOND).contains("its batches agree on"));
    }

    @Test
    void withoutManifestTheSegmentsAreFoundByTheirLinks() {
        damage.zeroBlock("MANIFEST", 0);
        damage.zeroBlock("MANIFEST", 16);
        SalvageReport report = salvage(SalvageOptions.defaults());
        assertThat(report.isComplete()).isTrue();
        assertThat(records(TARGET)).hasSize(RECORDS);
    }

    @Test
    void aLostSegmentIsNotSteppedOverUnlessThatIsAsked() {
        damage.remove(SECOND);
        assertThatThrownBy(() -> salvage(SalvageOptions.defaults())).isInstanceOf(UnsalvageableException.class)
            .hasMessageContaining(SECOND).hasMessageContaining("--presume-links");
        assertThatThrownBy(() -> disk.damage(TARGET).names()).as("nothing was made").isInstanceOf(IllegalArgumentException.class);
        SalvageReport report = salvage(SalvageOptions.defaults().withPresumedLinks(true));
        assertThat(report.found().holes()).hasSize(1);
        assertThat(report.records() + report.recordsMissing()).isEqualTo(RECORDS);
        assertThat(report.found().holes().getFirst().parts()).containsExactly(new Hole.Part(2, 0, 0, "the file is not there"));
    }

    @Test
    void twoLogsInOneDirectoryWithoutManifestAreRefused() {
        SimulatedDisk other = new SimulatedDisk(2);
        assertThat(SimulatedLog.open(other, SMALL, 2).close()).isTrue();
        damage.remove("MANIFEST");
        damage.restore(WrittenLog.name(9), other.damage(SimulatedLog.DIRECTORY).bytes(FIRST));
        damage.copyFile(FIRST, WrittenLog.name(8));
        assertThat(salvage(SalvageOptions.defaults()).records()).as("files under a wrong number are no segments").isEqualTo(RECORDS);
        damage.restore(FIRST, other.damage(SimulatedLog.DIRECTORY).bytes(FIRST));
        assertThatThrownBy(() -> Salvage.of(SimulatedLog.DIRECTORY, Path.of("second"), SalvageOptions.defaults(), environment))
            .isInstanceOf(UnsalvageableException.class).hasMessageContaining("of the logs");
    }

    @Test
    void aLogThatAWriterHasOpenIsRefused() {
        SimulatedLog log = SimulatedLog.open(disk, SMALL, 2);
        assertThatThrownBy(() -> salvage(SalvageOptions.defaults())).isInstanceOf(LogLockedException.class);
        assertThat(log.close()).isTrue();
        assertThat(salvage(SalvageOptions.defaults()).isComplete()).isTrue();
    }

    @Test
    void neitherTheSourceNorALogNorAFullDirectoryIsATarget() {
        assertThatThrownBy(() -> Salvage.of(SimulatedLog.DIRECTORY, SimulatedLog.DIRECTORY, SalvageOptions.defaults(), environment))
            .isInstanceOf(SalvageTargetException.class).hasMessageContaining("never salvaged in place");
        salvage(SalvageOptions.defaults());
        assertThatThrownBy(() -> salvage(SalvageOptions.defaults())).isInstanceOf(SalvageTargetException.class)
            .hasMessageContaining("holds a log already");
        disk.openDirectory(Path.of("full"), true).create("notes.txt", 4096).close();
        assertThatThrownBy(() -> Salvage.of(SimulatedLog.DIRECTORY, Path.of("full"), SalvageOptions.defaults(), environment))
            .isInstanceOf(SalvageTargetException.class).hasMessageContaining("notes.txt");
        assertThat(disk.damage(Path.of("full")).names()).containsExactly("notes.txt");
    }

    @Test
    void whereNoLogIsThereIsNothingToSalvage() {
        disk.openDirectory(Path.of("empty"), true).close();
        assertThatThrownBy(() -> Salvage.of(Path.of("empty"), TARGET, SalvageOptions.defaults(), environment))
            .isInstanceOf(NoLogException.class);
    }

    @Test
    void whatIsSalvagedOnceCanBeDamagedAndSalvagedAgain() {
        damage.zeroBlock(FIRST, 5);
        salvage(SalvageOptions.defaults());
        disk.damage(TARGET).zeroBlock(SECOND, 2);
        SalvageReport report = Salvage.of(TARGET, Path.of("third"), SalvageOptions.defaults(), environment);
        assertThat(report.records()).isEqualTo(RECORDS - 2);
        assertThat(records(Path.of("third")).stream().map(Written::sequence)).doesNotContain(5L, 7L).hasSize(RECORDS - 2);
        assertThat(report.found().holes()).hasSize(1);
        assertThat(report.found().holes().getFirst().records()).isEqualTo(1);
    }
}
