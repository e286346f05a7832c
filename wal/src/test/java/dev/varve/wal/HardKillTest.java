package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.recovery.Verdict;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process at bad moments: while it gives up the log's beginning, while it recovers, after it was stopped and continued. What was
 * acknowledged and not given up is there; what was never appended is not.
 *
 * <p>{@code -Dvarve.kills=1000} kills more often, {@code -Dvarve.kill.seed=…} repeats the choices, though not the moments.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class HardKillTest {
    private static final int ROUNDS = Math.max(Integer.getInteger("varve.kills", 0) / 3, 4);
    private static final int RECOVERIES = 2 * ROUNDS;
    private static final long SEED = Long.getLong("varve.kill.seed", System.nanoTime());
    private static final int STOPS = 2;
    private static final int STOP_MS = 250;
    private static final int DELAY_MAX_MS = 400;
    private static final int OPENING_MAX_MS = 250;
    private static final int THREADS_MAX = 8;
    private static final int MORE = 20;
    private static final long SAID_WITHIN_S = 60;

    /** On the disk of the build tree: {@code /tmp} is often in memory. Kept when the test fails. */
    @TempDir(factory = BuildTree.class, cleanup = CleanupMode.ON_SUCCESS)
    private Path folder;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final TreeMap<Long, KillRecord> known = new TreeMap<>();
    private int round;
    private long headLsn;
    private long askedLsn;

    private record Said(int thread, long number, long lsn) {
    }

    /** A process, and what it says. */
    private final class Victim implements AutoCloseable {
        private final BlockingQueue<Said> said = new LinkedBlockingQueue<>();
        private final Path errors = folder.resolve("errors");
        private final Process process;
        private final CompletableFuture<Void> ended;

        Victim(int threads, boolean isTruncating) throws IOException {
            // Only rounds whose records are small.
            round += 3;
            process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea", "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), HardKilledProgram.class.getName(),
                folder.resolve("log").toString(), Integer.toString(round), Integer.toString(threads), Boolean.toString(isTruncating))
                .redirectError(errors.toFile()).start();
            ended = CompletableFuture.runAsync(this::listen, task -> Thread.ofPlatform().start(task));
        }

        private void listen() {
            try (DataInputStream input = new DataInputStream(process.getInputStream())) {
                while (true) {
                    said.add(new Said(input.readInt(), input.readLong(), input.readLong()));
                }
            } catch (IOException _) {
                // It was killed; a pipe takes what it says as a whole.
            }
        }

        Said next() throws InterruptedException, IOException {
            Said next = said.poll(SAID_WITHIN_S, TimeUnit.SECONDS);
            assertThat(next).as("it goes on: %s", Files.readString(errors, StandardCharsets.UTF_8)).isNotNull();
            note(next);
            return next;
        }

        private void note(Said word) {
            if (word.thread() >= 0) {
                known.put(word.lsn(), new KillRecord(round, word.thread(), word.number()));
            } else if (word.thread() == HardKilledProgram.ASKING) {
                askedLsn = Math.max(askedLsn, word.lsn());
            } else if (headLsn == 0) {
                headLsn = word.lsn();
            }
        }

        void awaitAppends(int count) throws InterruptedException, IOException {
            for (int appended = 0; appended < count;) {
                appended += next().thread() >= 0 ? 1 : 0;
            }
        }

        void signal(String name) throws IOException, InterruptedException {
            assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor()).isZero();
        }

        /** Kills it, and takes note of its last words. */
        @Override
        public void close() throws IOException {
            // Not the process's own method, which closes the pipe with words in it.
            process.toHandle().destroyForcibly();
            int status = process.onExit().join().exitValue();
            assertThat(status).as("killed, not failed: %s", Files.readString(errors, StandardCharsets.UTF_8)).isEqualTo(137);
            ended.join();
            said.forEach(this::note);
        }
    }

    private static void sleep(int maxMs, SplittableRandom random) throws InterruptedException {
        Thread.sleep(random.nextInt(maxMs));
    }

    /** Opens the log, as an application would after the death of another, and compares what it holds. */
    private Verdict check() {
        try (WriteAheadLog log = HardKilledProgram.open(folder.resolve("log"), round)) {
            assertThat(log.headLsn()).as("the beginning never goes back, nor further than was asked for").isGreaterThanOrEqualTo(headLsn)
                .isLessThanOrEqualTo(Math.max(askedLsn, headLsn));
            headLsn = log.headLsn();
            TreeMap<Long, KillRecord> found = new TreeMap<>();
            long sequence = 0;
            try (Cursor cursor = log.read(0)) {
                while (cursor.next()) {
                    byte[] content = cursor.payload().toArray(ValueLayout.JAVA_BYTE);
                    KillRecord record = KillRecord.claimedBy(content);
                    assertThat(content).as("content of %s at LSN %d", record, cursor.lsn()).isEqualTo(record.content());
                    assertThat(sequence == 0 || cursor.sequence() == sequence + 1).as("sequences are dense").isTrue();
                    sequence = cursor.sequence();
                    found.put(cursor.lsn(), record);
                }
            }
            known.headMap(headLsn).clear();
            assertThat(found).as("round %d", round).containsAllEntriesOf(known);
            List<KillRecord> more = new ArrayList<>(found.values());
            more.removeAll(known.values());
            assertThat(more).as("what nobody was told of is this round's, one a thread").allMatch(record -> record.round() == round)
                .extracting(KillRecord::thread).doesNotHaveDuplicates();
            known.putAll(found);
            return log.recovery().verdict();
        }
    }

    @Test
    void killedWhileItGivesUpTheBeginningTheLogBeginsWhereItDidOrWasTo() throws Exception {
        System.out.println("hard kills: " + ROUNDS + " with truncations, varve.kill.seed=" + SEED);
        long firstHeadLsn = 0;
        for (int i = 0; i < ROUNDS; i++) {
            try (Victim victim = new Victim(1 + random.nextInt(THREADS_MAX), true)) {
                victim.awaitAppends(MORE);
                sleep(DELAY_MAX_MS, random);
            }
            assertThat(check()).isEqualTo(Verdict.CRASH_TAIL);
            firstHeadLsn = i == 0 ? headLsn : firstHeadLsn;
        }
        assertThat(headLsn).as("the beginning has moved").isGreaterThan(firstHeadLsn);
    }

    @Test
    void stoppedAndContinuedItGoesOnAndLosesNothing() throws Exception {
        try (Victim victim = new Victim(THREADS_MAX, true)) {
            for (int i = 0; i < STOPS * ROUNDS / 4; i++) {
                victim.awaitAppends(MORE);
                sleep(DELAY_MAX_MS / 4, random);
                victim.signal("STOP");
                Thread.sleep(STOP_MS);
                victim.signal("CONT");
                for (Said word = victim.said.poll(); word != null; word = victim.said.poll()) {
                    // Said before, perhaps.
                    victim.note(word);
                }
                victim.awaitAppends(MORE);
            }
            // Death finds it standing still.
            victim.signal("STOP");
        }
        assertThat(check()).isEqualTo(Verdict.CRASH_TAIL);
    }

    @Test
    void killedWhileItRecoversTheNextRecoveryFindsTheSame() throws Exception {
        System.out.println("hard kills: " + RECOVERIES + " recoveries, varve.kill.seed=" + SEED);
        try (Victim victim = new Victim(THREADS_MAX, false)) {
            victim.awaitAppends(MORE);
            sleep(DELAY_MAX_MS, random);
        }
        int unopened = 0;
        for (int i = 0; i < RECOVERIES; i++) {
            int before = round;
            try (Victim victim = new Victim(0, false)) {
                assertThat(victim.next().thread()).isEqualTo(HardKilledProgram.OPENING);
                sleep(OPENING_MAX_MS, random);
                unopened += victim.said.isEmpty() ? 1 : 0;
            }
            // Nothing was appended in between.
            round = before;
        }
        System.out.println("hard kills: " + unopened + " of " + RECOVERIES + " before the log was open");
        assertThat(check()).isEqualTo(Verdict.CRASH_TAIL);
    }
}
