package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.FooterDescriptor;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.LockedDirectory;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.Damage;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.RecoveryOptions.Progress;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A log on some disk, to be written, crashed, damaged and looked at.
 *
 * <pre>
 *   LogFixture log = LogFixture.simulated(seed);
 *   log.open().append("a", "b");
 *   log.crash();
 *   log.damage().flipBit(LogFixture.SEGMENT_1, 4096 + 200, 3);
 *   log.inspect().report().verdict()
 * </pre>
 */
final class LogFixture {
    static final String SEGMENT_1 = "0000000000000001.varve";
    static final String SEGMENT_2 = "0000000000000002.varve";
    static final String SEGMENT_3 = "0000000000000003.varve";
    /** 64 KiB: header, 12 data blocks, SEAL, CLOSE, copy; K = 2, batches of up to 4 blocks. */
    static final Geometry SMALL = new Geometry(4096, 16, 2, 4);
    private static final int DEPTH = 32;
    private static final Logger LOG = Logger.getLogger("dev.varve.recovery");

    static {
        // Thousands of recoveries would report each.
        LOG.setLevel(Level.OFF);
    }

    private final Disk disk;
    private final Path path;
    private final Geometry geometry;
    private final MemorySource memory;
    private final Random random;
    private TestWriter writer;

    LogFixture(Disk disk, Path path, Geometry geometry, MemorySource memory) {
        this.random = new Random(disk instanceof SimulatedDisk simulated ? simulated.seed() : 0);
        this.disk = disk;
        this.path = path;
        this.geometry = geometry;
        this.memory = memory;
    }

    static LogFixture simulated(long seed) {
        return simulated(new SimulatedDisk(seed, DiskSettings.quiet()), SMALL);
    }

    static LogFixture simulated(SimulatedDisk disk, Geometry geometry) {
        return new LogFixture(disk, Path.of("log"), geometry, MemorySource.collected());
    }

    /** The same log, opened with other measures from now on. */
    LogFixture with(Geometry other) {
        return new LogFixture(disk, path, other, memory);
    }

    SimulatedDisk disk() {
        return (SimulatedDisk) disk;
    }

    Damage damage() {
        return disk().damage(path);
    }

    /** Another log like this one is after a power cut that loses nothing. */
    LogFixture fork() {
        return fork(random.nextLong());
    }

    LogFixture fork(long seed) {
        SimulatedDisk copy = disk().fork(seed);
        copy.crash(CrashMode.KEEP_ALL);
        return simulated(copy, geometry);
    }

    /** The process dies; whatever was written is there. */
    void crash() {
        if (writer != null) {
            writer.close();
            writer = null;
        }
    }

    /** What the last opening gave. */
    TestWriter writer() {
        return writer;
    }

    TestWriter open() {
        return open(options(VerifyAtOpen.LAST, 0));
    }

    RecoveryOptions options(VerifyAtOpen verify, long minDurableLsn) {
        return new RecoveryOptions(geometry, StorageContract.DIRECT_AIO, verify, minDurableLsn, Progress.NONE);
    }

    TestWriter open(RecoveryOptions options) {
        LockedDirectory locked = LockedDirectory.lock(disk, path);
        IoQueue queue = new IoQueue(disk.openEngine(DEPTH));
        boolean isOpen = false;
        try {
            writer = new TestWriter(Recovery.recover(locked, resources(queue), options), queue);
            isOpen = true;
            return writer;
        } finally {
            if (!isOpen && !isStopped()) {
                queue.close();
                locked.close();
            }
        }
    }

    private boolean isStopped() {
        return disk instanceof SimulatedDisk simulated && simulated.isStopped();
    }

    /** The report of an opening that is refused. */
    RecoveryReport refusal(RecoveryOptions options) {
        try {
            open(options);
        } catch (RefusedLogException e) {
            return e.report();
        }
        throw new AssertionError("was opened: " + writer.recovered().report());
    }

    RecoveryReport refusal() {
        return refusal(options(VerifyAtOpen.LAST, 0));
    }

    private Recovery.Resources resources(IoQueue queue) {
        return new Recovery.Resources(queue, memory, random);
    }

    Inspection inspect() {
        return inspect(false);
    }

    Inspection inspect(boolean walkAll) {
        return inspect(walkAll, Progress.NONE);
    }

    Inspection inspect(boolean walkAll, Progress progress) {
        try (Directory directory = disk.openDirectory(path, false); IoQueue queue = new IoQueue(disk.openEngine(DEPTH))) {
            return Recovery.inspect(directory, resources(queue), new InspectionOptions(walkAll, progress));
        }
    }

    /** The footer that a segment's SEAL batch holds. */
    Footer footerOf(String name) {
        MemorySegment bytes = MemorySegment.ofArray(damage().bytes(name));
        for (long at = geometry.blockSize(); at < bytes.byteSize(); at += geometry.blockSize()) {
            if (BatchHeaderDescriptor.check(bytes, at) == Defect.NONE
                && BatchHeaderDescriptor.decode(bytes, at).kind() == BatchHeader.Kind.SEAL) {
                return FooterDescriptor.decode(bytes, at + BatchHeaderDescriptor.LENGTH);
            }
        }
        throw new AssertionError("no SEAL in " + name);
    }

    /** All records of what an inspection finds readable. */
    List<String> read() {
        return read(inspect().chain(), 0);
    }

    /** The payloads of a chain from an LSN on. */
    List<String> read(SegmentChain chain, long fromLsn) {
        List<String> payloads = new ArrayList<>();
        try (Reading reading = reading(chain, fromLsn)) {
            while (reading.reader().next()) {
                payloads.add(reading.text());
            }
        }
        return payloads;
    }

    Reading reading(SegmentChain chain, long fromLsn) {
        Directory directory = disk.openDirectory(path, false);
        IoQueue queue = new IoQueue(disk.openEngine(DEPTH));
        return new Reading(directory, queue, RecordReader.open(directory, resources(queue), chain, fromLsn));
    }

    /** An open reader with what it works with. */
    record Reading(Directory directory, IoQueue queue, RecordReader reader) implements AutoCloseable {
        String text() {
            return new String(reader.payload().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }

        @Override
        public void close() {
            reader.close();
            queue.close();
            directory.close();
        }
    }

    /** Inspection and opening agree on a verdict that refuses. */
    RecoveryReport bothSay(Verdict verdict) {
        RecoveryReport report = inspect().report();
        assertThat(report.verdict()).as(report.detail()).isEqualTo(verdict);
        assertThat(refusal().verdict()).isEqualTo(verdict);
        return report;
    }

    /** Inspection says what opening then finds. */
    RecoveryReport opensWith(Verdict verdict) {
        RecoveryReport report = inspect().report();
        assertThat(report.verdict()).as(report.detail()).isEqualTo(verdict);
        assertThat(open().recovered().report().verdict()).isEqualTo(verdict);
        return report;
    }
}
