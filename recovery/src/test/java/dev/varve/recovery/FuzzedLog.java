package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.segment.UnsupportedVersionException;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.LogRepair.Place;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One log that nobody may have written, and everything that may be done with it: inspected, read, opened, continued. Whatever its files
 * say, each of these ends, within bounds, with a result or with one of the exceptions that it declares.
 */
final class FuzzedLog {
    /** What an operation may allocate in all, and so what it may hold at most. */
    private static final long ALLOCATED_MAX = 64L << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    /** A word that every payload of the corpus holds. */
    static final String CONFIDENTIAL = "confidential";
    private static final Path PATH = Path.of("log");

    /**
     * What may be read.
     *
     * @param appended every record that was appended to a log of the corpus
     * @param repaired every record whose CRC was made right, and those appended to this log later
     */
    record Records(Map<Place, String> appended, Map<Place, Set<String>> repaired) {
        boolean isMadeUp(Place place, String text) {
            return repaired.getOrDefault(place, Set.of()).contains(text);
        }
    }

    private final SimulatedDisk disk;
    private final LogFixture log;
    private final MeteredMemory memory;
    private final long length;
    private final int files;
    private final Records records;
    private final Random random;
    private final long usedBefore;
    private String outcome = "";
    private long bytesRead;
    private boolean isMadeUpRead;

    /**
     * Makes a log.
     *
     * @param disk     with its files, stopped
     * @param image    its files
     * @param records  what may be read
     * @param random   chance
     * @param memory   counts
     */
    FuzzedLog(SimulatedDisk disk, LogImage image, Records records, Random random, MeteredMemory memory) {
        this.disk = disk;
        this.log = new LogFixture(disk, PATH, LogFixture.SMALL, memory);
        this.memory = memory;
        this.length = image.length();
        this.files = image.names().size();
        this.records = records;
        this.random = random;
        this.usedBefore = memory.used();
        disk.crash(CrashMode.KEEP_ALL);
    }

    /** Keeps what came out; what is logged and told must not hold anybody's payload. */
    private void came(String name, Object told) {
        outcome += name;
        assertThat(String.valueOf(told)).as("what is told").doesNotContain(CONFIDENTIAL);
    }

    /** What came out, in words: the verdict, or the exception's name; then the same of reading and of opening. */
    String outcome() {
        return outcome;
    }

    /** Does everything. */
    void run() {
        Inspection inspection = bounded(() -> inspect(random.nextBoolean()));
        Map<Place, String> read = new LinkedHashMap<>();
        if (inspection != null) {
            bounded(() -> read(inspection.chain(), random.nextBoolean() ? 0 : random.nextLong(1 << 20), read));
            outcome += ", read " + (isMadeUpRead ? "made-up record" : read.isEmpty() ? "none" : "some");
        }
        outcome += "; ";
        read.clear();
        TestWriter writer = bounded(this::open);
        if (writer != null) {
            proceed(writer);
        }
    }

    /** Runs an operation and measures it. */
    private <T> T bounded(Supplier<T> operation) {
        long steps = disk.steps();
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        memory.takePeak();
        bytesRead = 0;
        T result = operation.get();
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocated).as("bytes of heap allocated").isLessThan(ALLOCATED_MAX);
        assertThat(memory.takePeak() - usedBefore).as("bytes of memory").isLessThan(ALLOCATED_MAX);
        // Each byte a few times: headers, link, walk, evidence, strays; each time in whole chunks.
        assertThat(bytesRead).as("bytes read of %d", length).isLessThanOrEqualTo(8 * length + files * (1L << 18));
        assertThat(disk.steps() - steps).as("steps, for %d bytes in %d files", length, files)
            .isLessThan(length / 512 + 200L * files + 1000);
        return result;
    }

    private Inspection inspect(boolean walkAll) {
        try {
            Inspection inspection = log.inspect(walkAll, (done, _) -> bytesRead = done);
            came(inspection.report().verdict().name(), inspection);
            assertThat(memory.used()).as("memory in use").isEqualTo(usedBefore);
            return inspection;
        } catch (NoLogException | UnsupportedVersionException | IoFailureException e) {
            came(e.getClass().getSimpleName(), e);
            return null;
        }
    }

    /** Reads to the end or to the damage; true if to the end. */
    private boolean read(SegmentChain chain, long fromLsn, Map<Place, String> read) {
        try (LogFixture.Reading reading = log.reading(chain, fromLsn)) {
            RecordReader reader = reading.reader();
            long lsn = 0;
            long sequence = 0;
            while (reader.next()) {
                assertThat(reader.lsn()).as("LSNs ascend").isGreaterThan(lsn).isGreaterThanOrEqualTo(fromLsn);
                assertThat(sequence == 0 || reader.sequence() == sequence + 1).as("sequence %d", sequence).isTrue();
                lsn = reader.lsn();
                sequence = reader.sequence();
                Place place = new Place(reader.batch().life().salt(), lsn);
                String text = LogRepair.text(reader.payload());
                boolean isMadeUp = records.isMadeUp(place, text);
                assertThat(isMadeUp || text.equals(records.appended().get(place))).as("record at LSN %d was appended: %s", lsn, text)
                    .isTrue();
                isMadeUpRead |= isMadeUp;
                read.put(place, text);
            }
            return true;
        } catch (DamagedLogException | UnsupportedVersionException | IoFailureException e) {
            came(", " + e.getClass().getSimpleName(), e);
            return false;
        }
    }

    private TestWriter open() {
        RecoveryOptions options = new RecoveryOptions(LogFixture.SMALL, dev.varve.engine.io.StorageContract.DIRECT_AIO,
            random.nextBoolean() ? VerifyAtOpen.ALL : VerifyAtOpen.LAST, 0, (done, _) -> bytesRead = done);
        try {
            return log.open(options);
        } catch (RefusedLogException | UnsupportedVersionException | IoFailureException e) {
            came(e.getClass().getSimpleName(), e);
            assertThat(memory.used()).as("memory in use").isEqualTo(usedBefore);
            return null;
        }
    }

    /** What was opened once can be written to, and is opened again with the same records and the new one. */
    private void proceed(TestWriter writer) {
        came(writer.recovered().report().verdict().name(), writer.recovered().report());
        Map<Place, String> before = new LinkedHashMap<>();
        boolean isWhole = read(log.inspect().chain(), 0, before);
        Place place = new Place(writer.header().salt(), writer.endLsn() + 128);
        String text = "appended behind it";
        records.repaired().put(place, Set.of(text));
        writer.append(text);
        log.crash();
        Inspection inspection = log.inspect();
        assertThat(inspection.report().verdict()).as(inspection.report().detail()).isEqualTo(Verdict.CRASH_TAIL);
        Map<Place, String> after = new LinkedHashMap<>();
        assertThat(read(inspection.chain(), 0, after)).isEqualTo(isWhole);
        if (isWhole) {
            before.put(place, text);
        }
        assertThat(after).isEqualTo(before);
        outcome += ", continued";
    }
}
