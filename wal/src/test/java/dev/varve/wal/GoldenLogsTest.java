package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.simulation.Damage;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Evidence;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.RecordReader;
import dev.varve.recovery.Recovery;
import dev.varve.recovery.RecoveryOptions.Progress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Logs of format 1 that lie in {@code src/test/resources/golden/v1}, one archive and one page of text each: every version reads them to the
 * byte, and as long as format 1 is the one that is written, today's writer makes the very same bytes.
 *
 * <p>A shape that is new is added by {@code mvn -pl wal -am test -Dtest=GoldenLogsTest -Dvarve.golden.write=true
 * -Dsurefire.failIfNoSpecifiedTests=false}, which writes what is missing, never touches what is there, and fails, so that somebody reads
 * it.
 */
@Timeout(120)
class GoldenLogsTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/v1");
    private static final Path SECOND_READER = Path.of("../recovery/src/test/python/second_reader.py");

    @TempDir
    private Path folder;

    private static Path pathOf(GoldenLog log, String suffix) {
        return FOLDER.resolve(log.name().toLowerCase(Locale.ROOT) + suffix);
    }

    private static Map<String, byte[]> read(GoldenLog log) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(pathOf(log, ".zip")))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.put(entry.getName(), zip.readAllBytes());
            }
        }
        return files;
    }

    private static void write(GoldenLog log) throws IOException {
        Map<String, byte[]> files = log.make();
        Files.createDirectories(FOLDER);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(pathOf(log, ".zip")))) {
            zip.setLevel(9);
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                ZipEntry entry = new ZipEntry(file.getKey());
                entry.setLastModifiedTime(FileTime.fromMillis(0));
                zip.putNextEntry(entry);
                zip.write(file.getValue());
            }
        }
        Files.writeString(pathOf(log, ".txt"), describe(diskWith(files)), StandardCharsets.US_ASCII);
    }

    private static SimulatedDisk diskWith(Map<String, byte[]> files) {
        SimulatedDisk disk = new SimulatedDisk(1, DiskSettings.quiet());
        disk.openDirectory(SimulatedLog.DIRECTORY, true).close();
        files.forEach((name, bytes) -> disk.damage(SimulatedLog.DIRECTORY).restore(name, bytes));
        return disk;
    }

    private static Map<String, byte[]> filesOn(SimulatedDisk disk) {
        Damage damage = disk.damage(SimulatedLog.DIRECTORY);
        Map<String, byte[]> files = new TreeMap<>();
        damage.names().forEach(name -> files.put(name, damage.bytes(name)));
        return files;
    }

    /** Verdict and records, as the second reader prints them. */
    private static String describe(SimulatedDisk disk) {
        StringBuilder text = new StringBuilder();
        try (Directory directory = disk.openDirectory(SimulatedLog.DIRECTORY, false); IoQueue queue = new IoQueue(disk.openEngine(32))) {
            Recovery.Resources resources = new Recovery.Resources(queue, MemorySource.collected(), new Random(0));
            Inspection inspection = Recovery.inspect(directory, resources, new InspectionOptions(true, Progress.NONE));
            Evidence evidence = inspection.report().evidence();
            text.append(String.format("verdict %s segment %d block %d batch %d evidence %d%n", inspection.report().verdict(),
                evidence.stop().segment(), evidence.stop().block(), evidence.lastBatch(), evidence.acknowledgedBatch()));
            try (RecordReader reader = RecordReader.open(directory, resources, inspection.chain(), 0)) {
                while (reader.next()) {
                    text.append(line(reader.lsn(), reader.sequence(), reader.kind(), reader.payload()));
                }
            }
        }
        return text.toString();
    }

    private static String line(long lsn, long sequence, int kind, MemorySegment payload) {
        CRC32 crc = new CRC32();
        crc.update(payload.toArray(ValueLayout.JAVA_BYTE));
        return String.format("record %d %d %d %d %08x%n", lsn, sequence, kind, payload.byteSize(), crc.getValue());
    }

    private static String text(GoldenLog log) throws IOException {
        return Files.readString(pathOf(log, ".txt"), StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @EnumSource
    void theWriterOfTodayMakesTheVeryBytes(GoldenLog log) throws IOException {
        if (Boolean.getBoolean("varve.golden.write") && !Files.exists(pathOf(log, ".zip"))) {
            write(log);
            fail("read what was written, then run again without writing: " + pathOf(log, ".txt"));
        }
        Map<String, byte[]> made = log.make();
        Map<String, byte[]> golden = read(log);
        assertThat(made.keySet()).isEqualTo(golden.keySet());
        golden.forEach((name, bytes) -> assertThat(made.get(name)).as("%s of %s", name, log).isEqualTo(bytes));
    }

    @ParameterizedTest
    @EnumSource
    void whatWasWrittenInFormat1IsReadForEver(GoldenLog log) throws IOException {
        Map<String, byte[]> golden = read(log);
        SimulatedDisk disk = diskWith(golden);
        assertThat(describe(disk)).isEqualTo(text(log));
        assertThat(filesOn(disk)).as("looking changes nothing").containsExactlyEntriesOf(golden);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DAMAGED")
    void whatWasWrittenInFormat1IsGoneOnWithAndKeepsItsRecords(GoldenLog log) throws IOException {
        SimulatedDisk disk = diskWith(read(log));
        SimulatedLog opened = SimulatedLog.open(disk, GoldenLog.config(), 2);
        opened.offer("behind".getBytes(StandardCharsets.US_ASCII), AckLevel.DURABLE, new Outcomes());
        opened.drain();
        List<String> read = new ArrayList<>();
        try (Cursor cursor = opened.read()) {
            while (cursor.next()) {
                read.add(line(cursor.lsn(), cursor.sequence(), cursor.kind(), cursor.payload()));
            }
        }
        List<String> expected = text(log).lines().skip(1).map(line -> line + "\n").toList();
        assertThat(read.subList(0, read.size() - 1)).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource
    void aReaderInAnotherLanguageReadsTheSame(GoldenLog log) throws IOException {
        for (Map.Entry<String, byte[]> file : read(log).entrySet()) {
            Files.write(folder.resolve(file.getKey()), file.getValue());
        }
        Process python = null;
        try {
            python = new ProcessBuilder("python3", SECOND_READER.toString(), folder.toString()).redirectErrorStream(true).start();
        } catch (IOException e) {
            Assumptions.abort("no python3: " + e.getMessage());
        }
        String answer = new String(python.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(answer).isEqualTo(text(log) + "\n");
    }
}
