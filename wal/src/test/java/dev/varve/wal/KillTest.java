package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.segment.Defect;
import dev.varve.recovery.Evidence;
import dev.varve.recovery.Inspection;
import dev.varve.recovery.InspectionOptions;
import dev.varve.recovery.RecordReader;
import dev.varve.recovery.Recovery;
import dev.varve.recovery.RecoveryOptions.Progress;
import dev.varve.recovery.Verdict;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process that appends, again and again on the same log: what it acknowledged is there, what is there was appended, in order.
 *
 * <p>{@code -Dvarve.kills=1000} kills more often, {@code -Dvarve.kill.seed=…} repeats the choices, though not the moments.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class KillTest {
    private static final int KILLS = Integer.getInteger("varve.kills", 50);
    /** So many kills must meet a batch on its way, if need be in more rounds. With few kills on a busy machine, none may happen to. */
    private static final int DISCARDS_MIN = KILLS >= 50 ? KILLS / 5 : 0;
    private static final long SEED = Long.getLong("varve.kill.seed", System.nanoTime());
    private static final long[] SEGMENT_LENGTHS = {1 << 16, 1 << 17, 1 << 18, 1 << 20};
    private static final long LARGE_SEGMENT_LENGTH = 16 << 20;
    private static final int THREADS_MAX = 64;
    private static final int DELAY_MAX_MS = 150;
    private static final int LARGE_DELAY_MS = 30;

    /** On the disk of the build tree: {@code /tmp} is often in memory. Kept when the test fails. */
    @TempDir(factory = BuildTree.class, cleanup = CleanupMode.ON_SUCCESS)
    private Path folder;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<Stored> stored = new ArrayList<>();
    private int discards;
    private int rolls;

    private record Stored(long lsn, KillRecord record) {
    }

    private record Acknowledged(int thread, long number, long lsn) {
    }

    @Test
    void shouldKeepEverythingAcknowledgedAndInventNothingHoweverOftenItIsKilled() throws Exception {
        System.out.println("kills: " + KILLS + ", varve.kill.seed=" + SEED);
        Path log = folder.resolve("log");
        long acknowledged = 0;
        int round = 0;
        while (round < KILLS || (discards < DISCARDS_MIN && round < 2 * KILLS)) {
            boolean isLarge = KillRecord.isLarge(round);
            long segmentLength = isLarge ? LARGE_SEGMENT_LENGTH : SEGMENT_LENGTHS[random.nextInt(SEGMENT_LENGTHS.length)];
            int threads = isLarge ? THREADS_MAX : random.nextInt(3) == 0 ? 1 : 1 + random.nextInt(THREADS_MAX);
            List<Acknowledged> acks = appendUntilKilled(log, round, threads, segmentLength);
            acknowledged += acks.size();
            check(log, round, acks);
            if (random.nextBoolean()) {
                appendAndClose(log, round, segmentLength);
            }
            round++;
        }
        System.out.println("kills: " + acknowledged + " acknowledged, " + stored.size() + " found, " + rolls + " segments, "
            + discards + " of " + round + " times something not acknowledged was discarded");
        assertThat(stored).hasSizeGreaterThan(KILLS);
        assertThat(rolls).isGreaterThan(KILLS);
        assertThat(discards).isGreaterThanOrEqualTo(DISCARDS_MIN);
    }

    private List<Acknowledged> appendUntilKilled(Path log, int round, int threads, long segmentLength) throws Exception {
        File errors = Files.createTempFile(log.getParent(), "errors", "").toFile();
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea", "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
            KilledAppender.class.getName(), log.toString(), Integer.toString(round), Integer.toString(threads),
            Long.toString(segmentLength)).redirectError(errors).start();
        int delayMs = random.nextInt(DELAY_MAX_MS) + (KillRecord.isLarge(round) ? LARGE_DELAY_MS : 0);
        byte[] first = new byte[KilledAppender.ACK_LENGTH];
        byte[] rest;
        try (DataInputStream input = new DataInputStream(process.getInputStream())) {
            if (input.readNBytes(first, 0, first.length) < first.length) {
                throw new AssertionError("round " + round + " acknowledged nothing: " + Files.readString(errors.toPath()));
            }
            Thread killer = Thread.ofPlatform().start(() -> kill(process, delayMs));
            rest = input.readAllBytes();
            killer.join();
        }
        assertThat(process.waitFor()).as("killed, not failed: %s", Files.readString(errors.toPath(), StandardCharsets.UTF_8))
            .isEqualTo(137);
        assertThat(rest.length % KilledAppender.ACK_LENGTH).isZero();
        List<Acknowledged> acks = new ArrayList<>(List.of(ack(ByteBuffer.wrap(first))));
        ByteBuffer buffer = ByteBuffer.wrap(rest);
        while (buffer.hasRemaining()) {
            acks.add(ack(buffer));
        }
        return acks;
    }

    private static void kill(Process process, int delayMs) {
        try {
            Thread.sleep(delayMs);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        // Not the process's own method, which closes the pipe with acknowledgements in it.
        process.toHandle().destroyForcibly();
    }

    private static Acknowledged ack(ByteBuffer buffer) {
        return new Acknowledged(buffer.getInt(), buffer.getLong(), buffer.getLong());
    }

    /** Reads the whole log without writing to it, and compares. */
    private void check(Path log, int round, List<Acknowledged> acks) {
        Environment environment = Environment.machine();
        try (Directory directory = environment.disk().openDirectory(log, false);
             IoQueue queue = new IoQueue(environment.disk().openEngine(16))) {
            Recovery.Resources resources = new Recovery.Resources(queue, environment.memory(), environment.random());
            Inspection inspection = Recovery.inspect(directory, resources, new InspectionOptions(true, Progress.NONE));
            assertThat(inspection.report().verdict()).as("round %d: %s", round, inspection.report()).isEqualTo(Verdict.CRASH_TAIL);
            discards += isSomethingDiscarded(inspection.report().evidence()) ? 1 : 0;
            rolls = Math.max(rolls, inspection.report().counts().segments());
            List<Stored> found = new ArrayList<>();
            try (RecordReader reader = RecordReader.open(directory, resources, inspection.chain(), 0)) {
                while (reader.next()) {
                    found.add(read(reader, found.size() + 1));
                }
            }
            assertThat(found.size()).as("round %d: records of earlier rounds", round).isGreaterThanOrEqualTo(stored.size());
            assertThat(found.subList(0, stored.size())).as("round %d: records of earlier rounds", round).isEqualTo(stored);
            checkNew(found.subList(stored.size(), found.size()), round, acks);
            stored.clear();
            stored.addAll(found);
        }
    }

    private static boolean isSomethingDiscarded(Evidence evidence) {
        Defect defect = evidence.stop().defect();
        return evidence.later().headers() > 0 || (defect != Defect.NONE && defect != Defect.NEVER_WRITTEN);
    }

    private static Stored read(RecordReader reader, long sequence) {
        byte[] content = reader.payload().toArray(ValueLayout.JAVA_BYTE);
        KillRecord claimed = KillRecord.claimedBy(content);
        assertThat(Arrays.equals(content, claimed.content())).as("content of %s at LSN %d", claimed, reader.lsn()).isTrue();
        assertThat(reader.kind()).isEqualTo(claimed.thread() & 0xffff);
        assertThat(reader.sequence()).as("sequence of %s", claimed).isEqualTo(sequence);
        return new Stored(reader.lsn(), claimed);
    }

    /** What is new is this round's, each thread's in order without a gap, and holds what was acknowledged, where it was acknowledged. */
    private static void checkNew(List<Stored> found, int round, List<Acknowledged> acks) {
        Map<Integer, Long> counts = new HashMap<>();
        Map<Acknowledged, Boolean> present = new HashMap<>();
        long lastLsn = 0;
        for (Stored one : found) {
            assertThat(one.record().round()).as("round of %s", one).isEqualTo(round);
            assertThat(one.lsn()).isGreaterThan(lastLsn);
            lastLsn = one.lsn();
            long expected = counts.merge(one.record().thread(), 1L, Long::sum) - 1;
            assertThat(one.record().number()).as("order of %s", one).isEqualTo(expected);
            present.put(new Acknowledged(one.record().thread(), one.record().number(), one.lsn()), true);
        }
        Map<Integer, Long> acknowledgedCounts = new HashMap<>();
        for (Acknowledged ack : acks) {
            assertThat(present).as("round %d: lost", round).containsKey(ack);
            acknowledgedCounts.merge(ack.thread(), 1L, Long::sum);
        }
        counts.forEach((thread, count) -> assertThat(count - acknowledgedCounts.getOrDefault(thread, 0L))
            .as("records of thread %d beyond its acknowledged ones: it waits for each", thread).isBetween(0L, 1L));
    }

    /** Opens the log for writing, as an application would after a crash, goes on behind the crash, and closes cleanly. */
    private void appendAndClose(Path log, int round, long segmentLength) {
        try (WriteAheadLog opened = WriteAheadLog.open(log, KilledAppender.config(round, segmentLength))) {
            assertThat(opened.recovery().verdict()).isEqualTo(Verdict.CRASH_TAIL);
            KillRecord record = new KillRecord(round, -1, 0);
            long lsn = opened.append(record.thread() & 0xffff, MemorySegment.ofArray(record.content()));
            assertThat(lsn).isGreaterThan(stored.getLast().lsn());
            stored.add(new Stored(lsn, record));
        }
    }
}
